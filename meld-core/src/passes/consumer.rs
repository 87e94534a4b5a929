//! What the program that reads the module needs, beyond that it is valid.
//!
//! In: the live module with its [`ConsumerNeeds`](crate::plan::ConsumerNeeds). Out: the same, in which [functions have one
//! result](one_result) and [few parameters](parameters), and [names differ](names), if that is needed. If nothing is needed, the pass
//! changes nothing. What is needed of the memory is done by [`crate::passes::layout`], and what is needed of the start by [`super::run`].

mod moves;
mod names;
mod one_result;
mod parameters;

pub(super) use moves::moves;

use crate::error::MergeError;
use crate::ids::{FuncId, GlobalId, Id};
use crate::module::call_graph::referenced;
use crate::module::reach::Marks;
use crate::module::{ExportItem, GlobalDef, MergedModule};
use indexmap::{IndexMap, IndexSet};
use wasm_encoder::ValType;

/// Meets the needs.
pub(super) fn meet(module: &mut MergedModule<'_>, marks: &mut Marks) -> Result<(), MergeError> {
    if module.needs.unique_names {
        names::imports(module, marks)?;
        names::exports(module, marks)?;
    }
    if !module.needs.one_result && module.needs.argument_words.is_none() {
        return Ok(());
    }
    let pinned = pinned(module, marks)?;
    let mut globals = PassedGlobals::default();
    if module.needs.one_result {
        one_result::split(module, marks, &pinned, &mut globals)?;
    }
    if let Some(words) = module.needs.argument_words {
        parameters::split(module, marks, &pinned, words, &mut globals);
    }
    module.evaluate_globals()?;
    moves::synthesized(module, marks);
    Ok(())
}

/// Functions whose type others know: those that are exported, and those of which references exist.
fn pinned(module: &MergedModule<'_>, marks: &Marks) -> Result<IndexSet<FuncId>, MergeError> {
    let mut pinned = referenced(module, marks)?;
    for export in module.exports.values() {
        if let ExportItem::Func(func) = export.item {
            pinned.insert(module.canonical(func));
        }
    }
    Ok(pinned)
}

/// One global for each position and type, which all functions have in common: a function reads what its caller has set before anything
/// else runs, and the caller what the function has set.
#[derive(Default)]
struct PassedGlobals(IndexMap<(usize, ValType), GlobalId>);

impl PassedGlobals {
    fn at(&mut self, position: usize, ty: ValType, module: &mut MergedModule<'_>, marks: &mut Marks) -> GlobalId {
        *self.0.entry((position, ty)).or_insert_with(|| {
            marks.globals.push(true);
            module.globals.push(GlobalDef::Passed(ty))
        })
    }
}

/// Gives a live function another type.
fn retype(module: &mut MergedModule<'_>, marks: &mut Marks, func: FuncId, params: &[ValType], results: &[ValType]) {
    let ty = module.types.func(params, results);
    marks.groups.resize(module.types.group_count(), false);
    marks.groups[module.types.group_of(ty).index()] = true;
    module.funcs[func].ty = ty;
}
