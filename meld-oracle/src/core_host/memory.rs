//! Values in the guest's memory (`CanonicalABI.md`, "Loading" and "Storing").

use super::abi::{align, discriminant_size, flags_size, payload_offset, round_up, size};
use super::guest::State;
use super::trace::{self, CoreEvent};
use super::{strings, table};
use crate::ty::Ty;
use crate::value::Value;
use meld_core::unstable::dfg::StringEncoding;
use wasmtime::{Func, Memory, Result, StoreContextMut, Val, bail, ensure, format_err};

/// Most bytes of a list.
const MAX_BYTES: u64 = (1 << 28) - 1;

/// Canonical options, and the store that they are of.
pub(super) struct Cx<'a> {
    pub(super) store: StoreContextMut<'a, State>,
    pub(super) memory: Option<Memory>,
    /// Its name and itself.
    pub(super) realloc: Option<(String, Func)>,
    pub(super) encoding: StringEncoding,
    /// The borrow scope of the call in progress, if borrows are being lowered for one.
    pub(super) scope: Option<usize>,
}

impl Cx<'_> {
    /// `len` bytes at `ptr`; `None` where they are not all in memory.
    pub(super) fn bytes(&mut self, ptr: u32, len: u64) -> Result<Option<&[u8]>> {
        let memory = self.memory.ok_or_else(|| format_err!("host: no memory in the options"))?;
        let data = memory.data(&self.store);
        let end = u64::from(ptr) + len;
        Ok(data.get(ptr as usize..usize::try_from(end)?))
    }

    /// The same, of what the host reads.
    pub(super) fn contents(&mut self, ptr: u32, len: u64) -> Result<Option<Vec<u8>>> {
        let Some(bytes) = self.bytes(ptr, len)?.map(<[u8]>::to_vec) else { return Ok(None) };
        trace::note(self.store.data_mut(), || CoreEvent::Read(ptr, bytes.clone()));
        Ok(Some(bytes))
    }

    /// Writes `bytes` at `ptr`.
    pub(super) fn write(&mut self, ptr: u32, bytes: &[u8]) -> Result<()> {
        let memory = self.memory.ok_or_else(|| format_err!("host: no memory in the options"))?;
        let data = memory.data_mut(&mut self.store);
        let Some(place) = data.get_mut(ptr as usize..ptr as usize + bytes.len()) else {
            bail!("host: pointer out of bounds");
        };
        place.copy_from_slice(bytes);
        trace::note(self.store.data_mut(), || CoreEvent::Write(ptr, bytes.to_vec()));
        Ok(())
    }

    /// Asks the guest for memory.
    pub(super) fn realloc(&mut self, align: u64, bytes: usize) -> Result<u32> {
        let (name, realloc) = self.realloc.clone().ok_or_else(|| format_err!("host: no realloc in the options"))?;
        let args = [0, 0, i32::try_from(align)?, i32::try_from(bytes)?].map(Val::I32);
        let mut result = [Val::I32(0)];
        trace::call(&mut self.store, (&name, realloc), &args, &mut result)?;
        let ptr = result[0].unwrap_i32().cast_unsigned();
        ensure!(u64::from(ptr).is_multiple_of(align), "host: realloc return: result not aligned");
        ensure!(self.bytes(ptr, bytes as u64)?.is_some(), "host: realloc return: beyond end of memory");
        Ok(ptr)
    }

    fn read<const N: usize>(&mut self, ptr: u32) -> Result<[u8; N]> {
        match self.contents(ptr, N as u64)? {
            Some(bytes) => Ok(bytes.as_slice().try_into()?),
            None => bail!("host: pointer out of bounds"),
        }
    }

    fn read_uint(&mut self, ptr: u32, size: u64) -> Result<u32> {
        Ok(match size {
            1 => u32::from(self.read::<1>(ptr)?[0]),
            2 => u32::from(u16::from_le_bytes(self.read(ptr)?)),
            _ => u32::from_le_bytes(self.read(ptr)?),
        })
    }

    fn write_uint(&mut self, ptr: u32, size: u64, value: u32) -> Result<()> {
        self.write(ptr, &value.to_le_bytes()[..size as usize])
    }

    /// The value of type `ty` at `ptr`.
    pub(super) fn load(&mut self, ptr: u32, ty: &Ty) -> Result<Value> {
        if let Some(fields) = ty.fields() {
            let mut at = 0;
            let mut values = Vec::new();
            for field in fields {
                at = round_up(at, align(field));
                values.push(self.load(ptr + u32::try_from(at)?, field)?);
                at += size(field);
            }
            return Ok(Value::Record(values));
        }
        if let Some(cases) = ty.cases() {
            let case = self.read_uint(ptr, discriminant_size(cases.len()))? as usize;
            let payload = *cases.get(case).ok_or_else(|| format_err!("host: invalid variant discriminant"))?;
            let payload = match payload {
                Some(ty) => Some(Box::new(self.load(ptr + u32::try_from(payload_offset(&cases))?, ty)?)),
                None => None,
            };
            return Ok(Value::Variant(case, payload));
        }
        Ok(match ty {
            Ty::Bool => Value::Bool(self.read::<1>(ptr)? != [0]),
            Ty::S8 => Value::S8(i8::from_le_bytes(self.read(ptr)?)),
            Ty::U8 => Value::U8(u8::from_le_bytes(self.read(ptr)?)),
            Ty::S16 => Value::S16(i16::from_le_bytes(self.read(ptr)?)),
            Ty::U16 => Value::U16(u16::from_le_bytes(self.read(ptr)?)),
            Ty::S32 => Value::S32(i32::from_le_bytes(self.read(ptr)?)),
            Ty::U32 => Value::U32(u32::from_le_bytes(self.read(ptr)?)),
            Ty::S64 => Value::S64(i64::from_le_bytes(self.read(ptr)?)),
            Ty::U64 => Value::U64(u64::from_le_bytes(self.read(ptr)?)),
            Ty::F32 => Value::F32(f32::from_le_bytes(self.read(ptr)?)),
            Ty::F64 => Value::F64(f64::from_le_bytes(self.read(ptr)?)),
            Ty::Char => Value::Char(char_of(u32::from_le_bytes(self.read(ptr)?))?),
            Ty::Flags(names) => {
                let bits = self.read_uint(ptr, flags_size(names.len()))?;
                Value::Flags((0..names.len()).map(|i| bits & (1 << i) != 0).collect())
            }
            Ty::Own(resource) | Ty::Borrow(resource) => {
                let handle = u32::from_le_bytes(self.read(ptr)?);
                Value::Handle(table::lift(self, handle, *resource, matches!(ty, Ty::Own(_)))?)
            }
            _ => {
                let (start, len) = (u32::from_le_bytes(self.read(ptr)?), u32::from_le_bytes(self.read(ptr + 4)?));
                self.load_range(start, len, ty)?
            }
        })
    }

    /// The string, list or map at `ptr`.
    pub(super) fn load_range(&mut self, ptr: u32, len: u32, ty: &Ty) -> Result<Value> {
        let Some(element) = ty.element() else { return Ok(Value::String(strings::load(self, ptr, len)?)) };
        let bytes = u64::from(len) * size(&element);
        ensure!(bytes <= MAX_BYTES, "host: list too long");
        // In the order in which wasmtime looks at lists, so that of two things that are wrong the same one is found.
        ensure!(self.bytes(ptr, bytes)?.is_some(), "host: list pointer/length out of bounds of memory");
        ensure!(u64::from(ptr).is_multiple_of(align(&element)), "host: list pointer is not aligned");
        let step = u32::try_from(size(&element))?;
        Ok(Value::List((0..len).map(|i| self.load(ptr + i * step, &element)).collect::<Result<_>>()?))
    }

    /// Puts `value` at `ptr`.
    pub(super) fn store(&mut self, ptr: u32, value: &Value, ty: &Ty) -> Result<()> {
        match value {
            Value::Record(values) => {
                let mut at = 0;
                for (value, ty) in values.iter().zip(ty.fields().expect("records have fields")) {
                    at = round_up(at, align(ty));
                    self.store(ptr + u32::try_from(at)?, value, ty)?;
                    at += size(ty);
                }
                Ok(())
            }
            Value::Variant(case, payload) => {
                let cases = ty.cases().expect("variants have cases");
                self.write_uint(ptr, discriminant_size(cases.len()), u32::try_from(*case)?)?;
                match (payload, cases[*case]) {
                    (Some(value), Some(ty)) => self.store(ptr + u32::try_from(payload_offset(&cases))?, value, ty),
                    _ => Ok(()),
                }
            }
            Value::Bool(v) => self.write(ptr, &[u8::from(*v)]),
            Value::S8(v) => self.write(ptr, &v.to_le_bytes()),
            Value::U8(v) => self.write(ptr, &v.to_le_bytes()),
            Value::S16(v) => self.write(ptr, &v.to_le_bytes()),
            Value::U16(v) => self.write(ptr, &v.to_le_bytes()),
            Value::S32(v) => self.write(ptr, &v.to_le_bytes()),
            Value::U32(v) => self.write(ptr, &v.to_le_bytes()),
            Value::S64(v) => self.write(ptr, &v.to_le_bytes()),
            Value::U64(v) => self.write(ptr, &v.to_le_bytes()),
            Value::F32(v) => self.write(ptr, &v.to_le_bytes()),
            Value::F64(v) => self.write(ptr, &v.to_le_bytes()),
            Value::Char(v) => self.write(ptr, &u32::from(*v).to_le_bytes()),
            Value::Flags(set) => self.write_uint(ptr, flags_size(set.len()), bits(set)),
            Value::Handle(id) => {
                let handle = table::lower(self, *id, ty)?;
                self.write(ptr, &handle.to_le_bytes())
            }
            Value::String(_) | Value::List(_) => {
                let (start, len) = self.store_range(value, ty)?;
                self.write(ptr, &start.to_le_bytes())?;
                self.write(ptr + 4, &len.to_le_bytes())
            }
        }
    }

    /// Puts the string, list or map `value` into the guest: pointer and length.
    pub(super) fn store_range(&mut self, value: &Value, ty: &Ty) -> Result<(u32, u32)> {
        match (value, ty.element()) {
            (Value::String(text), _) => strings::store(self, text),
            (Value::List(items), Some(element)) => {
                let step = size(&element);
                let ptr = self.realloc(align(&element), items.len() * usize::try_from(step)?)?;
                for (i, item) in (0..).zip(items) {
                    self.store(ptr + i * u32::try_from(step)?, item, &element)?;
                }
                Ok((ptr, u32::try_from(items.len())?))
            }
            _ => panic!("{value:?} is not of type {ty:?}"),
        }
    }
}

pub(super) fn char_of(code: u32) -> Result<char> {
    char::from_u32(code).ok_or_else(|| format_err!("host: invalid `char` bit pattern"))
}

pub(super) fn bits(set: &[bool]) -> u32 {
    set.iter().enumerate().fold(0, |bits, (i, set)| bits | (u32::from(*set) << i))
}
