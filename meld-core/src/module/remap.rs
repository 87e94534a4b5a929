//! One instruction, remapped.
//!
//! In: the bytes of a validated body, the offset of an instruction that carries an index, and a
//! [`Remap`] that says what each index becomes. Out: the instruction's bytes with the new indices.
//! The few opcodes that make up nearly all such instructions are decoded here by hand, and their other
//! immediates are copied unchanged. Everything else goes through wasm-encoder's `Reencode`, whose
//! defaults follow wasmparser's operator table, so a new instruction is remapped right on the day both
//! crates know it. Rejected: decoding every instruction of a body (four times slower).

use crate::error::MergeError;
use crate::input::{Whole, opcode};
use wasm_encoder::Encode;
use wasm_encoder::reencode::{Error, Reencode};
use wasmparser::{BinaryReader, MemArgOrdering, MemArgTarget, Operator, OperatorsReader};

/// What an index of each index space becomes. A space that cannot occur where it is used keeps the
/// default, which is an error.
pub(crate) trait Remap {
    /// A called function.
    fn func(&mut self, index: u32) -> Result<u32, MergeError> {
        Err(unexpected("function", index))
    }
    /// A function of which a reference is taken.
    fn func_ref(&mut self, index: u32) -> Result<u32, MergeError> {
        self.func(index)
    }
    /// A table in any instruction but an indirect call.
    fn table(&mut self, index: u32) -> Result<u32, MergeError> {
        Err(unexpected("table", index))
    }
    /// The table of an indirect call.
    fn table_call(&mut self, index: u32) -> Result<u32, MergeError> {
        self.table(index)
    }
    /// A memory.
    fn memory(&mut self, index: u32) -> Result<u32, MergeError> {
        Err(unexpected("memory", index))
    }
    /// The memory of a memory argument: its new index, and what is added to the offset.
    fn access(&mut self, index: u32) -> Result<(u32, u32), MergeError> {
        Ok((self.memory(index)?, 0))
    }
    /// The static offset of an access to a memory that begins at `base`.
    fn offset(&mut self, offset: u64, base: u32) -> u64 {
        rebased(offset, base)
    }
    /// Whether the instruction that comes is an atomic one.
    fn atomic(&mut self, _is_atomic: bool) {}
    /// Whether offsets change only where there is a base.
    fn keeps_offsets(&self) -> bool {
        true
    }
    /// What takes the place of an instruction on a whole memory, appended to `out`. Whether anything does:
    /// otherwise the instruction stays, with its indices remapped.
    fn whole(&mut self, _whole: Whole, _out: &mut Vec<u8>) -> Result<bool, MergeError> {
        Ok(false)
    }
    /// What takes the place of a `global.get` or `global.set`, appended to `out`. Whether anything does.
    fn stack_pointer(&mut self, _access: PointerAccess, _index: u32, _out: &mut Vec<u8>) -> Result<bool, MergeError> {
        Ok(false)
    }
    /// A global.
    fn global(&mut self, index: u32) -> Result<u32, MergeError> {
        Err(unexpected("global", index))
    }
    /// A tag.
    fn tag(&mut self, index: u32) -> Result<u32, MergeError> {
        Err(unexpected("tag", index))
    }
    /// A type.
    fn ty(&mut self, index: u32) -> Result<u32, MergeError> {
        Err(unexpected("type", index))
    }
    /// An element segment.
    fn elem(&mut self, index: u32) -> Result<u32, MergeError> {
        Err(unexpected("element segment", index))
    }
    /// A data segment.
    fn data(&mut self, index: u32) -> Result<u32, MergeError> {
        Err(unexpected("data segment", index))
    }
}

/// What is done with a global that may be a stack pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PointerAccess {
    /// `global.get`
    Get,
    /// `global.set`
    Set,
}

fn unexpected(what: &str, index: u32) -> MergeError {
    MergeError::Missing { item: "an item that may mention types only".to_string(), missing: format!("{what} {index}") }
}

/// A [`Remap`] as a `Reencode`.
pub(crate) struct Bridge<'r, R: ?Sized>(pub(crate) &'r mut R);

