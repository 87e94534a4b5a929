//! What a module that was fused before does to check `may_leave` by itself.
//!
//! In: bodies. Out: whether a function clears a flag for the one call that it makes, whether a function traps where a flag is
//! clear before it does anything else, and whether a function writes a flag. The shapes are those that [`crate::adapter`] writes; whatever looks
//! otherwise is none of them, and is followed as any function is. Nothing rests on a name: a function that looks like that does that,
//! for code of every compiler.

use crate::dfg::{ComponentDfg, CoreItem, CoreKind};
use crate::ids::CoreInstanceId;
use crate::input::{CoreModule, ModuleExport, Use};
use wasmparser::{BinaryReader, FunctionBody, Operator};

/// Longer bodies are not looked at: the functions that are meant have a few instructions for each parameter.
const MAX_BYTES: usize = 256;

/// The flag, a global of the module, that is 0 while the function makes its one call, and the index of the callee. The flag is a
/// private global: only the module's own code writes it.
pub(super) fn clears(module: &CoreModule<'_>, body: &[u8]) -> Option<(u32, u32)> {
    if body.len() > MAX_BYTES {
        return None;
    }
    let (mut flags, mut constant, mut callee) = (Vec::new(), None, None);
    for op in FunctionBody::new(BinaryReader::new(body, 0)).get_operators_reader().ok()? {
        let op = op.ok()?;
        let before = constant.take();
        match op {
            Operator::I32Const { value } => constant = Some(value),
            Operator::GlobalSet { global_index } if callee.is_none() => {
                flags.retain(|flag| *flag != global_index);
                if before == Some(0) {
                    flags.push(global_index);
                }
            }
            Operator::Call { function_index } if callee.is_none() => callee = Some(function_index),
            Operator::GlobalSet { .. }
            | Operator::GlobalGet { .. }
            | Operator::LocalGet { .. }
            | Operator::LocalSet { .. }
            | Operator::LocalTee { .. }
            | Operator::End => {}
            _ => return None,
        }
    }
    // Of several, context slots among them, the one that was cleared last: what is called looks at no other.
    let flag = flags.into_iter().rev().find(|flag| is_private(module, *flag))?;
    Some((flag, callee?))
}

/// Whether a global is one of the module, and no other module's code can write it.
fn is_private(module: &CoreModule<'_>, global: u32) -> bool {
    let exported = |export: &ModuleExport| export.kind == CoreKind::Global && export.index == global;
    global >= module.imported.globals && !module.exports.values().any(exported)
}

/// Where a body begins with a trap if `flag` is 0: the function that it calls to say why.
pub(super) fn guard(body: &[u8], flag: u32) -> Option<u32> {
    let mut ops = FunctionBody::new(BinaryReader::new(body, 0)).get_operators_reader().ok()?;
    let mut next = || ops.read().ok();
    let Operator::GlobalGet { global_index } = next()? else { return None };
    let (Operator::I32Eqz, Operator::If { .. }) = (next()?, next()?) else { return None };
    let Operator::Call { function_index } = next()? else { return None };
    let Operator::Unreachable = next()? else { return None };
    (global_index == flag).then_some(function_index)
}

/// Whether a function may write the flag: it mentions it, and does not only look at it.
pub(super) fn writes(dfg: &ComponentDfg<'_>, item: CoreItem, (instance, flag): (CoreInstanceId, u32)) -> bool {
    if item.instance != instance {
        // The flag is private to its module.
        return false;
    }
    let module = &dfg.modules[dfg.core_instances[instance].module];
    let Some(position) = item.index.checked_sub(module.imported.funcs) else { return false };
    let body = &module.bodies[position as usize];
    if !module.mentions(body).any(|mention| matches!(mention, Use::Global(index) if index == flag)) {
        return false;
    }
    let Ok(ops) = FunctionBody::new(BinaryReader::new(body.bytes, 0)).get_operators_reader() else { return true };
    ops.into_iter().any(|op| match op {
        Ok(Operator::GlobalGet { .. }) => false,
        Ok(Operator::GlobalSet { global_index }) => global_index == flag,
        Ok(op) => mentions_global(&op, flag),
        Err(_) => true,
    })
}

/// Whether any other instruction is on that global: an atomic one.
fn mentions_global(op: &Operator<'_>, flag: u32) -> bool {
    match op {
        Operator::GlobalAtomicSet { global_index, .. }
        | Operator::GlobalAtomicRmwAdd { global_index, .. }
        | Operator::GlobalAtomicRmwSub { global_index, .. }
        | Operator::GlobalAtomicRmwAnd { global_index, .. }
        | Operator::GlobalAtomicRmwOr { global_index, .. }
        | Operator::GlobalAtomicRmwXor { global_index, .. }
        | Operator::GlobalAtomicRmwXchg { global_index, .. }
        | Operator::GlobalAtomicRmwCmpxchg { global_index, .. } => *global_index == flag,
        _ => false,
    }
}
