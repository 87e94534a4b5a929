//! The interface of a forwarder that is a core module alone.

use super::{INTERFACE, Link};
use crate::ty::{FuncTy, Ty};
use meld_core::core_interface::{CoreExport, CoreImport, CoreInterface, CoreOptions, KnownName};
use meld_core::unstable::abi::types::{TypeDef, Types, ValType};
use meld_core::unstable::abi::{Abi, Pointer};
use meld_core::unstable::dfg::ImportPath;
use meld_core::unstable::ids::Id;
use meld_core::unstable::synth::HostImport;

/// The interface by which a host calls a [`super::core_forwarder`].
pub fn core_interface(funcs: &[FuncTy], link: &Link) -> CoreInterface {
    let mut interface = CoreInterface::default();
    for (i, func) in funcs.iter().enumerate() {
        let params = func.params.iter().map(|ty| ("p".to_owned(), intern(ty, &mut interface.types))).collect();
        let result = func.result.as_ref().map(|ty| intern(ty, &mut interface.types));
        let ty =
            interface.types.funcs.intern(meld_core::unstable::abi::types::FuncType { is_async: false, params, result });
        let options = |encoding, post_return| CoreOptions {
            memory: Some("memory".to_owned()),
            realloc: Some("realloc".to_owned()),
            post_return,
            ..CoreOptions::without_memory(encoding)
        };
        let import = CoreImport {
            module: "host".to_owned(),
            field: format!("f{i}"),
            params: Vec::new(),
            results: Vec::new(),
            path: Some(ImportPath { import: 0, exports: vec![format!("f{i}")] }),
            ty: Some(ty),
            options: options(link.imports, None),
            table: None,
            known: KnownName::Known,
            has_strings: Abi::new(&interface.types, Pointer::W32).has_strings(&interface.types[ty]),
            droppable: Vec::new(),
            passes_through: false,
        };
        interface.imports.insert(HostImport::Lower(Id::new(i), Id::new(0)), import);
        interface.exports.push(CoreExport {
            path: vec![INTERFACE.to_owned(), format!("f{i}")],
            field: format!("f{i}"),
            ty,
            options: options(link.exports, Some(format!("post{i}"))),
        });
    }
    interface
}

fn intern(ty: &Ty, types: &mut Types) -> ValType {
    let mut boxed = |ty: &Ty| intern(ty, types);
    let def = match ty {
        Ty::Bool => return ValType::Bool,
        Ty::S8 => return ValType::S8,
        Ty::U8 => return ValType::U8,
        Ty::S16 => return ValType::S16,
        Ty::U16 => return ValType::U16,
        Ty::S32 => return ValType::S32,
        Ty::U32 => return ValType::U32,
        Ty::S64 => return ValType::S64,
        Ty::U64 => return ValType::U64,
        Ty::F32 => return ValType::F32,
        Ty::F64 => return ValType::F64,
        Ty::Char => return ValType::Char,
        Ty::String => return ValType::String,
        Ty::List(ty) => TypeDef::List(boxed(ty)),
        Ty::FixedList(ty, len) => TypeDef::FixedLengthList(boxed(ty), *len),
        Ty::Map(key, value) => TypeDef::Map(boxed(key), boxed(value)),
        Ty::Record(fields) => TypeDef::Record(fields.iter().map(|(name, ty)| (name.clone(), boxed(ty))).collect()),
        Ty::Tuple(types) => TypeDef::Tuple(types.iter().map(boxed).collect()),
        Ty::Variant(cases) => {
            TypeDef::Variant(cases.iter().map(|(name, ty)| (name.clone(), ty.as_ref().map(&mut boxed))).collect())
        }
        Ty::Enum(names) => TypeDef::Enum(names.clone()),
        Ty::Option(ty) => TypeDef::Option(boxed(ty)),
        Ty::Result(ok, err) => {
            TypeDef::Result { ok: ok.as_deref().map(&mut boxed), err: err.as_deref().map(&mut boxed) }
        }
        Ty::Flags(names) => TypeDef::Flags(names.clone()),
        Ty::Own(_) | Ty::Borrow(_) => panic!("a core module alone has no resources"),
    };
    ValType::Def(types.defs.intern(def))
}
