//! Flat forms: a value as a sequence of core values.
//!
//! In: the form of a type and the flat forms of the types it mentions. Out: `flatten_type` of
//! `CanonicalABI.md` ("Flattening"), cut off: a type with more than [`MAX_FLAT_PARAMS`] flat values never
//! is on the stack, so `None` is enough to know about it.

use super::Pointer;
use super::shape::{Scalar, Shape};
use super::types;
use wasm_encoder::ValType;

/// The most flat parameters a synchronous function has before they go through memory.
pub const MAX_FLAT_PARAMS: usize = 16;

/// The most flat results a synchronous function has before they go through memory.
pub const MAX_FLAT_RESULTS: usize = 1;

/// Flat parameters of a function that is lowered with the option `async`, at most.
pub const MAX_FLAT_ASYNC_PARAMS: usize = 4;

/// The flat form of a type of the form `shape`, whose parts have the flat forms that `child` gives.
pub fn flatten<'f>(
    shape: &Shape,
    pointer: Pointer,
    child: &dyn Fn(types::ValType) -> Option<&'f [ValType]>,
) -> Option<Vec<ValType>> {
    match shape {
        Shape::Scalar(scalar) => Some(vec![self::scalar(*scalar)]),
        Shape::String | Shape::List(_) => Some(vec![pointer.core_type(); 2]),
        Shape::FixedLengthList(ty, length) => {
            let element = child(*ty)?;
            let length =
                usize::try_from(*length).ok().filter(|n| n.saturating_mul(element.len()) <= MAX_FLAT_PARAMS)?;
            Some(element.repeat(length))
        }
        Shape::Record(fields) => sequence(fields.iter().map(|f| child(*f)), MAX_FLAT_PARAMS),
        Shape::Variant(cases) => variant(cases.iter().flatten().map(|c| child(*c))),
        Shape::Flags(_) | Shape::Own(_) | Shape::Borrow(_) | Shape::Waitable(_) => Some(vec![ValType::I32]),
    }
}

/// Several flat forms after one another; `None` where that is longer than `limit`.
pub fn sequence<'f>(forms: impl Iterator<Item = Option<&'f [ValType]>>, limit: usize) -> Option<Vec<ValType>> {
    let mut flat = Vec::new();
    for form in forms {
        flat.extend_from_slice(form?);
        if flat.len() > limit {
            return None;
        }
    }
    Some(flat)
}

/// The discriminant, then slots that fit the payload of any case.
fn variant<'f>(payloads: impl Iterator<Item = Option<&'f [ValType]>>) -> Option<Vec<ValType>> {
    let mut flat = vec![ValType::I32];
    for payload in payloads {
        // From left to right: `join` is not associative.
        for (i, ty) in payload?.iter().enumerate() {
            match flat.get_mut(i + 1) {
                Some(slot) => *slot = join(*slot, *ty),
                None => flat.push(*ty),
            }
        }
    }
    (flat.len() <= MAX_FLAT_PARAMS).then_some(flat)
}

/// The narrowest core type into which values of both types can be cast bit by bit.
pub fn join(a: ValType, b: ValType) -> ValType {
    match (a, b) {
        _ if a == b => a,
        (ValType::I32, ValType::F32) | (ValType::F32, ValType::I32) => ValType::I32,
        _ => ValType::I64,
    }
}

/// The core type of a scalar.
pub fn scalar(scalar: Scalar) -> ValType {
    match scalar {
        Scalar::S64 | Scalar::U64 => ValType::I64,
        Scalar::F32 => ValType::F32,
        Scalar::F64 => ValType::F64,
        Scalar::Bool
        | Scalar::S8
        | Scalar::U8
        | Scalar::S16
        | Scalar::U16
        | Scalar::S32
        | Scalar::U32
        | Scalar::Char => ValType::I32,
    }
}
