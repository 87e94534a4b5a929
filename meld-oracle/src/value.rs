//! Values as the oracle sees them, by position and not by name.
//!
//! In: wasmtime's `Val`, or core values and memory through [`crate::core_host`]. Out: [`Value`], which compares
//! floats by their bits but for NaNs, of which the canonical ABI keeps nothing but that they are NaNs.
//! Rejected: `Val` itself as the common type (its handles are bound to a store, and a core host has none).

use crate::ty::Ty;
use wasmtime::component::{ResourceAny, Val};

/// A value.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each is the type of the same name")]
pub enum Value {
    Bool(bool),
    S8(i8),
    U8(u8),
    S16(i16),
    U16(u16),
    S32(i32),
    U32(u32),
    S64(i64),
    U64(u64),
    F32(f32),
    F64(f64),
    Char(char),
    String(String),
    /// A list; a map as the list of its pairs.
    List(Vec<Value>),
    /// A record, tuple, list of fixed length, or one pair of a map.
    Record(Vec<Value>),
    /// A variant, enum, option or result: the case, and its payload.
    Variant(usize, Option<Box<Value>>),
    /// One bool per label.
    Flags(Vec<bool>),
    /// A handle, as the host's number for the resource.
    Handle(u32),
}

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::F32(a), Value::F32(b)) => a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()),
            (Value::F64(a), Value::F64(b)) => a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()),
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::S8(a), Value::S8(b)) => a == b,
            (Value::U8(a), Value::U8(b)) => a == b,
            (Value::S16(a), Value::S16(b)) => a == b,
            (Value::U16(a), Value::U16(b)) => a == b,
            (Value::S32(a), Value::S32(b)) => a == b,
            (Value::U32(a), Value::U32(b)) => a == b,
            (Value::S64(a), Value::S64(b)) => a == b,
            (Value::U64(a), Value::U64(b)) => a == b,
            (Value::Char(a), Value::Char(b)) => a == b,
            (Value::String(a), Value::String(b)) => a == b,
            (Value::List(a), Value::List(b)) | (Value::Record(a), Value::Record(b)) => a == b,
            (Value::Variant(a, p), Value::Variant(b, q)) => a == b && p == q,
            (Value::Flags(a), Value::Flags(b)) => a == b,
            (Value::Handle(a), Value::Handle(b)) => a == b,
            _ => false,
        }
    }
}

/// What turns a host's numbers into handles of a store and back.
pub trait Handles {
    /// The handle that is passed for `id`; `own` or a borrow of resource `resource`.
    fn to_any(&mut self, id: u32, resource: u32, own: bool) -> wasmtime::Result<ResourceAny>;
    /// The number of a handle that came in.
    fn of_any(&mut self, any: ResourceAny, resource: u32, own: bool) -> wasmtime::Result<u32>;
}

impl Value {
    /// The value for wasmtime. Panics where `self` is not of type `ty`: the oracle makes its values by type.
    pub fn to_val(&self, ty: &Ty, handles: &mut dyn Handles) -> wasmtime::Result<Val> {
        let mut boxed = |value: &Option<Box<Value>>, ty: Option<&Ty>| -> wasmtime::Result<Option<Box<Val>>> {
            match (value, ty) {
                (Some(value), Some(ty)) => Ok(Some(Box::new(value.to_val(ty, handles)?))),
                _ => Ok(None),
            }
        };
        Ok(match (self, ty) {
            (Value::Bool(v), _) => Val::Bool(*v),
            (Value::S8(v), _) => Val::S8(*v),
            (Value::U8(v), _) => Val::U8(*v),
            (Value::S16(v), _) => Val::S16(*v),
            (Value::U16(v), _) => Val::U16(*v),
            (Value::S32(v), _) => Val::S32(*v),
            (Value::U32(v), _) => Val::U32(*v),
            (Value::S64(v), _) => Val::S64(*v),
            (Value::U64(v), _) => Val::U64(*v),
            (Value::F32(v), _) => Val::Float32(*v),
            (Value::F64(v), _) => Val::Float64(*v),
            (Value::Char(v), _) => Val::Char(*v),
            (Value::String(v), _) => Val::String(v.clone()),
            (Value::List(items), Ty::List(ty)) => {
                Val::List(items.iter().map(|item| item.to_val(ty, handles)).collect::<Result<_, _>>()?)
            }
            (Value::List(pairs), Ty::Map(key, value)) => {
                let mut map = Vec::new();
                for pair in pairs {
                    let Value::Record(pair) = pair else { panic!("a map holds pairs, not {pair:?}") };
                    map.push((pair[0].to_val(key, handles)?, pair[1].to_val(value, handles)?));
                }
                Val::Map(map)
            }
            (Value::Record(items), Ty::Record(fields)) => {
                let mut record = Vec::new();
                for (item, (name, ty)) in items.iter().zip(fields) {
                    record.push((name.clone(), item.to_val(ty, handles)?));
                }
                Val::Record(record)
            }
            (Value::Record(items), Ty::Tuple(_) | Ty::FixedList(..)) => {
                let types = ty.fields().expect("tuples have fields");
                let items = items.iter().zip(types).map(|(item, ty)| item.to_val(ty, handles));
                let items = items.collect::<Result<_, _>>()?;
                if let Ty::Tuple(_) = ty { Val::Tuple(items) } else { Val::FixedLengthList(items) }
            }
            (Value::Variant(case, payload), Ty::Variant(cases)) => {
                let (name, ty) = &cases[*case];
                Val::Variant(name.clone(), boxed(payload, ty.as_ref())?)
            }
            (Value::Variant(case, _), Ty::Enum(names)) => Val::Enum(names[*case].clone()),
            (Value::Variant(_, payload), Ty::Option(ty)) => Val::Option(boxed(payload, Some(ty))?),
            (Value::Variant(0, payload), Ty::Result(ok, _)) => Val::Result(Ok(boxed(payload, ok.as_deref())?)),
            (Value::Variant(_, payload), Ty::Result(_, err)) => Val::Result(Err(boxed(payload, err.as_deref())?)),
            (Value::Flags(set), Ty::Flags(names)) => {
                Val::Flags(names.iter().zip(set).filter(|(_, set)| **set).map(|(name, _)| name.clone()).collect())
            }
            (Value::Handle(id), Ty::Own(resource)) => Val::Resource(handles.to_any(*id, *resource, true)?),
            (Value::Handle(id), Ty::Borrow(resource)) => Val::Resource(handles.to_any(*id, *resource, false)?),
            _ => panic!("{self:?} is not of type {ty:?}"),
        })
    }

