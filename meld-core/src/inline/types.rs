//! Component types, evaluated in their frame.
//!
//! In: type definitions with indices of the frame. Out: interned value and function types of the
//! [`ComponentDfg`](crate::dfg::ComponentDfg), in which aliases are gone and a resource is a definition.
//! See `docs/adr/0002-types-are-evaluated.md`.

use super::frame::{Def, EvaluatedType, at};
use super::{Activation, Fault, Inliner, missing};
use crate::abi::types::{FuncType, TypeDef as Defined, ValType};
use crate::dfg::{CoreKind, Effect, Interface, Resource, ResourceDef};
use crate::ids::{FrameId, ResourceId};
use wasmparser::{
    ComponentDefinedType, ComponentFuncType, ComponentType, ComponentValType, PrimitiveValType, ValType as CoreType,
};

impl<'p, 'a> Inliner<'p, 'a> {
    /// Evaluates a type that a component defines. A resource type is a new one each time.
    pub(super) fn define_type(
        &mut self,
        top: &Activation<'p, 'a>,
        ty: &'p ComponentType<'a>,
    ) -> Result<EvaluatedType<'p, 'a>, Fault> {
        let ComponentType::Resource { rep, dtor } = ty else { return self.eval_type(top.frame, ty) };
        if *rep != CoreType::I32 {
            return Err(Fault::Unsupported(format!("a resource with representation `{rep}` is")));
        }
        let dtor = match dtor {
            Some(index) => Some(self.frames[top.frame].get_core(CoreKind::Func, *index)?),
            None => None,
        };
        let index = self.frames[top.frame].types.len();
        let names = &self.components[top.component].names.types;
        let name = u32::try_from(index).ok().and_then(|index| names.get(&index)).map_or("", |name| name);
        let def = ResourceDef::Defined { instance: top.instance, dtor };
        let resource = self.dfg.resources.push(Resource { name: name.to_string(), def });
        self.dfg.effects.push(Effect::Resource(resource));
        let name = if name.is_empty() { format!("type {index}") } else { name.to_string() };
        let view = self.view(top.instance, Interface::Definition, &name, resource, None)?;
        Ok(EvaluatedType::Resource(resource, view))
    }

    /// Evaluates any type other than a resource type.
    pub(super) fn eval_type(
        &mut self,
        frame: FrameId,
        ty: &'p ComponentType<'a>,
    ) -> Result<EvaluatedType<'p, 'a>, Fault> {
        Ok(match ty {
            ComponentType::Defined(ty) => EvaluatedType::Val(self.defined_type(frame, ty)?),
            ComponentType::Func(ty) => self.func_type(frame, ty)?,
            ComponentType::Instance(decls) => EvaluatedType::Instance { decls, around: frame },
            ComponentType::Component(_) => EvaluatedType::Component,
            // The validator accepts resource definitions in components only.
            ComponentType::Resource { .. } => return Err(missing("resource definition in a type".to_string())),
        })
    }

    fn func_type(&mut self, frame: FrameId, ty: &ComponentFuncType<'a>) -> Result<EvaluatedType<'p, 'a>, Fault> {
        self.define_names(ty.params.iter().map(|(name, _)| *name))?;
        let params = ty.params.iter().map(|(name, ty)| Ok((name.to_string(), self.val_type(frame, *ty)?)));
        let params = params.collect::<Result<_, Fault>>()?;
        let result = self.optional(frame, ty.result)?;
        let ty = FuncType { is_async: ty.async_, params, result };
        Ok(EvaluatedType::Func(self.dfg.types.funcs.intern(ty)))
    }

