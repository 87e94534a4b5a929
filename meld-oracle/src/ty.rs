//! Value types as the oracle sees them.
//!
//! In: wasmtime's types of a component, or those of a fused core module's interface. Out: [`Ty`], a plain tree.
//! Resources are numbers that mean something only within one [`crate::host`] or [`crate::core_host`].

use meld_core::unstable::abi::types::{FuncType, TypeDef, Types, ValType};
use meld_core::unstable::ids::Id;
use wasmtime::component::ResourceType;
use wasmtime::component::types::{self, Type};

/// A value type.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the WIT type of the same name")]
pub enum Ty {
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
    List(Box<Ty>),
    FixedList(Box<Ty>, u32),
    Map(Box<Ty>, Box<Ty>),
    Record(Vec<(String, Ty)>),
    Tuple(Vec<Ty>),
    Variant(Vec<(String, Option<Ty>)>),
    Enum(Vec<String>),
    Option(Box<Ty>),
    Result(Option<Box<Ty>>, Option<Box<Ty>>),
    Flags(Vec<String>),
    Own(u32),
    Borrow(u32),
}

/// A function type.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FuncTy {
    /// Parameter types.
    pub params: Vec<Ty>,
    /// The result type, if there is a result.
    pub result: Option<Ty>,
}

impl Ty {
    /// Types of the cases of a variant, option, result or enum.
    pub fn cases(&self) -> Option<Vec<Option<&Ty>>> {
        Some(match self {
            Ty::Variant(cases) => cases.iter().map(|(_, ty)| ty.as_ref()).collect(),
            Ty::Enum(names) => vec![None; names.len()],
            Ty::Option(ty) => vec![None, Some(ty)],
            Ty::Result(ok, err) => vec![ok.as_deref(), err.as_deref()],
            _ => return None,
        })
    }

    /// Types of the fields of a record, tuple or list of fixed length.
    pub fn fields(&self) -> Option<Vec<&Ty>> {
        Some(match self {
            Ty::Record(fields) => fields.iter().map(|(_, ty)| ty).collect(),
            Ty::Tuple(types) => types.iter().collect(),
            Ty::FixedList(ty, len) => vec![&**ty; *len as usize],
            _ => return None,
        })
    }

    /// Types of the elements of a list or map, as the fields of one element.
    pub fn element(&self) -> Option<Ty> {
        Some(match self {
            Ty::List(ty) => (**ty).clone(),
            Ty::Map(key, value) => Ty::Tuple(vec![(**key).clone(), (**value).clone()]),
            _ => return None,
        })
    }

    /// Whether the type mentions a resource.
    pub fn has_handle(&self) -> bool {
        match self {
            Ty::Own(_) | Ty::Borrow(_) => true,
            _ => {
                self.fields().is_some_and(|fields| fields.iter().any(|ty| ty.has_handle()))
                    || self.cases().is_some_and(|cases| cases.iter().flatten().any(|ty| ty.has_handle()))
                    || self.element().is_some_and(|ty| ty.has_handle())
            }
        }
    }

    /// The type of a component, with `resource` giving resources their numbers.
    pub fn of_component(ty: &Type, resource: &mut dyn FnMut(&ResourceType) -> u32) -> Result<Ty, String> {
        let mut of = |ty: &Type| Ty::of_component(ty, resource);
        Ok(match ty {
            Type::Bool => Ty::Bool,
            Type::S8 => Ty::S8,
            Type::U8 => Ty::U8,
            Type::S16 => Ty::S16,
            Type::U16 => Ty::U16,
            Type::S32 => Ty::S32,
            Type::U32 => Ty::U32,
            Type::S64 => Ty::S64,
            Type::U64 => Ty::U64,
            Type::Float32 => Ty::F32,
            Type::Float64 => Ty::F64,
            Type::Char => Ty::Char,
            Type::String => Ty::String,
            Type::List(list) => Ty::List(Box::new(of(&list.ty())?)),
            Type::FixedLengthList(list) => Ty::FixedList(Box::new(of(&list.ty())?), list.len()),
            Type::Map(map) => Ty::Map(Box::new(of(&map.key())?), Box::new(of(&map.value())?)),
            Type::Record(record) => {
                Ty::Record(record.fields().map(|f| Ok((f.name.to_owned(), of(&f.ty)?))).collect::<Result<_, String>>()?)
            }
            Type::Tuple(tuple) => Ty::Tuple(tuple.types().map(|ty| of(&ty)).collect::<Result<_, _>>()?),
            Type::Variant(variant) => Ty::Variant(
                variant
                    .cases()
                    .map(|case| Ok((case.name.to_owned(), case.ty.as_ref().map(&mut of).transpose()?)))
                    .collect::<Result<_, String>>()?,
            ),
            Type::Enum(names) => Ty::Enum(names.names().map(str::to_owned).collect()),
            Type::Option(option) => Ty::Option(Box::new(of(&option.ty())?)),
            Type::Result(result) => Ty::Result(
                result.ok().as_ref().map(&mut of).transpose()?.map(Box::new),
                result.err().as_ref().map(&mut of).transpose()?.map(Box::new),
            ),
            Type::Flags(flags) => Ty::Flags(flags.names().map(str::to_owned).collect()),
            Type::Own(ty) => Ty::Own(resource(ty)),
            Type::Borrow(ty) => Ty::Borrow(resource(ty)),
            Type::Future(_) | Type::Stream(_) | Type::ErrorContext => {
                return Err(format!("the oracle's host has no values of type {ty:?}"));
            }
        })
    }

