//! Core signatures of component functions, from the validator's types (`CanonicalABI.md`, "Flattening").
//! A second implementation on purpose: the one of the fuser works on other types.

use wasm_encoder::ValType;
use wasmparser::PrimitiveValType;
use wasmparser::component_types::{ComponentDefinedType, ComponentFuncTypeId, ComponentValType};
use wasmparser::types::TypesRef;

/// A core signature, and whether memory is needed.
pub(crate) struct Signature {
    pub(crate) params: Vec<ValType>,
    pub(crate) results: Vec<ValType>,
    pub(crate) memory: bool,
}

/// The signature of a lowered function, or else of one to be lifted.
pub(crate) fn signature(types: TypesRef<'_>, id: ComponentFuncTypeId, lowered: bool) -> Signature {
    let ty = &types[id];
    let (mut params, mut results, mut memory) = (Vec::new(), Vec::new(), false);
    for (_, ty) in &ty.params {
        memory |= flatten(types, *ty, &mut params);
    }
    if params.len() > 16 {
        (params, memory) = (vec![ValType::I32], true);
    }
    if let Some(ty) = ty.result {
        memory |= flatten(types, ty, &mut results);
    }
    if results.len() > 1 {
        memory = true;
        results = if lowered {
            params.push(ValType::I32);
            Vec::new()
        } else {
            vec![ValType::I32]
        };
    }
    Signature { params, results, memory }
}

fn flatten(types: TypesRef<'_>, ty: ComponentValType, flat: &mut Vec<ValType>) -> bool {
    match ty {
        ComponentValType::Primitive(ty) => primitive(ty, flat),
        ComponentValType::Type(id) => match &types[id] {
            ComponentDefinedType::Primitive(ty) => primitive(*ty, flat),
            ComponentDefinedType::Record(ty) => all(types, ty.fields.values().copied(), flat),
            ComponentDefinedType::Tuple(ty) => all(types, ty.types.iter().copied(), flat),
            ComponentDefinedType::FixedLengthList { element, length, .. } => {
                all(types, (0..*length).map(|_| *element), flat)
            }
            ComponentDefinedType::List { .. } | ComponentDefinedType::Map { .. } => {
                flat.extend([ValType::I32, ValType::I32]);
                true
            }
            ComponentDefinedType::Variant(ty) => sum(types, ty.cases.values().map(|case| case.ty), flat),
            ComponentDefinedType::Option { ty, .. } => sum(types, [None, Some(*ty)], flat),
            ComponentDefinedType::Result { ok, err, .. } => sum(types, [*ok, *err], flat),
            ComponentDefinedType::Flags(_)
            | ComponentDefinedType::Enum(_)
            | ComponentDefinedType::Own(_)
            | ComponentDefinedType::Borrow(_)
            | ComponentDefinedType::Future { .. }
            | ComponentDefinedType::Stream { .. } => {
                flat.push(ValType::I32);
                false
            }
        },
    }
}

fn primitive(ty: PrimitiveValType, flat: &mut Vec<ValType>) -> bool {
    match ty {
        PrimitiveValType::S64 | PrimitiveValType::U64 => flat.push(ValType::I64),
        PrimitiveValType::F32 => flat.push(ValType::F32),
        PrimitiveValType::F64 => flat.push(ValType::F64),
        PrimitiveValType::String => flat.extend([ValType::I32, ValType::I32]),
        _ => flat.push(ValType::I32),
    }
    ty == PrimitiveValType::String
}

fn all(types: TypesRef<'_>, tys: impl IntoIterator<Item = ComponentValType>, flat: &mut Vec<ValType>) -> bool {
    tys.into_iter().fold(false, |memory, ty| flatten(types, ty, flat) | memory)
}

fn sum(
    types: TypesRef<'_>,
    cases: impl IntoIterator<Item = Option<ComponentValType>>,
    flat: &mut Vec<ValType>,
) -> bool {
    let (mut joined, mut memory): (Vec<ValType>, bool) = (Vec::new(), false);
    for ty in cases.into_iter().flatten() {
        let mut case = Vec::new();
        memory |= flatten(types, ty, &mut case);
        for (position, ty) in case.into_iter().enumerate() {
            match joined.get_mut(position) {
                None => joined.push(ty),
                Some(known) if *known == ty => {}
                Some(known) if matches!((*known, ty), (ValType::I32, ValType::F32) | (ValType::F32, ValType::I32)) => {
                    *known = ValType::I32;
                }
                Some(known) => *known = ValType::I64,
            }
        }
    }
    flat.push(ValType::I32);
    flat.extend(joined);
    memory
}