impl<R: Remap + ?Sized> Reencode for Bridge<'_, R> {
    type Error = MergeError;

    fn data_index(&mut self, data: u32) -> Result<u32, Error<MergeError>> {
        self.0.data(data).map_err(Error::UserError)
    }
    fn element_index(&mut self, element: u32) -> Result<u32, Error<MergeError>> {
        self.0.elem(element).map_err(Error::UserError)
    }
    fn function_index(&mut self, func: u32) -> Result<u32, Error<MergeError>> {
        self.0.func(func).map_err(Error::UserError)
    }
    fn global_index(&mut self, global: u32) -> Result<u32, Error<MergeError>> {
        self.0.global(global).map_err(Error::UserError)
    }
    fn mem_arg(&mut self, arg: wasmparser::MemArg) -> Result<wasm_encoder::MemArg, Error<MergeError>> {
        let (target, base) = match arg.target {
            MemArgTarget::Memory(memory) => {
                let (memory, base) = self.0.access(memory).map_err(Error::UserError)?;
                (wasm_encoder::MemArgTarget::Memory(memory), base)
            }
            MemArgTarget::Array(ty) => (wasm_encoder::MemArgTarget::Array(self.type_index(ty)?), 0),
        };
        let ordering = match arg.ordering {
            None => None,
            Some(MemArgOrdering::Op(ordering)) => Some(wasm_encoder::MemArgOrdering::Op(self.ordering(ordering)?)),
            Some(MemArgOrdering::Rmw(ordering)) => Some(wasm_encoder::MemArgOrdering::Rmw(self.ordering(ordering)?)),
        };
        let offset = match target {
            wasm_encoder::MemArgTarget::Memory(_) => self.0.offset(arg.offset, base),
            wasm_encoder::MemArgTarget::Array(_) => arg.offset,
        };
        Ok(wasm_encoder::MemArg { offset, align: arg.align.into(), target, ordering })
    }
    fn memory_index(&mut self, memory: u32) -> Result<u32, Error<MergeError>> {
        self.0.memory(memory).map_err(Error::UserError)
    }
    fn table_index(&mut self, table: u32) -> Result<u32, Error<MergeError>> {
        self.0.table(table).map_err(Error::UserError)
    }
    fn tag_index(&mut self, tag: u32) -> Result<u32, Error<MergeError>> {
        self.0.tag(tag).map_err(Error::UserError)
    }
    fn type_index(&mut self, ty: u32) -> Result<u32, Error<MergeError>> {
        self.0.ty(ty).map_err(Error::UserError)
    }
}

/// The instruction at `at`, remapped, appended to `out`, as far as it changes. Returns the offset after what
/// was taken: of a load or a store the static offset is still there, to be copied with what follows.
pub(crate) fn instruction<R: Remap>(
    bytes: &[u8],
    at: usize,
    remap: &mut R,
    out: &mut Vec<u8>,
) -> Result<usize, MergeError> {
    let op = byte(bytes, at)?;
    let mut next = at + 1;
    match op {
        opcode::CALL | opcode::RETURN_CALL => {
            let func = remap.func(u32_at(bytes, &mut next)?)?;
            out.push(op);
            put(func, out);
        }
        opcode::CALL_INDIRECT | opcode::RETURN_CALL_INDIRECT => {
            let ty = remap.ty(u32_at(bytes, &mut next)?)?;
            let table = remap.table_call(u32_at(bytes, &mut next)?)?;
            out.push(op);
            put(ty, out);
            put(table, out);
        }
        opcode::GLOBAL_GET | opcode::GLOBAL_SET => {
            let old = u32_at(bytes, &mut next)?;
            let access = if op == opcode::GLOBAL_GET { PointerAccess::Get } else { PointerAccess::Set };
            if !remap.stack_pointer(access, old, out)? {
                let global = remap.global(old)?;
                out.push(op);
                put(global, out);
            }
        }
        // Loads and stores: the flags say whether a memory index follows, and the offset comes last.
        opcode::FIRST_ACCESS..=opcode::LAST_ACCESS => {
            let flags = u32_at(bytes, &mut next)?;
            if flags & ARRAY_TYPE_FOLLOWS != 0 {
                let ty = remap.ty(u32_at(bytes, &mut next)?)?;
                out.push(op);
                put(flags, out);
                put(ty, out);
                return Ok(next);
            }
            let old = if flags & MEMORY_INDEX_FOLLOWS == 0 { 0 } else { u32_at(bytes, &mut next)? };
            let (memory, base) = remap.access(old)?;
            out.push(op);
            if memory == 0 {
                put(flags & !MEMORY_INDEX_FOLLOWS, out);
            } else {
                put(flags | MEMORY_INDEX_FOLLOWS, out);
                put(memory, out);
            }
            if base != 0 || !remap.keeps_offsets() {
                // Both are there for memories with 32-bit addresses only.
                let offset = u64::from(u32_at(bytes, &mut next)?);
                remap.offset(offset, base).encode(out);
            }
        }
        opcode::MEMORY_SIZE | opcode::MEMORY_GROW => {
            let old = u32_at(bytes, &mut next)?;
            let whole = if op == opcode::MEMORY_SIZE { Whole::Size(old) } else { Whole::Grow(old) };
            if !remap.whole(whole, out)? {
                let memory = remap.memory(old)?;
                out.push(op);
                put(memory, out);
            }
        }
        opcode::REF_FUNC => {
            let func = remap.func_ref(u32_at(bytes, &mut next)?)?;
            out.push(op);
            put(func, out);
        }
        // The `catch` of legacy exceptions: a reader that starts here does not know of its `try`.
        opcode::CATCH => {
            let tag = remap.tag(u32_at(bytes, &mut next)?)?;
            out.push(op);
            put(tag, out);
        }
        _ => {
            let mut reader = OperatorsReader::new(BinaryReader::new(&bytes[at..], at as u64));
            let operator = reader.read()?;
            next = reader.original_position() as usize;
            let whole = match operator {
                Operator::MemoryCopy { dst_mem, src_mem } => Some(Whole::Copy(dst_mem, src_mem)),
                Operator::MemoryFill { mem } => Some(Whole::Fill(mem)),
                Operator::MemoryInit { data_index, mem } => Some(Whole::Init(mem, data_index)),
                _ => None,
            };
            if let Some(whole) = whole
                && remap.whole(whole, out)?
            {
                return Ok(next);
            }
            remap.atomic(op == opcode::ATOMIC);
            Bridge(&mut *remap).instruction(operator)?.encode(out);
            remap.atomic(false);
        }
    }
    Ok(next)
}

