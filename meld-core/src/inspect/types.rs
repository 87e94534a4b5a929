//! Component types in JSON.
//!
//! In: evaluated types, or those of the binary. Out: an object for a defined type or a function type. A type inside it is a
//! string: the name of a primitive type or an id; in the binary's own types, a number is an index of its component.

use super::values::id;
use crate::abi::types::{FuncType, TypeDef, ValType};
use serde_json::{Value, json};
use wasmparser::{ComponentDefinedType, ComponentType, ComponentValType};

/// A value type.
pub(super) fn val_type(ty: &ValType) -> Value {
    Value::String(match ty {
        ValType::Bool => "bool".into(),
        ValType::S8 => "s8".into(),
        ValType::U8 => "u8".into(),
        ValType::S16 => "s16".into(),
        ValType::U16 => "u16".into(),
        ValType::S32 => "s32".into(),
        ValType::U32 => "u32".into(),
        ValType::S64 => "s64".into(),
        ValType::U64 => "u64".into(),
        ValType::F32 => "f32".into(),
        ValType::F64 => "f64".into(),
        ValType::Char => "char".into(),
        ValType::String => "string".into(),
        ValType::ErrorContext => "error-context".into(),
        ValType::Def(ty) => ty.to_string(),
    })
}

/// A function type.
pub(super) fn func_type(ty: &FuncType) -> Value {
    let params: Value = ty.params.iter().map(|(name, ty)| json!({ "name": name, "type": val_type(ty) })).collect();
    json!({ "async": ty.is_async, "params": params, "result": ty.result.as_ref().map(val_type) })
}

/// A defined type.
pub(super) fn type_def(ty: &TypeDef) -> Value {
    let optional = |ty: &Option<ValType>| ty.as_ref().map(val_type);
    match ty {
        TypeDef::Record(fields) => record(fields.iter().map(|(name, ty)| (name.as_str(), val_type(ty)))),
        TypeDef::Variant(cases) => variant(cases.iter().map(|(name, ty)| (name.as_str(), optional(ty)))),
        TypeDef::List(ty) => json!({ "kind": "list", "element": val_type(ty) }),
        TypeDef::FixedLengthList(ty, length) => {
            json!({ "kind": "fixed-length-list", "element": val_type(ty), "length": length })
        }
        TypeDef::Map(key, value) => json!({ "kind": "map", "key": val_type(key), "value": val_type(value) }),
        TypeDef::Tuple(types) => {
            json!({ "kind": "tuple", "elements": types.iter().map(val_type).collect::<Value>() })
        }
        TypeDef::Flags(names) => json!({ "kind": "flags", "labels": names }),
        TypeDef::Enum(names) => json!({ "kind": "enum", "labels": names }),
        TypeDef::Option(ty) => json!({ "kind": "option", "element": val_type(ty) }),
        TypeDef::Result { ok, err } => json!({ "kind": "result", "ok": optional(ok), "error": optional(err) }),
        TypeDef::Own(resource) => json!({ "kind": "own", "resource": id(resource) }),
        TypeDef::Borrow(resource) => json!({ "kind": "borrow", "resource": id(resource) }),
        TypeDef::Stream(ty) => json!({ "kind": "stream", "element": optional(ty) }),
        TypeDef::Future(ty) => json!({ "kind": "future", "element": optional(ty) }),
    }
}

fn record<'a>(fields: impl Iterator<Item = (&'a str, Value)>) -> Value {
    let fields: Value = fields.map(|(name, ty)| json!({ "name": name, "type": ty })).collect();
    json!({ "kind": "record", "fields": fields })
}

fn variant<'a>(cases: impl Iterator<Item = (&'a str, Option<Value>)>) -> Value {
    let cases: Value = cases.map(|(name, ty)| json!({ "name": name, "type": ty })).collect();
    json!({ "kind": "variant", "cases": cases })
}

/// A value type in the binary: a name, or an index.
pub(super) fn raw_val_type(ty: &ComponentValType) -> Value {
    match ty {
        ComponentValType::Primitive(ty) => Value::String(ty.to_string()),
        ComponentValType::Type(index) => json!(index),
    }
}

/// A type definition in the binary.
pub(super) fn raw_type(ty: &ComponentType<'_>) -> Value {
    match ty {
        ComponentType::Defined(ty) => raw_defined(ty),
        ComponentType::Func(ty) => {
            let params: Value =
                ty.params.iter().map(|(name, ty)| json!({ "name": name, "type": raw_val_type(ty) })).collect();
            json!({
                "kind": "func",
                "async": ty.async_,
                "params": params,
                "result": ty.result.as_ref().map(raw_val_type),
            })
        }
        ComponentType::Component(decls) => json!({ "kind": "component", "declarations": decls.len() }),
        ComponentType::Instance(decls) => json!({ "kind": "instance", "declarations": decls.len() }),
        ComponentType::Resource { rep, dtor } => {
            json!({ "kind": "resource", "representation": rep.to_string(), "destructor": dtor })
        }
    }
}

fn raw_defined(ty: &ComponentDefinedType<'_>) -> Value {
    let optional = |ty: &Option<ComponentValType>| ty.as_ref().map(raw_val_type);
    match ty {
        ComponentDefinedType::Primitive(ty) => json!({ "kind": "primitive", "type": ty.to_string() }),
        ComponentDefinedType::Record(fields) => record(fields.iter().map(|(name, ty)| (*name, raw_val_type(ty)))),
        ComponentDefinedType::Variant(cases) => variant(cases.iter().map(|case| (case.name, optional(&case.ty)))),
        ComponentDefinedType::List(ty) => json!({ "kind": "list", "element": raw_val_type(ty) }),
        ComponentDefinedType::FixedLengthList(ty, length) => {
            json!({ "kind": "fixed-length-list", "element": raw_val_type(ty), "length": length })
        }
        ComponentDefinedType::Map(key, value) => {
            json!({ "kind": "map", "key": raw_val_type(key), "value": raw_val_type(value) })
        }
        ComponentDefinedType::Tuple(types) => {
            json!({ "kind": "tuple", "elements": types.iter().map(raw_val_type).collect::<Value>() })
        }
        ComponentDefinedType::Flags(names) => json!({ "kind": "flags", "labels": &**names }),
        ComponentDefinedType::Enum(names) => json!({ "kind": "enum", "labels": &**names }),
        ComponentDefinedType::Option(ty) => json!({ "kind": "option", "element": raw_val_type(ty) }),
        ComponentDefinedType::Result { ok, err } => {
            json!({ "kind": "result", "ok": optional(ok), "error": optional(err) })
        }
        ComponentDefinedType::Own(index) => json!({ "kind": "own", "resource": index }),
        ComponentDefinedType::Borrow(index) => json!({ "kind": "borrow", "resource": index }),
        ComponentDefinedType::Stream(ty) => json!({ "kind": "stream", "element": optional(ty) }),
        ComponentDefinedType::Future(ty) => json!({ "kind": "future", "element": optional(ty) }),
    }
}
