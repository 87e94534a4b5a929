//! The functions of the core module, with their sizes.
//!
//! In: the live module, and the module that was emitted of it. Out: a [`FunctionReport`] for each body of its code section. The emitter
//! writes the bodies in the order of their ids, and leaves out what is imported, not live, or folded into an equal function.

use super::{FunctionKind, FunctionReport};
use crate::emit::Emitted;
use crate::ids::{FuncId, Id};
use crate::module::{FuncDef, Live, ModuleKey};
use wasmparser::{Parser, Payload};

/// The functions that `emitted` defines.
pub(super) fn functions(live: &Live<'_>, emitted: &Emitted) -> Vec<FunctionReport> {
    let function = |(id, bytes): (FuncId, usize)| {
        let (kind, instance) = origin(live, id);
        FunctionReport { name: live.module.func_name(id).to_string(), kind, instance, bytes }
    };
    written(live).zip(body_sizes(&emitted.bytes)).map(function).collect()
}

/// Functions that have a body in the output, in its order.
pub(crate) fn written(live: &Live<'_>) -> impl Iterator<Item = FuncId> {
    let module = &live.module;
    let is_written = |id: &FuncId| {
        live.marks.funcs[id.index()]
            && module.canonical(*id) == *id
            && !matches!(module.funcs[*id].def, FuncDef::Import(_))
    };
    module.funcs.ids().filter(is_written)
}

/// Where a function comes from: of what kind it is, and the path of its core instance if it is of the input.
pub(crate) fn origin(live: &Live<'_>, func: FuncId) -> (FunctionKind, Option<String>) {
    match (live.module.origin(func), &live.module.funcs[func].def) {
        (Some(origin), _) => {
            let scope = &live.module.scopes[origin.scope];
            match scope.module {
                ModuleKey::Input(_) => (FunctionKind::Guest, Some(scope.path.clone())),
                ModuleKey::Runtime(_) => (FunctionKind::Runtime, None),
            }
        }
        (None, FuncDef::Synth(_)) => (FunctionKind::Adapter, None),
        (None, _) => (FunctionKind::Support, None),
    }
}

/// Sizes of the bodies of a valid module, in bytes.
pub(super) fn body_sizes(module: &[u8]) -> impl Iterator<Item = usize> + use<'_> {
    Parser::new(0).parse_all(module).filter_map(|payload| match payload {
        Ok(Payload::CodeSectionEntry(body)) => Some((body.range().end - body.range().start) as usize),
        _ => None,
    })
}
