//! Values as core values (`CanonicalABI.md`, "Flat Lifting" and "Flat Lowering").

use super::abi::{Flat, discriminant_size, flatten};
use super::memory::{Cx, bits, char_of};
use super::table;
use crate::ty::Ty;
use crate::value::Value;
use wasmtime::{Result, Val, format_err};

/// Lifts one value of type `ty` off the front of `flat`.
pub(super) fn lift(cx: &mut Cx<'_>, flat: &mut std::slice::Iter<'_, Val>, ty: &Ty) -> Result<Value> {
    if let Some(fields) = ty.fields() {
        return Ok(Value::Record(fields.into_iter().map(|ty| lift(cx, flat, ty)).collect::<Result<_>>()?));
    }
    if let Some(cases) = ty.cases() {
        let case = word(flat)? as usize;
        let payload = *cases.get(case).ok_or_else(|| format_err!("host: invalid variant discriminant"))?;
        let joined: Vec<Val> = flat.by_ref().take(flatten(ty).len() - 1).copied().collect();
        let Some(ty) = payload else { return Ok(Value::Variant(case, None)) };
        let own: Vec<Val> = joined.iter().zip(flatten(ty)).map(|(val, flat)| narrow(val, flat)).collect();
        return Ok(Value::Variant(case, Some(Box::new(lift(cx, &mut own.iter(), ty)?))));
    }
    Ok(match ty {
        Ty::Bool => Value::Bool(word(flat)? != 0),
        Ty::S8 => Value::S8(word(flat)? as i8),
        Ty::U8 => Value::U8(word(flat)? as u8),
        Ty::S16 => Value::S16(word(flat)? as i16),
        Ty::U16 => Value::U16(word(flat)? as u16),
        Ty::S32 => Value::S32(word(flat)?.cast_signed()),
        Ty::U32 => Value::U32(word(flat)?),
        Ty::S64 => Value::S64(next(flat)?.unwrap_i64()),
        Ty::U64 => Value::U64(next(flat)?.unwrap_i64().cast_unsigned()),
        Ty::F32 => Value::F32(next(flat)?.unwrap_f32()),
        Ty::F64 => Value::F64(next(flat)?.unwrap_f64()),
        Ty::Char => Value::Char(char_of(word(flat)?)?),
        Ty::Flags(names) => {
            let bits = word(flat)?;
            Value::Flags((0..names.len()).map(|i| bits & (1 << i) != 0).collect())
        }
        Ty::Own(resource) | Ty::Borrow(resource) => {
            let handle = word(flat)?;
            Value::Handle(table::lift(cx, handle, *resource, matches!(ty, Ty::Own(_)))?)
        }
        _ => {
            let (ptr, len) = (word(flat)?, word(flat)?);
            cx.load_range(ptr, len, ty)?
        }
    })
}

/// Lowers `value` of type `ty` onto the end of `flat`.
pub(super) fn lower(cx: &mut Cx<'_>, value: &Value, ty: &Ty, flat: &mut Vec<Val>) -> Result<()> {
    let word = |word: u32| Val::I32(word.cast_signed());
    let last = match value {
        Value::Record(values) => {
            for (value, ty) in values.iter().zip(ty.fields().expect("records have fields")) {
                lower(cx, value, ty, flat)?;
            }
            return Ok(());
        }
        Value::Variant(case, payload) => {
            let cases = ty.cases().expect("variants have cases");
            debug_assert!(discriminant_size(cases.len()) <= 4);
            let mut own = Vec::new();
            if let (Some(value), Some(ty)) = (payload, cases[*case]) {
                lower(cx, value, ty, &mut own)?;
            }
            flat.push(word(u32::try_from(*case)?));
            for (i, slot) in flatten(ty).into_iter().skip(1).enumerate() {
                flat.push(widen(own.get(i), slot));
            }
            return Ok(());
        }
        Value::String(_) | Value::List(_) => {
            let (ptr, len) = cx.store_range(value, ty)?;
            flat.push(word(ptr));
            word(len)
        }
        Value::Bool(v) => Val::I32(i32::from(*v)),
        Value::S8(v) => Val::I32(i32::from(*v)),
        Value::U8(v) => Val::I32(i32::from(*v)),
        Value::S16(v) => Val::I32(i32::from(*v)),
        Value::U16(v) => Val::I32(i32::from(*v)),
        Value::S32(v) => Val::I32(*v),
        Value::U32(v) => word(*v),
        Value::S64(v) => Val::I64(*v),
        Value::U64(v) => Val::I64(v.cast_signed()),
        Value::F32(v) => Val::F32(v.to_bits()),
        Value::F64(v) => Val::F64(v.to_bits()),
        Value::Char(v) => word(u32::from(*v)),
        Value::Flags(set) => word(bits(set)),
        Value::Handle(id) => word(table::lower(cx, *id, ty)?),
    };
    flat.push(last);
    Ok(())
}

fn next<'a>(flat: &mut std::slice::Iter<'a, Val>) -> Result<&'a Val> {
    flat.next().ok_or_else(|| format_err!("host: too few core values"))
}

fn word(flat: &mut std::slice::Iter<'_, Val>) -> Result<u32> {
    Ok(next(flat)?.unwrap_i32().cast_unsigned())
}

/// A joined slot as the core type that the case itself has.
fn narrow(val: &Val, want: Flat) -> Val {
    match (val, want) {
        (Val::I32(v), Flat::F32) => Val::F32(v.cast_unsigned()),
        (Val::I64(v), Flat::I32) => Val::I32(*v as i32),
        (Val::I64(v), Flat::F32) => Val::F32(*v as u32),
        (Val::I64(v), Flat::F64) => Val::F64(v.cast_unsigned()),
        _ => *val,
    }
}

/// A case's own core value in a joined slot; zero where the case has none.
fn widen(val: Option<&Val>, slot: Flat) -> Val {
    let bits = match val {
        None => 0,
        Some(Val::I32(v)) => u64::from(v.cast_unsigned()),
        Some(Val::I64(v)) => v.cast_unsigned(),
        Some(Val::F32(v)) => u64::from(*v),
        Some(Val::F64(v)) => *v,
        Some(other) => panic!("{other:?} is not a flat value"),
    };
    match slot {
        Flat::I32 => Val::I32(bits as i32),
        Flat::I64 => Val::I64(bits.cast_signed()),
        Flat::F32 => Val::F32(bits as u32),
        Flat::F64 => Val::F64(bits),
    }
}
