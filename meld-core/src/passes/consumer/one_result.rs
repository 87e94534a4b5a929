//! Functions with one result, for a translator that understands no others.
//!
//! In: the live module, if its [`ConsumerNeeds`](crate::plan::ConsumerNeeds) say so. Out: every defined function that had several results
//! returns the first and leaves the others in globals, which its caller reads right behind the call. Between the two nothing runs, so
//! a call inside of a call cannot overwrite them, and one global for each position and type serves all functions.
//!
//! [`mod@super::moves`] puts the moves into bodies. A function stays as it
//! is if a reference to it exists, because an indirect call expects its type; if it or a caller makes tail calls; or if it
//! branches to its own end with its results. No runtime module and no adapter does any of this; a guest may, and the translator then
//! says so itself.
//! Rejected: changes in the runtime's text alone, because adapters that move a large record have as many results as the record has
//! parts; and two results in an i64, which is a parameter or a result that some translators refuse as well.

use super::{PassedGlobals, retype};
use crate::error::MergeError;
use crate::ids::{FuncId, Id};
use crate::input::Body;
use crate::module::reach::Marks;
use crate::module::references::Use;
use crate::module::{Code, FuncDef, MergedModule, Op};
use indexmap::IndexSet;
use wasm_encoder::Instruction;
use wasmparser::Operator;

/// Gives every function one result, but those that are `pinned`.
pub(super) fn split(
    module: &mut MergedModule<'_>,
    marks: &mut Marks,
    pinned: &IndexSet<FuncId>,
    globals: &mut PassedGlobals,
) -> Result<(), MergeError> {
    let mut found: IndexSet<FuncId> = IndexSet::new();
    for (id, func) in module.funcs.iter() {
        let defined = matches!(func.def, FuncDef::Guest { .. } | FuncDef::Synth(_));
        let live = marks.funcs[id.index()] && module.canonical(id) == id && !pinned.contains(&id);
        if live && defined && module.types.numbers(func.ty).is_some_and(|ty| ty.results().len() > 1) {
            found.insert(id);
        }
    }
    let apart: IndexSet<FuncId> = apart(module, marks)?;
    found.retain(|func| !apart.contains(func));
    for func in found {
        let Some(ty) = module.types.numbers(module.funcs[func].ty).cloned() else { continue };
        let (first, rest) = ty.results().split_at(1);
        let rest = rest.iter().enumerate().map(|(position, ty)| globals.at(position, *ty, module, marks)).collect();
        retype(module, marks, func, ty.params(), first);
        module.in_globals.entry(func).or_default().results = rest;
    }
    Ok(())
}

/// Functions that must keep their type because of how they return.
fn apart(module: &MergedModule<'_>, marks: &Marks) -> Result<IndexSet<FuncId>, MergeError> {
    let mut apart: IndexSet<FuncId> = IndexSet::new();
    for func in module.funcs.ids().filter(|func| marks.funcs[func.index()]) {
        match &module.funcs[func].def {
            FuncDef::Guest { origin, .. } => {
                let parsed = module.module_of(origin.scope);
                if !is_plain(&parsed.bodies[origin.index as usize])? {
                    apart.insert(func);
                    module.uses(func, |used| {
                        if let Use::Func(callee) = used {
                            apart.insert(callee);
                        }
                        Ok(())
                    })?;
                }
            }
            FuncDef::Synth(synth) => {
                if !is_plain_code(&synth.code) {
                    apart.insert(func);
                }
            }
            FuncDef::Import(_) | FuncDef::Trap(_) | FuncDef::Init => {}
        }
    }
    Ok(apart)
}

/// Whether a body leaves by `return` or at its end alone, and makes no tail call.
fn is_plain(body: &Body<'_>) -> Result<bool, MergeError> {
    let mut depth = 0u32;
    for operator in body.operators() {
        let to_the_end = match operator? {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } | Operator::TryTable { .. } => {
                depth += 1;
                false
            }
            Operator::End => {
                depth = depth.saturating_sub(1);
                false
            }
            Operator::Br { relative_depth: to }
            | Operator::BrIf { relative_depth: to }
            | Operator::BrOnNull { relative_depth: to }
            | Operator::BrOnNonNull { relative_depth: to }
            | Operator::BrOnCast { relative_depth: to, .. }
            | Operator::BrOnCastFail { relative_depth: to, .. } => to >= depth,
            Operator::BrTable { targets } => {
                let mut all = targets.targets().chain([Ok(targets.default())]);
                all.try_fold(false, |found, to| to.map(|to| found || to >= depth))?
            }
            Operator::ReturnCall { .. }
            | Operator::ReturnCallIndirect { .. }
            | Operator::ReturnCallRef { .. }
            | Operator::Try { .. } => true,
            _ => false,
        };
        if to_the_end {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The same, of a synthesized body.
fn is_plain_code(code: &Code) -> bool {
    let mut depth = 0u32;
    code.ops.iter().all(|op| {
        let Op::Plain(instruction) = op else { return true };
        match instruction {
            Instruction::Block(_) | Instruction::Loop(_) | Instruction::If(_) | Instruction::TryTable(..) => depth += 1,
            Instruction::End => depth = depth.saturating_sub(1),
            Instruction::Br(to) | Instruction::BrIf(to) => return *to < depth,
            Instruction::BrTable(targets, default) => {
                return targets.iter().chain([default]).all(|to| *to < depth);
            }
            Instruction::ReturnCall(_) | Instruction::ReturnCallIndirect { .. } | Instruction::ReturnCallRef(_) => {
                return false;
            }
            _ => {}
        }
        true
    })
}
