//! Stage 7: only what is live.
//!
//! In: a [`MergedModule`]. Out: [`Live`]: the same entities, and which of them are reachable from the
//! outside: from the exports, from what runs at start, from segments that could trap, and from allocations that could
//! fail ([`allocation`](crate::merger::allocation)). A table or a memory that no live code mentions goes with its
//! segments: what nobody reads need not be written.
//! Before that, calls through constant tables become direct ([`devirtualize`]) and functions that only
//! forward disappear ([`forward`]); after it, imports that the host cannot tell apart become one ([`imports`]), and so
//! do equal functions ([`fold`]).
//! Windows of one memory get their places here, because only live ones need any, and guests their one stack, because how
//! deep it gets is a question of who calls whom.
//! Afterwards nothing is added; [`crate::emit`] numbers what is marked.

mod devirtualize;
mod fold;
mod forward;
mod imports;
mod size;

use crate::error::MergeError;
use crate::ids::{Id, ScopeId};
use crate::memory::{Layout, growth, layout, pack, stack};
use crate::merger::allocation::Store;
use crate::merger::reach::{Marks, Reach};
use crate::merger::uses::Use;
use crate::merger::{ExportItem, FuncDef, InitStep, MergedModule, ModuleKey};
use std::cmp::Reverse;

/// A merged module and what of it is live.
pub struct Live<'d> {
    /// The module.
    pub module: MergedModule<'d>,
    pub(crate) marks: Marks,
    /// Whether init must be called from outside, because it could reach an import whose host needs the instance.
    pub(crate) init_from_outside: bool,
    /// Where the windows of the one memory are, where there is one.
    pub layout: Option<Layout>,
    /// What was left out.
    pub report: GcReport,
}

/// What liveness left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GcReport {
    /// Functions that nothing reaches.
    pub dropped_functions: usize,
    /// Functions in whose stead an equal one, or the one that they only forward to, is called.
    pub folded_functions: usize,
    /// Tables that are gone because every call through them became direct.
    pub devirtualized_tables: usize,
}

/// Finds what is live.
pub fn gc(mut module: MergedModule<'_>) -> Result<Live<'_>, MergeError> {
    // What only dead code does to a table does not count, and nor does dead code forward anything.
    let before = liveness(&module)?;
    let rewritten = devirtualize::devirtualize(&mut module, &before)?;
    let forwarded = forward::forward(&mut module, &before)?;
    let tables_before = before.tables.clone();
    let mut marks = if rewritten || forwarded > 0 { liveness(&module)? } else { before };
    refuse_unsupported(&module, &marks)?;
    pack::refuse_contradicted(&module, &marks)?;
    growth::refuse_unbounded(&module, &marks)?;
    imports::unite(&mut module, &mut marks)?;
    // A step of init is live if what it writes is; calls always are.
    module.init.retain(|step| match *step {
        InitStep::Elem(elem) => marks.elems[elem.index()],
        InitStep::Data(data) => marks.datas[data.index()],
        InitStep::Call(_) => true,
    });
    module.init_func = match (module.init.as_slice(), module.init_func) {
        // One start function and nothing before it is its own init.
        (&[InitStep::Call(func)], _) => Some(module.canonical(func)),
        ([], _) => None,
        (_, init) => init,
    };
    if let Some(init) = module.init_func {
        marks.funcs[init.index()] = true;
        // The start functions that it calls may have another type with the same signature.
        marks.groups[module.types.group_of(module.funcs[init].ty).index()] = true;
    }
    let init_from_outside = module.init_needs_instance()?;
    let defined = module.funcs.values().filter(|func| !matches!(func.def, FuncDef::Import(_))).count();
    let live = |(id, func): &(crate::ids::FuncId, &crate::merger::Func)| {
        marks.funcs[id.index()] && !matches!(func.def, FuncDef::Import(_))
    };
    let live = module.funcs.iter().filter(live).count();
    let folded_functions = forwarded + fold::fold(&mut module, &mut marks)?;
    size::check(&module, &marks)?;
    // What is called is known now, and in whose stead: so is how deep a stack gets.
    module.stack = stack::share(&module, &mut marks)?;
    let layout = layout::place(&module, &marks)?;
    let gone = |(before, after): &(&bool, &bool)| **before && !**after;
    let report = GcReport {
        dropped_functions: defined - live - forwarded,
        folded_functions,
        devirtualized_tables: tables_before.iter().zip(&marks.tables).filter(gone).count(),
    };
    Ok(Live { module, marks, init_from_outside, layout, report })
}

impl Live<'_> {
    /// How many memories of the input are live.
    pub(crate) fn guest_memories(&self) -> usize {
        let live = self.module.memories.iter().filter(|(id, _)| self.marks.memories[id.index()]);
        live.filter(|(_, origin)| matches!(self.module.scopes[origin.scope].module, ModuleKey::Input(_))).count()
    }

    /// Whether a runtime module with words of its own is live.
    pub(crate) fn has_words(&self) -> bool {
        let live = |&scope: &ScopeId| {
            let imported = self.module.module_of(scope).imported.funcs as usize;
            self.module.scopes[scope].funcs[imported..].iter().any(|func| self.marks.funcs[func.index()])
        };
        self.module.with_words.iter().any(live)
    }
}

fn liveness(module: &MergedModule<'_>) -> Result<Marks, MergeError> {
    let mut reach = Reach::new(module)?;
    for export in module.exports.values().filter(|export| export.always) {
        reach.add(match export.item {
            ExportItem::Func(func) => Use::Func(func),
            ExportItem::Memory(memory) => Use::Memory(memory),
            ExportItem::Global(global) => Use::Global(global),
        })?;
    }
    for step in &module.init {
        if let InitStep::Call(func) = *step {
            reach.add(Use::Func(func))?;
        }
    }
    // A segment that traps makes instantiation fail, whether or not anybody reads what it writes.
    for (id, segment) in module.elems.iter() {
        if segment.may_trap {
            reach.add(Use::Elem(id))?;
        }
    }
    for (id, segment) in module.datas.iter() {
        if segment.may_trap {
            reach.add(Use::Data(id))?;
        }
    }
    keep_allocations(module, &mut reach)?;
    Ok(reach.marks)
}

/// What is left out must be small altogether: a large allocation may fail, and instantiation with it.
fn keep_allocations(module: &MergedModule<'_>, reach: &mut Reach<'_, '_>) -> Result<(), MergeError> {
    let mut left_out = module.allocations()?;
    left_out.retain(|allocation| !allocation.item.is_marked(&reach.marks));
    // The largest first, so that as few as possible stay.
    left_out.sort_by_key(|allocation| (Reverse(allocation.bytes), allocation.item));
    for store in Store::ALL {
        let of_store = left_out.iter().filter(|allocation| allocation.store == store);
        let mut bytes = of_store.clone().map(|allocation| u128::from(allocation.bytes)).sum::<u128>();
        for allocation in of_store {
            if bytes <= u128::from(store.budget()) {
                break;
            }
            reach.add(allocation.item.entity())?;
            bytes -= u128::from(allocation.bytes);
        }
    }
    Ok(())
}

fn refuse_unsupported(module: &MergedModule<'_>, marks: &Marks) -> Result<(), MergeError> {
    for (&func, reason) in &module.unsupported {
        if marks.funcs[func.index()]
            && let FuncDef::Synth(synth) = &module.funcs[func].def
        {
            return Err(MergeError::Unsupported {
                item: synth.name.clone(),
                reason: reason.clone(),
                way_out: "leave the component that calls it out of the fusion".to_string(),
            });
        }
    }
    Ok(())
}
