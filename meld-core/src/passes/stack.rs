//! `--share-stack`: one shadow stack for all components.
//!
//! In: the live module, and the size of the stack. Out: a [`SharedStack`]: which globals are pointers into it, of
//! which memories, how large it is, and in which functions it is checked. When bodies that mention such a pointer are written, they
//! get and set the one pointer of the whole module instead, less the base of their window ([`code`]). So a callee's frames lie below
//! its caller's on every call: from one component to another, and back through a `realloc`. Adapters need to do nothing.
//!
//! This is sound under three conditions:
//! - Each function leaves the pointer where it found it. [`frames`] proves that of each function.
//! - The stack is large enough. [`depth`] proves that by the longest path in the call graph, and [`entries`] asks for room again where
//!   a host may call back; or functions check it where they make frames.
//! - No code uses a frame after its function has returned. Compilers and linkers agree on that. It is assumed, as `--pack` assumes
//!   what it needs, because the user asks for it.
//!
//! A window no longer has a stack below its data. Other windows and the one stack use that room ([`crate::passes::layout`]).
//! Rejected: to pass the pointer on in every call between components (direct calls would need an adapter), and places
//! for each stack by which function can call which (a chain of calls would have all of them).

mod calls;
mod code;
mod context;
mod depth;
mod entries;
mod frames;
mod pointers;

pub(super) use code::{ask_for_room, checks};

use crate::error::{MergeError, Remedy, WayOut};
use crate::ids::{FuncId, GlobalId, Id, MemoryId};
use crate::module::MergedModule;
use crate::module::reach::Marks;
use crate::module::references::Use;
use crate::module::stack::{Checked, SharedStack};
use crate::module::windows::{Size, StackParts, Window};
use crate::options::StackSize;
use depth::{Depths, FrameSizes, depths};
use frames::UNBOUNDED;
use indexmap::{IndexMap, IndexSet};
use pointers::{Apart, Found, StackPointer, pointers};

/// Compilers keep stack pointers at multiples of this, so the size of the stack is one, too.
pub(crate) const ALIGN: u64 = 16;

/// An error names so many functions of a cycle, and counts the others.
const LISTED: usize = 6;

/// If the user asks for it, makes one stack of all, and marks what it needs.
pub(super) fn share(module: &mut MergedModule<'_>, marks: &mut Marks) -> Result<(), MergeError> {
    module.stack = shared(module, marks)?;
    Ok(())
}

fn shared(module: &MergedModule<'_>, marks: &mut Marks) -> Result<Option<SharedStack>, MergeError> {
    let Some(StackParts { size, pointer, overflow }) = module.windows.as_ref().and_then(|windows| windows.stack) else {
        return Ok(None);
    };
    refuse_stack_switching(module, marks)?;
    let Found { pointers: found, apart, idle } = pointers(module, marks)?;
    if found.is_empty() {
        return Err(none(&apart));
    }
    let mut frames = FrameSizes::new();
    for (func, frame) in found.values().flat_map(|pointer| &pointer.frames) {
        let known = frame.lowered.iter().all(|lowered| lowered.by.is_some());
        let depth = known.then(|| frame.depth.next_multiple_of(ALIGN));
        if frames.insert(*func, depth).is_some() {
            // If they were one pointer, the frames of each would move the other.
            return Err(MergeError::Unsupported {
                item: format!("`{}`", module.func_name(*func)),
                reason: "it has two stacks, and one stack for all would make them one".to_owned(),
                way_out: WayOut::separate_stacks(),
            });
        }
    }
    let depths = depths(module, marks, &frames)?;
    let bytes = match size {
        StackSize::Proved => {
            let unbounded_access =
                found.values().flat_map(|pointer| &pointer.frames).find(|(_, frame)| frame.unbounded);
            match (depths.deepest(), unbounded_access) {
                (Some(bytes), None) => bytes,
                (_, Some((func, _))) => return Err(unbounded(format!("`{}` {UNBOUNDED}", module.func_name(*func)))),
                (None, None) => return Err(unbounded(unbounded_depth(module, &found, &depths))),
            }
        }
        StackSize::Bytes(bytes) => bytes,
    };
    let checked = checked(&found, &depths, bytes);
    let rooms = entries::rooms(module, &frames, &depths, bytes);
    // The proved depth includes what functions use below the pointer.
    let known = found.values().flat_map(|pointer| &pointer.frames);
    let unproved = known.filter(|(func, _)| depths.of[func.index()].is_none_or(|depth| depth > bytes));
    let below = unproved.map(|(_, frame)| frame.below).fold(0, u64::max);
    marks.globals[pointer.index()] = true;
    for global in found.keys() {
        marks.globals[global.index()] = false;
    }
    if !checked.is_empty() || !rooms.is_empty() {
        marks.funcs[overflow.index()] = true;
        marks.groups[module.types.group_of(module.funcs[overflow].ty).index()] = true;
    }
    let checked_memories: IndexSet<MemoryId> =
        checked.values().filter(|checked| !checked.unproved.is_empty()).map(|checked| checked.memory).collect();
    for memory in checked_memories {
        // An access that is checked may go to the rest of the window, whatever size that has when it runs.
        if let Some(Size::Global(size)) =
            module.windows.as_ref().map(|windows| windows.window(memory)).transpose()?.map(Window::size)
        {
            marks.globals[size.index()] = true;
        }
    }
    let mut freed = IndexMap::new();
    for found in found.values() {
        // Two stacks in one memory: only the room below the lower one is free.
        let room = freed.entry(found.memory).or_insert(found.freed);
        *room = found.freed.min(*room);
    }
    freed.extend(idle);
    Ok(Some(SharedStack {
        pointer,
        overflow,
        pointers: found.iter().map(|(global, found)| (*global, found.memory)).collect(),
        freed,
        bytes: bytes.next_multiple_of(ALIGN),
        below: below.next_multiple_of(ALIGN),
        checked,
        rooms,
    }))
}

