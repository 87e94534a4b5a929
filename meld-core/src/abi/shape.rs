//! Value types without their specializations.
//!
//! In: a [`ValType`]. Out: its [`Shape`]: the spec's `despecialize` (`CanonicalABI.md`, "Despecialization"),
//! in which tuples are records, enums, options and results are variants, and maps are lists of pairs.
//! Everything that depends on the form of a type matches on this and on nothing else, so that a
//! specialized type cannot be treated unlike the type that it specializes.

use super::types::{TypeDef, Types, ValType};
use crate::ids::ResourceId;

/// A value type that is one core value with a rule for its range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the WIT type of the same name")]
pub enum Scalar {
    Bool,
    S8,
    U8,
    S16,
    U16,
    S32,
    U32,
    S64,
    U64,
    F32,
    F64,
    Char,
}

/// The form of a value type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// One core value.
    Scalar(Scalar),
    /// `string`
    String,
    /// `list` or `map`: the types of which one element is the tuple; one for a list, two for a map.
    List(Vec<ValType>),
    /// `list<T, N>`
    FixedLengthList(ValType, u32),
    /// `record` or `tuple`: the field types.
    Record(Vec<ValType>),
    /// `variant`, `enum`, `option` or `result`: the payload types.
    Variant(Vec<Option<ValType>>),
    /// `flags`: the number of labels.
    Flags(u32),
    /// `own`
    Own(ResourceId),
    /// `borrow`
    Borrow(ResourceId),
    /// `stream`, `future` or `error-context`: its name in the text format.
    Waitable(&'static str),
}

impl Shape {
    /// Calls `f` with each type that a value directly consists of, and how often it occurs.
    pub fn for_each_child(&self, mut f: impl FnMut(ValType, u32)) {
        match self {
            Shape::List(types) | Shape::Record(types) => types.iter().for_each(|t| f(*t, 1)),
            Shape::FixedLengthList(ty, length) => f(*ty, *length),
            Shape::Variant(cases) => cases.iter().flatten().for_each(|t| f(*t, 1)),
            Shape::Scalar(_)
            | Shape::String
            | Shape::Flags(_)
            | Shape::Own(_)
            | Shape::Borrow(_)
            | Shape::Waitable(_) => {}
        }
    }
}

impl Types {
    /// The form of `ty`.
    pub fn shape(&self, ty: ValType) -> Shape {
        let id = match ty {
            ValType::Bool => return Shape::Scalar(Scalar::Bool),
            ValType::S8 => return Shape::Scalar(Scalar::S8),
            ValType::U8 => return Shape::Scalar(Scalar::U8),
            ValType::S16 => return Shape::Scalar(Scalar::S16),
            ValType::U16 => return Shape::Scalar(Scalar::U16),
            ValType::S32 => return Shape::Scalar(Scalar::S32),
            ValType::U32 => return Shape::Scalar(Scalar::U32),
            ValType::S64 => return Shape::Scalar(Scalar::S64),
            ValType::U64 => return Shape::Scalar(Scalar::U64),
            ValType::F32 => return Shape::Scalar(Scalar::F32),
            ValType::F64 => return Shape::Scalar(Scalar::F64),
            ValType::Char => return Shape::Scalar(Scalar::Char),
            ValType::String => return Shape::String,
            ValType::ErrorContext => return Shape::Waitable("error-context"),
            ValType::Def(id) => id,
        };
        match &self[id] {
            TypeDef::Record(fields) => Shape::Record(fields.iter().map(|(_, ty)| *ty).collect()),
            TypeDef::Tuple(fields) => Shape::Record(fields.clone()),
            TypeDef::Variant(cases) => Shape::Variant(cases.iter().map(|(_, ty)| *ty).collect()),
            TypeDef::Enum(labels) => Shape::Variant(vec![None; labels.len()]),
            TypeDef::Option(ty) => Shape::Variant(vec![None, Some(*ty)]),
            TypeDef::Result { ok, err } => Shape::Variant(vec![*ok, *err]),
            TypeDef::List(ty) => Shape::List(vec![*ty]),
            TypeDef::Map(key, value) => Shape::List(vec![*key, *value]),
            TypeDef::FixedLengthList(ty, length) => Shape::FixedLengthList(*ty, *length),
            TypeDef::Flags(labels) => {
                Shape::Flags(u32::try_from(labels.len()).expect("the binary format counts labels in 32 bits"))
            }
            TypeDef::Own(resource) => Shape::Own(*resource),
            TypeDef::Borrow(resource) => Shape::Borrow(*resource),
            TypeDef::Stream(_) => Shape::Waitable("stream"),
            TypeDef::Future(_) => Shape::Waitable("future"),
        }
    }
}
