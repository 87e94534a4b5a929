//! Value and function types of a composition, written into a component.
//!
//! In: the types of [`crate::dfg`], which have no names, and the indices of resources in the component. Out: indices of types. Value types
//! are equal where their structure is (`Explainer.md`, "Type Checking"), so a type may be written out in each component that mentions it.
//! Rejected: the validator's types, which are those of static components, and know no resource of an instantiation.

use crate::abi::types::{TypeDef, Types, ValType};
use crate::ids::{FuncTypeId, ResourceId, TypeId};
use crate::maps::{Map, Set};
use wasm_encoder::{ComponentBuilder, ComponentValType, PrimitiveValType};

/// Types that have been written into one component.
pub(crate) struct ValueTypes<'a> {
    types: &'a Types,
    written: Map<TypeId, u32>,
    funcs: Map<FuncTypeId, u32>,
}

impl<'a> ValueTypes<'a> {
    pub(crate) fn new(types: &'a Types) -> Self {
        ValueTypes { types, written: Map::default(), funcs: Map::default() }
    }

    /// Makes `index` the index of a type that the component imports or exports. Types that mention it must not have been written yet.
    pub(crate) fn name(&mut self, id: TypeId, index: u32) {
        self.written.insert(id, index);
    }

    /// Forgets all types but `named`, because resources have other indices from here on.
    pub(crate) fn restart(&mut self, named: impl IntoIterator<Item = (TypeId, u32)>) {
        self.written = named.into_iter().collect();
        self.funcs.clear();
    }

    /// A value type.
    ///
    /// # Errors
    ///
    /// A resource that is not among `resources`, the type indices of resources.
    pub(crate) fn value(
        &mut self,
        ty: ValType,
        resources: &Map<ResourceId, u32>,
        into: &mut ComponentBuilder,
    ) -> Result<ComponentValType, ResourceId> {
        let primitive = match ty {
            ValType::Bool => PrimitiveValType::Bool,
            ValType::S8 => PrimitiveValType::S8,
            ValType::U8 => PrimitiveValType::U8,
            ValType::S16 => PrimitiveValType::S16,
            ValType::U16 => PrimitiveValType::U16,
            ValType::S32 => PrimitiveValType::S32,
            ValType::U32 => PrimitiveValType::U32,
            ValType::S64 => PrimitiveValType::S64,
            ValType::U64 => PrimitiveValType::U64,
            ValType::F32 => PrimitiveValType::F32,
            ValType::F64 => PrimitiveValType::F64,
            ValType::Char => PrimitiveValType::Char,
            ValType::String => PrimitiveValType::String,
            ValType::ErrorContext => PrimitiveValType::ErrorContext,
            ValType::Def(id) => return self.defined(id, resources, into).map(ComponentValType::Type),
        };
        Ok(ComponentValType::Primitive(primitive))
    }

    /// A defined type.
    ///
    /// # Errors
    ///
    /// As [`ValueTypes::value`].
    pub(crate) fn defined(
        &mut self,
        id: TypeId,
        resources: &Map<ResourceId, u32>,
        into: &mut ComponentBuilder,
    ) -> Result<u32, ResourceId> {
        if let Some(&known) = self.written.get(&id) {
            return Ok(known);
        }
        let def = &self.types[id];
        // Parts come first: a type refers to earlier ones only.
        let mut parts = Vec::new();
        def.for_each_part(|part| parts.push(part));
        let parts = parts.into_iter().map(|part| self.value(part, resources, into)).collect::<Result<Vec<_>, _>>()?;
        let resource = match def {
            TypeDef::Own(resource) | TypeDef::Borrow(resource) => *resources.get(resource).ok_or(*resource)?,
            _ => 0,
        };
        let mut parts = parts.into_iter();
        let mut part =
            || parts.next().expect("`for_each_part` visits the types in the order in which they are taken here");
        let (index, encoder) = into.type_defined(None);
        match def {
            TypeDef::Record(fields) => {
                encoder.record(fields.iter().map(|(name, _)| (name.as_str(), part())).collect::<Vec<_>>());
            }
            TypeDef::Variant(cases) => {
                let cases = cases.iter().map(|(name, ty)| (name.as_str(), ty.map(|_| part())));
                encoder.variant(cases.collect::<Vec<_>>());
            }
            TypeDef::List(_) => encoder.list(part()),
            TypeDef::FixedLengthList(_, length) => encoder.fixed_length_list(part(), *length),
            TypeDef::Map(..) => encoder.map(part(), part()),
            TypeDef::Tuple(items) => encoder.tuple(items.iter().map(|_| part()).collect::<Vec<_>>()),
            TypeDef::Flags(names) => encoder.flags(names.iter().map(String::as_str)),
            TypeDef::Enum(names) => encoder.enum_type(names.iter().map(String::as_str)),
            TypeDef::Option(_) => encoder.option(part()),
            TypeDef::Result { ok, err } => {
                let ok = ok.map(|_| part());
                encoder.result(ok, err.map(|_| part()));
            }
            TypeDef::Own(_) => encoder.own(resource),
            TypeDef::Borrow(_) => encoder.borrow(resource),
            TypeDef::Stream(ty) => encoder.stream(ty.map(|_| part())),
            TypeDef::Future(ty) => encoder.future(ty.map(|_| part())),
        }
        self.written.insert(id, index);
        Ok(index)
    }

    /// A function type.
    ///
    /// # Errors
    ///
    /// As [`ValueTypes::value`].
    pub(crate) fn func(
        &mut self,
        id: FuncTypeId,
        resources: &Map<ResourceId, u32>,
        into: &mut ComponentBuilder,
    ) -> Result<u32, ResourceId> {
        if let Some(&known) = self.funcs.get(&id) {
            return Ok(known);
        }
        let ty = &self.types[id];
        let mut params = Vec::with_capacity(ty.params.len());
        for (name, ty) in &ty.params {
            params.push((name.as_str(), self.value(*ty, resources, into)?));
        }
        let result = ty.result.map(|ty| self.value(ty, resources, into)).transpose()?;
        let (index, mut encoder) = into.type_function(None);
        encoder.async_(ty.is_async).params(params).result(result);
        self.funcs.insert(id, index);
        Ok(index)
    }
}

/// Calls `visit` with each defined type that `types` mention, at any depth: parts first, each once.
pub(crate) fn for_each_defined(types: &Types, roots: impl IntoIterator<Item = ValType>, mut visit: impl FnMut(TypeId)) {
    let mut seen: Set<TypeId> = Set::default();
    // `true`: its parts have been visited.
    let mut work: Vec<(ValType, bool)> = roots.into_iter().map(|ty| (ty, false)).collect();
    while let Some((ty, done)) = work.pop() {
        let ValType::Def(id) = ty else { continue };
        if done {
            visit(id);
        } else if seen.insert(id) {
            work.push((ty, true));
            types[id].for_each_part(|part| work.push((part, false)));
        }
    }
}
