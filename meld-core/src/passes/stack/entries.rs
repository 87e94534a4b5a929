//! Room for a host that calls back.
//!
//! In: how deep functions get ([`Depths`]), and the size of the stack. Out: for each export, how many bytes must be free below
//! the pointer when the host calls it.
//!
//! Depths are counted from an empty stack, as it is when no call is under way. While an import runs, its host may call
//! any export (`CanonicalABI.md`, `canon lift`: only a lift and a lower of one instance exclude each other), and then the stack is not
//! empty. No analysis can know how many such calls are inside of each other. So each export first asks whether there is
//! room for everything that it may call, and traps otherwise, `cabi-trap:stack-overflow`.
//!
//! *Why that is enough.* A function whose frames are not checked has a depth of at most the stack's size, and so has
//! every function on each path to it. The room of an export is the longest such path from it, frames included. If there was room for a
//! call by the host, the functions under it that are not checked stay in the stack; and those that are checked check themselves.
//!
//! *Why nothing else traps.* A call that comes from inside, or from the host as `realloc` or destructor of a running import, is
//! part of a path that was counted: the depth of its caller and the room together are at most the size. A host that never calls
//! back finds an empty stack.

use crate::ids::{FuncId, Id};
use crate::module::{ExportItem, FuncDef, MergedModule};
use crate::passes::stack::depth::{Depths, FrameSizes};
use indexmap::IndexMap;

/// For exported functions that need room: the bytes that must be free below the pointer when they begin. `bytes`: the size of the stack.
pub(super) fn rooms(
    module: &MergedModule<'_>,
    frames: &FrameSizes,
    depths: &Depths,
    bytes: u64,
) -> IndexMap<FuncId, u64> {
    if !depths.calls_host {
        return IndexMap::new();
    }
    let room = longest_ways(frames, depths, bytes);
    let exported = module.exports.values().filter_map(|export| match export.item {
        ExportItem::Func(func) => Some(module.canonical(func)),
        _ => None,
    });
    exported
        // A function that is imported from the host and exported to it has no body in which to ask. What it calls has one.
        .filter(|func| !matches!(module.funcs[*func].def, FuncDef::Import(_)))
        .map(|func| (func, room[func.index()]))
        .filter(|(_, room)| *room > 0)
        .collect()
}

/// For each node of the call graph, the bytes of the longest path from it through functions that are not checked.
fn longest_ways(frames: &FrameSizes, depths: &Depths, bytes: u64) -> Vec<u64> {
    let mut room = vec![0; depths.of.len()];
    for component in depths.components.iter().rev() {
        // No callee of a function that does not fit does. All of a component have one depth: if there are several and it is
        // bounded, none has a frame.
        if depths.of[component[0].index()].is_none_or(|depth| depth > bytes) {
            continue;
        }
        // Functions that may call each other again have no frames, or their depth would have no bound.
        let callees = component.iter().flat_map(|node| depths.graph.neighbors(*node));
        let below = callees.map(|callee| room[callee.index()]).fold(0, u64::max);
        for node in component {
            let frame = match frames.get(&FuncId::new(node.index())) {
                // A function that mentions no stack pointer has no frame.
                None => 0,
                Some(&Some(frame)) => frame,
                // Its depth is not known either, so the loop has passed over it. The whole stack is enough in any case.
                Some(None) => bytes,
            };
            room[node.index()] = frame + below;
        }
    }
    room
}