    /// The value of wasmtime's `val`, which is of type `ty`.
    pub fn of_val(val: &Val, ty: &Ty, handles: &mut dyn Handles) -> wasmtime::Result<Value> {
        let mut boxed = |val: &Option<Box<Val>>, ty: Option<&Ty>| -> wasmtime::Result<Option<Box<Value>>> {
            match (val, ty) {
                (Some(val), Some(ty)) => Ok(Some(Box::new(Value::of_val(val, ty, handles)?))),
                _ => Ok(None),
            }
        };
        Ok(match (val, ty) {
            (Val::Bool(v), _) => Value::Bool(*v),
            (Val::S8(v), _) => Value::S8(*v),
            (Val::U8(v), _) => Value::U8(*v),
            (Val::S16(v), _) => Value::S16(*v),
            (Val::U16(v), _) => Value::U16(*v),
            (Val::S32(v), _) => Value::S32(*v),
            (Val::U32(v), _) => Value::U32(*v),
            (Val::S64(v), _) => Value::S64(*v),
            (Val::U64(v), _) => Value::U64(*v),
            (Val::Float32(v), _) => Value::F32(*v),
            (Val::Float64(v), _) => Value::F64(*v),
            (Val::Char(v), _) => Value::Char(*v),
            (Val::String(v), _) => Value::String(v.clone()),
            (Val::List(items), Ty::List(ty)) => {
                Value::List(items.iter().map(|item| Value::of_val(item, ty, handles)).collect::<Result<_, _>>()?)
            }
            (Val::Map(pairs), Ty::Map(key_ty, value_ty)) => {
                let mut list = Vec::new();
                for (key, value) in pairs {
                    let key = Value::of_val(key, key_ty, handles)?;
                    list.push(Value::Record(vec![key, Value::of_val(value, value_ty, handles)?]));
                }
                Value::List(list)
            }
            (Val::Record(items), Ty::Record(fields)) => {
                let items = items.iter().zip(fields).map(|((_, item), (_, ty))| Value::of_val(item, ty, handles));
                Value::Record(items.collect::<Result<_, _>>()?)
            }
            (Val::Tuple(items) | Val::FixedLengthList(items), Ty::Tuple(_) | Ty::FixedList(..)) => {
                let types = ty.fields().expect("tuples have fields");
                let items = items.iter().zip(types).map(|(item, ty)| Value::of_val(item, ty, handles));
                Value::Record(items.collect::<Result<_, _>>()?)
            }
            (Val::Variant(name, payload), Ty::Variant(cases)) => {
                let case = cases.iter().position(|(case, _)| case == name).expect("wasmtime names a case of the type");
                Value::Variant(case, boxed(payload, cases[case].1.as_ref())?)
            }
            (Val::Enum(name), Ty::Enum(names)) => {
                Value::Variant(names.iter().position(|n| n == name).expect("wasmtime names a case of the type"), None)
            }
            (Val::Option(payload), Ty::Option(ty)) => {
                Value::Variant(usize::from(payload.is_some()), boxed(payload, Some(ty))?)
            }
            (Val::Result(Ok(payload)), Ty::Result(ok, _)) => Value::Variant(0, boxed(payload, ok.as_deref())?),
            (Val::Result(Err(payload)), Ty::Result(_, err)) => Value::Variant(1, boxed(payload, err.as_deref())?),
            (Val::Flags(set), Ty::Flags(names)) => Value::Flags(names.iter().map(|name| set.contains(name)).collect()),
            (Val::Resource(any), Ty::Own(resource)) => Value::Handle(handles.of_any(*any, *resource, true)?),
            (Val::Resource(any), Ty::Borrow(resource)) => Value::Handle(handles.of_any(*any, *resource, false)?),
            _ => panic!("wasmtime gave {val:?} for a value of type {ty:?}"),
        })
    }
}