    /// The type of a fused core module's interface. Resources are numbered by their ids.
    pub fn of_core(ty: ValType, types: &Types) -> Result<Ty, String> {
        let of = |ty: &ValType| Ty::of_core(*ty, types);
        let of_box = |ty: &ValType| Ty::of_core(*ty, types).map(Box::new);
        let id = match ty {
            ValType::Bool => return Ok(Ty::Bool),
            ValType::S8 => return Ok(Ty::S8),
            ValType::U8 => return Ok(Ty::U8),
            ValType::S16 => return Ok(Ty::S16),
            ValType::U16 => return Ok(Ty::U16),
            ValType::S32 => return Ok(Ty::S32),
            ValType::U32 => return Ok(Ty::U32),
            ValType::S64 => return Ok(Ty::S64),
            ValType::U64 => return Ok(Ty::U64),
            ValType::F32 => return Ok(Ty::F32),
            ValType::F64 => return Ok(Ty::F64),
            ValType::Char => return Ok(Ty::Char),
            ValType::String => return Ok(Ty::String),
            ValType::ErrorContext => return Err("the oracle's host has no error contexts".to_owned()),
            ValType::Def(id) => id,
        };
        Ok(match &types[id] {
            TypeDef::Record(fields) => {
                Ty::Record(fields.iter().map(|(name, ty)| Ok((name.clone(), of(ty)?))).collect::<Result<_, String>>()?)
            }
            TypeDef::Variant(cases) => Ty::Variant(
                cases
                    .iter()
                    .map(|(name, ty)| Ok((name.clone(), ty.as_ref().map(of).transpose()?)))
                    .collect::<Result<_, String>>()?,
            ),
            TypeDef::List(ty) => Ty::List(of_box(ty)?),
            TypeDef::FixedLengthList(ty, len) => Ty::FixedList(of_box(ty)?, *len),
            TypeDef::Map(key, value) => Ty::Map(of_box(key)?, of_box(value)?),
            TypeDef::Tuple(types) => Ty::Tuple(types.iter().map(of).collect::<Result<_, _>>()?),
            TypeDef::Flags(names) => Ty::Flags(names.clone()),
            TypeDef::Enum(names) => Ty::Enum(names.clone()),
            TypeDef::Option(ty) => Ty::Option(of_box(ty)?),
            TypeDef::Result { ok, err } => {
                Ty::Result(ok.as_ref().map(of_box).transpose()?, err.as_ref().map(of_box).transpose()?)
            }
            TypeDef::Own(resource) => Ty::Own(number(*resource)),
            TypeDef::Borrow(resource) => Ty::Borrow(number(*resource)),
            TypeDef::Stream(_) | TypeDef::Future(_) => return Err("the oracle's host has no streams".to_owned()),
        })
    }
}

/// The number that [`Ty::of_core`] gives a resource.
pub fn number(resource: meld_core::unstable::ids::ResourceId) -> u32 {
    u32::try_from(resource.index()).expect("an id is a u32 inside")
}

impl FuncTy {
    /// The function type of a component.
    pub fn of_component(
        ty: &types::ComponentFunc,
        resource: &mut dyn FnMut(&ResourceType) -> u32,
    ) -> Result<FuncTy, String> {
        let params = ty.params().map(|(_, ty)| Ty::of_component(&ty, resource)).collect::<Result<_, _>>()?;
        let result = ty.results().next().map(|ty| Ty::of_component(&ty, resource)).transpose()?;
        Ok(FuncTy { params, result })
    }

    /// The function type of a fused core module's interface.
    pub fn of_core(ty: &FuncType, types: &Types) -> Result<FuncTy, String> {
        let params = ty.params.iter().map(|(_, ty)| Ty::of_core(*ty, types)).collect::<Result<_, _>>()?;
        let result = ty.result.map(|ty| Ty::of_core(ty, types)).transpose()?;
        Ok(FuncTy { params, result })
    }
}