    fn defined_type(&mut self, frame: FrameId, ty: &ComponentDefinedType<'a>) -> Result<ValType, Fault> {
        let defined = match ty {
            ComponentDefinedType::Primitive(ty) => return Ok(primitive(*ty)),
            ComponentDefinedType::Record(fields) => {
                self.define_names(fields.iter().map(|(name, _)| *name))?;
                let fields = fields.iter().map(|(name, ty)| Ok((name.to_string(), self.val_type(frame, *ty)?)));
                Defined::Record(fields.collect::<Result<_, Fault>>()?)
            }
            ComponentDefinedType::Variant(cases) => {
                self.define_names(cases.iter().map(|case| case.name))?;
                let cases = cases.iter().map(|case| Ok((case.name.to_string(), self.optional(frame, case.ty)?)));
                Defined::Variant(cases.collect::<Result<_, Fault>>()?)
            }
            ComponentDefinedType::Tuple(types) => {
                self.define(types.len())?;
                let types = types.iter().map(|ty| self.val_type(frame, *ty));
                Defined::Tuple(types.collect::<Result<_, Fault>>()?)
            }
            ComponentDefinedType::Flags(names) => {
                self.define_names(names.iter().copied())?;
                Defined::Flags(names.iter().map(|name| name.to_string()).collect())
            }
            ComponentDefinedType::Enum(names) => {
                self.define_names(names.iter().copied())?;
                Defined::Enum(names.iter().map(|name| name.to_string()).collect())
            }
            ComponentDefinedType::List(ty) => Defined::List(self.val_type(frame, *ty)?),
            ComponentDefinedType::FixedLengthList(ty, length) => {
                Defined::FixedLengthList(self.val_type(frame, *ty)?, *length)
            }
            ComponentDefinedType::Map(key, value) => {
                Defined::Map(self.val_type(frame, *key)?, self.val_type(frame, *value)?)
            }
            ComponentDefinedType::Option(ty) => Defined::Option(self.val_type(frame, *ty)?),
            ComponentDefinedType::Result { ok, err } => {
                Defined::Result { ok: self.optional(frame, *ok)?, err: self.optional(frame, *err)? }
            }
            ComponentDefinedType::Own(resource) => Defined::Own(self.resource(frame, *resource)?),
            ComponentDefinedType::Borrow(resource) => Defined::Borrow(self.resource(frame, *resource)?),
            ComponentDefinedType::Future(ty) => Defined::Future(self.optional(frame, *ty)?),
            ComponentDefinedType::Stream(ty) => Defined::Stream(self.optional(frame, *ty)?),
        };
        Ok(ValType::Def(self.dfg.types.defs.intern(defined)))
    }

    fn optional(&self, frame: FrameId, ty: Option<ComponentValType>) -> Result<Option<ValType>, Fault> {
        ty.map(|ty| self.val_type(frame, ty)).transpose()
    }

    /// Evaluates a use of a value type.
    pub(super) fn val_type(&self, frame: FrameId, ty: ComponentValType) -> Result<ValType, Fault> {
        match ty {
            ComponentValType::Primitive(ty) => Ok(primitive(ty)),
            ComponentValType::Type(index) => match at(&self.frames[frame].types, index, "type")? {
                EvaluatedType::Val(ty) => Ok(ty),
                _ => Err(missing(format!("value type {index}"))),
            },
        }
    }

    /// The resource at a type index.
    pub(super) fn resource(&self, frame: FrameId, index: u32) -> Result<ResourceId, Fault> {
        match at(&self.frames[frame].types, index, "type")? {
            EvaluatedType::Resource(resource, _) => Ok(resource),
            _ => Err(missing(format!("resource type {index}"))),
        }
    }

    /// Names a resource after its export, if it has no name yet. For people only.
    pub(super) fn name_resource(&mut self, def: &Def<'p, 'a>, export: &str) {
        if let Def::Type(EvaluatedType::Resource(resource, _)) = def {
            let name = &mut self.dfg.resources[*resource].name;
            if name.is_empty() {
                *name = export.to_string();
            }
        }
    }
}

fn primitive(ty: PrimitiveValType) -> ValType {
    match ty {
        PrimitiveValType::Bool => ValType::Bool,
        PrimitiveValType::S8 => ValType::S8,
        PrimitiveValType::U8 => ValType::U8,
        PrimitiveValType::S16 => ValType::S16,
        PrimitiveValType::U16 => ValType::U16,
        PrimitiveValType::S32 => ValType::S32,
        PrimitiveValType::U32 => ValType::U32,
        PrimitiveValType::S64 => ValType::S64,
        PrimitiveValType::U64 => ValType::U64,
        PrimitiveValType::F32 => ValType::F32,
        PrimitiveValType::F64 => ValType::F64,
        PrimitiveValType::Char => ValType::Char,
        PrimitiveValType::String => ValType::String,
        PrimitiveValType::ErrorContext => ValType::ErrorContext,
    }
}