/// What is checked: the places where the pointer is lowered, but for functions that have room for every caller; and the accesses that
/// are not proved.
fn checked(found: &IndexMap<GlobalId, StackPointer>, depths: &Depths, bytes: u64) -> IndexMap<FuncId, Checked> {
    let mut checked = IndexMap::new();
    for pointer in found.values() {
        for (func, frame) in &pointer.frames {
            let fits = depths.of[func.index()].is_some_and(|depth| depth <= bytes);
            let lowered = if fits { Vec::new() } else { frame.lowered.clone() };
            if !lowered.is_empty() || !frame.unproved.is_empty() {
                checked.insert(*func, Checked { memory: pointer.memory, lowered, unproved: frame.unproved.clone() });
            }
        }
    }
    checked
}

/// The error if there is no stack that could be shared.
fn none(apart: &[Apart]) -> MergeError {
    let reason = match apart {
        [] => "one stack is asked for, and no stack was found: no live code lowers a global by a multiple of 16 and \
               uses what lies there"
            .to_owned(),
        [Apart::MakesItsOwn(instance), ..] => format!(
            "one stack is asked for, and no stack was found that could be shared: `{instance}` makes its stack itself \
             when it runs, as its stack pointer is 0 at first"
        ),
    };
    MergeError::Unsupported { item: "the one memory".to_owned(), reason, way_out: WayOut::separate_stacks() }
}

/// The error for stack switching: another stack would overwrite the frames of one that is left and returned to.
fn refuse_stack_switching(module: &MergedModule<'_>, marks: &Marks) -> Result<(), MergeError> {
    for func in module.funcs.ids().filter(|func| marks.funcs[func.index()]) {
        module.uses(func, |used| match used {
            Use::Type(ty) if module.types.is_continuation(ty) => Err(MergeError::Unsupported {
                item: format!("`{}`", module.func_name(func)),
                reason: "it switches stacks, and frames of a stack that it leaves would be overwritten in a shared one"
                    .to_owned(),
                way_out: WayOut::separate_stacks(),
            }),
            _ => Ok(()),
        })?;
    }
    Ok(())
}

/// The reason why the depth of functions has no bound.
fn unbounded_depth(module: &MergedModule<'_>, found: &IndexMap<GlobalId, StackPointer>, depths: &Depths) -> String {
    let dynamic = found
        .values()
        .flat_map(|pointer| &pointer.frames)
        .find(|(_, frame)| frame.lowered.iter().any(|lowered| lowered.by.is_none()));
    match dynamic {
        Some((func, _)) => {
            format!("the frame of `{}` has a size that is known only when it runs", module.func_name(*func))
        }
        None => {
            let names = depths.cycle.iter().take(LISTED).map(|func| format!("`{}`", module.func_name(*func)));
            let mut names = names.collect::<Vec<_>>().join(", ");
            if depths.cycle.len() > LISTED {
                names.push_str(&format!(" and {} more", depths.cycle.len() - LISTED));
            }
            format!("functions with frames might call themselves again, directly or not: {names}")
        }
    }
}

/// The error for a stack that has no bound.
fn unbounded(reason: String) -> MergeError {
    MergeError::Unsupported {
        item: "the shared stack".to_owned(),
        reason: format!("nothing bounds its size: {reason}"),
        way_out: WayOut::new("say its size: what is not proved is then checked when it runs", [Remedy::SizedStack]),
    }
}
