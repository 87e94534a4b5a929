//! What is live.
//!
//! In: a [`MergedModule`]. Out: [`Marks`]: what is reachable from the
//! outside: from the exports, from what runs at start, from segments that could trap, and from allocations that could
//! fail ([`allocation`](crate::module::allocation)). A table or a memory that no live code mentions goes with its
//! segments: data that no code reads need not be written.

use crate::error::MergeError;
use crate::ids::Id;
use crate::module::allocation::Store;
use crate::module::reach::{Marks, Reach};
use crate::module::references::Use;
use crate::module::{ExportItem, InitStep, MergedModule};
use std::cmp::Reverse;

/// Marks what is live.
pub(super) fn liveness(module: &MergedModule<'_>) -> Result<Marks, MergeError> {
    let mut reach = Reach::new(module)?;
    for export in module.exports.values().filter(|export| export.always) {
        reach.add(match export.item {
            ExportItem::Func(func) => Use::Func(func),
            // A host that reads a table changes nothing in it.
            ExportItem::Table(table) => Use::TableCall(table),
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

/// Keeps of the steps of init those that are live, and marks init if anything is left of it.
pub(super) fn init(module: &mut MergedModule<'_>, marks: &mut Marks) {
    // A step is live if what it writes is; calls always are.
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
}
