//! Value and function types, one layer at a time.

use super::TypeEncoder;
use crate::error::TypeEncodeError;
use wasm_encoder::{ComponentValType, PrimitiveValType};
use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentDefinedType, ComponentDefinedTypeId, ComponentFuncTypeId,
    ComponentValType as InputValType,
};

impl TypeEncoder<'_> {
    /// How many parameters, fields, cases or labels a type has.
    pub(super) fn parts(&self, id: ComponentAnyTypeId) -> u64 {
        let parts = match id {
            ComponentAnyTypeId::Func(id) => self.data(id).params.len(),
            ComponentAnyTypeId::Defined(id) => match self.data(id) {
                ComponentDefinedType::Record(ty) => ty.fields.len(),
                ComponentDefinedType::Variant(ty) => ty.cases.len(),
                ComponentDefinedType::Tuple(ty) => ty.types.len(),
                ComponentDefinedType::Flags(labels) => labels.len(),
                ComponentDefinedType::Enum(labels) => labels.len(),
                _ => 0,
            },
            _ => 0,
        };
        parts as u64
    }

    pub(super) fn value(&mut self, depth: usize, ty: InputValType) -> Result<ComponentValType, TypeEncodeError> {
        Ok(match ty {
            InputValType::Primitive(ty) => ComponentValType::Primitive(ty.into()),
            InputValType::Type(id) => ComponentValType::Type(self.any(depth, id.into())?),
        })
    }

    fn optional(
        &mut self,
        depth: usize,
        ty: Option<InputValType>,
    ) -> Result<Option<ComponentValType>, TypeEncodeError> {
        ty.map(|ty| self.value(depth, ty)).transpose()
    }

    pub(super) fn func(&mut self, depth: usize, id: ComponentFuncTypeId) -> Result<u32, TypeEncodeError> {
        let ty = self.data(id);
        let mut params = Vec::with_capacity(ty.params.len());
        for (name, ty) in &ty.params {
            params.push((name.as_str(), self.value(depth, *ty)?));
        }
        let result = self.optional(depth, ty.result)?;
        let (index, encoder) = self.scopes[depth].ty();
        encoder.function().async_(ty.async_).params(params).result(result);
        Ok(index)
    }

    /// Writes out a defined type. What it mentions comes first: each `match` arm asks for the indices of
    /// those types before it takes its own.
    pub(super) fn defined(&mut self, depth: usize, id: ComponentDefinedTypeId) -> Result<u32, TypeEncodeError> {
        macro_rules! define {
            ($define:ident($($argument:expr),*)) => {{
                let (index, encoder) = self.scopes[depth].ty();
                encoder.defined_type().$define($($argument),*);
                index
            }};
        }
        Ok(match self.data(id) {
            ComponentDefinedType::Primitive(ty) => define!(primitive(PrimitiveValType::from(*ty))),
            ComponentDefinedType::Record(ty) => {
                let mut fields = Vec::with_capacity(ty.fields.len());
                for (name, ty) in &ty.fields {
                    fields.push((name.as_str(), self.value(depth, *ty)?));
                }
                define!(record(fields))
            }
            ComponentDefinedType::Variant(ty) => {
                let mut cases = Vec::with_capacity(ty.cases.len());
                for (name, case) in &ty.cases {
                    cases.push((name.as_str(), self.optional(depth, case.ty)?));
                }
                define!(variant(cases))
            }
            ComponentDefinedType::List { element, .. } => {
                let element = self.value(depth, *element)?;
                define!(list(element))
            }
            ComponentDefinedType::Map { key, value, .. } => {
                let (key, value) = (self.value(depth, *key)?, self.value(depth, *value)?);
                define!(map(key, value))
            }
            ComponentDefinedType::FixedLengthList { element, length, .. } => {
                let element = self.value(depth, *element)?;
                define!(fixed_length_list(element, *length))
            }
            ComponentDefinedType::Tuple(ty) => {
                let mut types = Vec::with_capacity(ty.types.len());
                for ty in &ty.types {
                    types.push(self.value(depth, *ty)?);
                }
                define!(tuple(types))
            }
            ComponentDefinedType::Flags(labels) => define!(flags(labels.iter().map(|label| label.as_str()))),
            ComponentDefinedType::Enum(cases) => define!(enum_type(cases.iter().map(|case| case.as_str()))),
            ComponentDefinedType::Option { ty, .. } => {
                let ty = self.value(depth, *ty)?;
                define!(option(ty))
            }
            ComponentDefinedType::Result { ok, err, .. } => {
                let (ok, err) = (self.optional(depth, *ok)?, self.optional(depth, *err)?);
                define!(result(ok, err))
            }
            ComponentDefinedType::Own(resource) => {
                let resource = self.resource(depth, *resource)?;
                define!(own(resource))
            }
            ComponentDefinedType::Borrow(resource) => {
                let resource = self.resource(depth, *resource)?;
                define!(borrow(resource))
            }
            ComponentDefinedType::Future { ty, .. } => {
                let ty = self.optional(depth, *ty)?;
                define!(future(ty))
            }
            ComponentDefinedType::Stream { ty, .. } => {
                let ty = self.optional(depth, *ty)?;
                define!(stream(ty))
            }
        })
    }
}
