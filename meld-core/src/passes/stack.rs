//! `--share-stack`: one shadow stack for all components.
//!
//! In: the live module, and the size of the stack. Out: a [`SharedStack`]: which globals are pointers into it, of
//! which memories, how large it is, and in which functions it is checked. Bodies that mention such a pointer get and set the one
//! pointer of the whole module instead, less the base of their window, when they are written ([`code`]). So
//! wherever a call goes, from one component to another or back through a `realloc`, the callee's frames lie below its
//! caller's, and no adapter has to know.
//!
//! That is sound if no function leaves the pointer elsewhere than it found it, which is proved of each ([`frames`]);
//! if the stack is large enough, which is proved by the longest way through the call graph ([`depth`]) and asked again where a
//! host may call back ([`entries`]), or checked where frames are made; and if no code uses a frame after its function has returned. The last is what compilers and linkers
//! agree on: it is believed, as `--pack` believes them, because the user asks for it.
//!
//! Where a window had its own stack, below all data, nothing is any more, so that other windows and the stack itself
//! have that room ([`crate::passes::layout`]). Rejected: handing the pointer on in every call between components (calls that are direct
//! would need an adapter), and places for each stack by who can call whom (a chain of calls would have all of them).

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

/// The stack is a multiple of this: stack pointers are, by the agreement of compilers.
pub(crate) const ALIGN: u64 = 16;

/// Cycles are named by so many functions; the others are counted.
const LISTED: usize = 6;

/// Makes one stack of all, where that is asked for, and marks what it needs.
pub(super) fn share(module: &mut MergedModule<'_>, marks: &mut Marks) -> Result<(), MergeError> {
    module.stack = shared(module, marks)?;
    Ok(())
}

fn shared(module: &MergedModule<'_>, marks: &mut Marks) -> Result<Option<SharedStack>, MergeError> {
    let Some(StackParts { size, pointer, overflow }) = module.windows.as_ref().and_then(|windows| windows.stack) else {
        return Ok(None);
    };
    refuse_stack_switching(module, marks)?;
    let Found { pointers: found, apart } = pointers(module, marks)?;
    if found.is_empty() {
        return Err(none(&apart));
    }
    let mut frames = FrameSizes::new();
    for (func, frame) in found.values().flat_map(|pointer| &pointer.frames) {
        let known = frame.lowered.iter().all(|lowered| lowered.by.is_some());
        let depth = known.then(|| frame.depth.next_multiple_of(ALIGN));
        if frames.insert(*func, depth).is_some() {
            // As one pointer they would each be moved by the other's frames.
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
    // What is proved to fit includes what is used below the pointer.
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
        // What is checked may be in the rest of the window, however large that is by then.
        if let Some(Size::Global(size)) =
            module.windows.as_ref().map(|windows| windows.window(memory)).transpose()?.map(Window::size)
        {
            marks.globals[size.index()] = true;
        }
    }
    let mut freed = IndexMap::new();
    for found in found.values() {
        // Two stacks in one memory: below the lower one there is nothing else.
        let room = freed.entry(found.memory).or_insert(found.freed);
        *room = found.freed.min(*room);
    }
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

/// What is checked: where the pointer is lowered that might be lowered too far, which is everywhere but in functions that do not go
/// deeper than there is room, for every caller; and what is not proved of accesses.
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

/// The error where no stack is found that could be shared.
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

/// A stack that is left and returned to would find its frames overwritten.
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

/// Why nothing bounds how deep functions go.
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
