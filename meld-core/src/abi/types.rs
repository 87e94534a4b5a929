//! Component value and function types, evaluated and interned.
//!
//! In: the type definitions of the static components, evaluated by [`crate::inline`] in the frame of
//! each instantiation. Out: ids that are equal exactly where the types are: resources are generative
//! [`ResourceId`]s, aliases are gone, everything else is structural (`Explainer.md`, "Type checking").
//! Names of fields, cases and parameters are kept for messages and reports only.
//! Rejected: the validator's own type ids, which are per static component, not per instantiation.

use crate::ids::{FuncTypeId, Interner, ResourceId, TypeId};

/// A value type. `Copy`: anything with structure is a [`TypeId`] into [`Types`].
#[derive(Debug, Copy, Clone, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the WIT type of the same name")]
pub enum ValType {
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
    String,
    ErrorContext,
    /// A defined type.
    Def(TypeId),
}

/// A defined value type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TypeDef {
    /// `record`: field names and types, in order.
    Record(Vec<(String, ValType)>),
    /// `variant`: case names and payloads, in order.
    Variant(Vec<(String, Option<ValType>)>),
    /// `list<T>` of any length.
    List(ValType),
    /// `list<T, N>`: `N` elements stored inline.
    FixedLengthList(ValType, u32),
    /// `map<K, V>`: the ABI of `list<tuple<K, V>>`.
    Map(ValType, ValType),
    /// `tuple<...>`.
    Tuple(Vec<ValType>),
    /// `flags`: label names, at most 32.
    Flags(Vec<String>),
    /// `enum`: case names.
    Enum(Vec<String>),
    /// `option<T>`.
    Option(ValType),
    /// `result<T, E>`.
    Result {
        /// Payload of `ok`.
        ok: Option<ValType>,
        /// Payload of `error`.
        err: Option<ValType>,
    },
    /// `own<R>`.
    Own(ResourceId),
    /// `borrow<R>`.
    Borrow(ResourceId),
    /// `stream<T>`.
    Stream(Option<ValType>),
    /// `future<T>`.
    Future(Option<ValType>),
}

impl TypeDef {
    /// Calls `visit` with the types that this one is made of, in order, once for each place in which they occur.
    pub fn for_each_part(&self, mut visit: impl FnMut(ValType)) {
        match self {
            TypeDef::Record(fields) => fields.iter().for_each(|(_, ty)| visit(*ty)),
            TypeDef::Variant(cases) => cases.iter().filter_map(|(_, ty)| *ty).for_each(visit),
            TypeDef::Tuple(items) => items.iter().copied().for_each(visit),
            TypeDef::List(ty) | TypeDef::FixedLengthList(ty, _) | TypeDef::Option(ty) => visit(*ty),
            TypeDef::Map(key, value) => [*key, *value].into_iter().for_each(visit),
            TypeDef::Result { ok, err } => ok.iter().chain(err).copied().for_each(visit),
            TypeDef::Stream(ty) | TypeDef::Future(ty) => ty.iter().copied().for_each(visit),
            TypeDef::Flags(_) | TypeDef::Enum(_) | TypeDef::Own(_) | TypeDef::Borrow(_) => {}
        }
    }
}

/// A component function type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FuncType {
    /// Whether the type is marked `async`.
    pub is_async: bool,
    /// Parameter names and types, in order.
    pub params: Vec<(String, ValType)>,
    /// The result, if there is one.
    pub result: Option<ValType>,
}

/// All value and function types of a composition.
#[derive(Debug, Clone, Default)]
pub struct Types {
    /// Defined value types.
    pub defs: Interner<TypeId, TypeDef>,
    /// Function types.
    pub funcs: Interner<FuncTypeId, FuncType>,
}

impl std::ops::Index<TypeId> for Types {
    type Output = TypeDef;
    fn index(&self, id: TypeId) -> &TypeDef {
        &self.defs[id]
    }
}

impl std::ops::Index<FuncTypeId> for Types {
    type Output = FuncType;
    fn index(&self, id: FuncTypeId) -> &FuncType {
        &self.funcs[id]
    }
}