/// Whether the instruction at `at` is a load or a store with nothing but memory 0 for an index.
#[inline]
pub(crate) fn is_access_to_memory_0(bytes: &[u8], at: usize) -> bool {
    const OTHERS: u32 = MEMORY_INDEX_FOLLOWS | ARRAY_TYPE_FOLLOWS | 0x80;
    matches!(bytes.get(at..at + 2), Some(&[opcode::FIRST_ACCESS..=opcode::LAST_ACCESS, flags]) if u32::from(flags) & OTHERS == 0)
}

/// An offset for a window that begins at `base`. Where the sum has no 32 bits, or is at the very end of them, the access was
/// out of bounds of any window, and it stays so: no memory with windows has bytes at such an offset. The alignment stays as
/// well, and an address of four bits does not lead beyond 2^32.
pub(crate) fn rebased(offset: u64, base: u32) -> u64 {
    const LAST: u64 = u32::MAX as u64 - 31;
    match base {
        0 => offset,
        _ => Some(offset + u64::from(base)).filter(|&sum| sum < LAST).unwrap_or(LAST | (offset & 15)),
    }
}

/// Bit of a memory argument's flags: the access is one to a GC array, whose type's index follows.
const ARRAY_TYPE_FOLLOWS: u32 = 1 << 5;
/// Bit of a memory argument's flags.
const MEMORY_INDEX_FOLLOWS: u32 = 1 << 6;

/// Appends a number in LEB128. Most have one byte.
#[inline]
fn put(value: u32, out: &mut Vec<u8>) {
    match u8::try_from(value) {
        Ok(byte @ 0..0x80) => out.push(byte),
        _ => value.encode(out),
    }
}

#[cold]
fn truncated(at: usize) -> MergeError {
    MergeError::Reencode { item: format!("the code at offset {at}"), reason: "the body ends early".to_string() }
}

#[inline]
fn byte(bytes: &[u8], at: usize) -> Result<u8, MergeError> {
    bytes.get(at).copied().ok_or_else(|| truncated(at))
}

/// Reads a number in LEB128, and moves `next` behind it.
#[inline]
pub(crate) fn u32_at(bytes: &[u8], next: &mut usize) -> Result<u32, MergeError> {
    let mut byte = self::byte(bytes, *next)?;
    *next += 1;
    let mut value = u32::from(byte & 0x7f);
    let mut shift = 7;
    while byte & 0x80 != 0 {
        byte = self::byte(bytes, *next)?;
        *next += 1;
        value |= u32::from(byte & 0x7f).wrapping_shl(shift);
        shift += 7;
    }
    Ok(value)
}
