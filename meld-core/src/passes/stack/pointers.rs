//! Which globals are stack pointers, and of which memories.
//!
//! In: what is live. Out: a [`StackPointer`] for each global that is one, with what every function does with it. Its use shows what it
//! is, and names do not, because compositions are stripped. It is a mutable i32; functions lower it by multiples of 16, and access memory at
//! addresses that they derive from it. A global for which not all of this is true is no stack pointer. It is an error if the pointer does
//! not begin at such a multiple, or if data of its memory lies below it because the linker did not put the stack first: otherwise its stack
//! would silently stay where it is. [`crate::passes::stack::frames`] proves of every function that mentions the pointer that it keeps to the
//! rules of a stack.
//!
//! If there is data, and all of it lies above, the place of the old stack has nothing else in it, and that room is free. If there is no data,
//! there may still be variables that are zero at first, and the room stays.
//!
//! If no live code mentions a pointer, but dead code of the module uses it as a stack pointer, its stack is idle: the place of that stack is free on
//! the same condition. Guests of a toolchain have a stack even if what is left of their code has no frame.
//!
//! If a pointer begins at 0, the module allocates its stack itself when it runs. Such a stack stays as it is.

use crate::error::{MergeError, Remedy, WayOut};
use crate::ids::{FuncId, GlobalId, Id, MemoryId, ScopeId};
use crate::input::RawUse;
use crate::module::consts::ConstValue;
use crate::module::reach::Marks;
use crate::module::references::Use;
use crate::module::{GlobalDef, MergedModule};
use crate::passes::stack::ALIGN;
use crate::passes::stack::calls::Callees;
use crate::passes::stack::context;
use crate::passes::stack::frames::{StackFrame, Usage, usage};
use crate::passes::walk::guests;
use indexmap::{IndexMap, IndexSet};

/// A stack pointer.
#[derive(Debug)]
pub(super) struct StackPointer {
    /// The memory in which its stack is.
    pub(super) memory: MemoryId,
    /// Bytes from the start of the memory that were only stack: up to the first value of the pointer, if all data
    /// lies above.
    pub(super) freed: u64,
    /// What each function that mentions the pointer does with it.
    pub(super) frames: IndexMap<FuncId, StackFrame>,
}

/// The live functions that mention a global: the scope of each, and the indices that the global has there.
type Users = IndexMap<FuncId, (ScopeId, Vec<u32>)>;

/// A global that looks like a stack pointer, and whose stack cannot be shared.
#[derive(Debug)]
pub(super) enum Apart {
    /// The core instance makes its stack itself when it runs: the pointer begins at 0.
    MakesItsOwn(String),
}

/// Stack pointers that live code uses.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) pointers: IndexMap<GlobalId, StackPointer>,
    pub(super) apart: Vec<Apart>,
    /// Memories whose stack no live code uses, and the bytes from their start that were only stack.
    pub(super) idle: IndexMap<MemoryId, u64>,
}

/// Every stack pointer that live code uses.
pub(super) fn pointers(module: &MergedModule<'_>, marks: &Marks) -> Result<Found, MergeError> {
    let mut callees = Callees::new(module);
    context::refuse(module, marks, &mut callees)?;
    let mut found = Found::default();
    for (global, users) in users(module, marks)? {
        let usages = usages(&mut callees, &users)?;
        let makes_frames = usages.values().any(|usage| usage.makes_frame);
        if makes_frames && usages.values().any(|usage| usage.accesses) {
            match pointer(module, global, &users, usages)? {
                Ok(pointer) => _ = found.pointers.insert(global, pointer),
                Err(apart) => found.apart.push(apart),
            }
        }
    }
    // A memory with two pointers, one of which is live, has a stack that is in use.
    let used: IndexSet<MemoryId> = found.pointers.values().map(|pointer| pointer.memory).collect();
    let dead = users_in(module, guests::mentions_of(module, |func| !marks.funcs[func.index()]))?;
    for (global, users) in dead.into_iter().filter(|(global, _)| !marks.globals[global.index()]) {
        // What dead code does wrong is wrong nowhere.
        let Ok(usages) = usages(&mut callees, &users) else { continue };
        let is_stack = usages.values().any(|usage| usage.makes_frame) && usages.values().any(|usage| usage.accesses);
        if is_stack
            && let Ok(Ok(pointer)) = pointer(module, global, &users, IndexMap::new())
            && marks.memories[pointer.memory.index()]
            && !used.contains(&pointer.memory)
        {
            found.idle.insert(pointer.memory, pointer.freed);
        }
    }
    Ok(found)
}

/// The live mutable i32 globals of the input, and the functions that mention them.
fn users(module: &MergedModule<'_>, marks: &Marks) -> Result<IndexMap<GlobalId, Users>, MergeError> {
    users_in(module, guests::mentions(module, marks))
}

/// The mutable i32 globals of the input in `mentions`, and the functions whose these are.
fn users_in(
    module: &MergedModule<'_>,
    mentions: impl Iterator<Item = (FuncId, ScopeId, RawUse)>,
) -> Result<IndexMap<GlobalId, Users>, MergeError> {
    let mut users: IndexMap<GlobalId, Users> = IndexMap::new();
    for (func, scope, used) in mentions {
        let Use::Global(index) = used else { continue };
        let global = module.scopes[scope].global(index)?;
        if let GlobalDef::Guest(defined) = module.globals[global] {
            let ty = module.module_of(defined.scope).globals[defined.index as usize].ty;
            if ty.mutable && ty.content_type == wasmparser::ValType::I32 {
                // One global may have several indices, and none of them may be missed.
                users.entry(global).or_default().entry(func).or_insert((scope, Vec::new())).1.push(index);
            }
        }
    }
    Ok(users)
}

fn usages(callees: &mut Callees<'_, '_>, users: &Users) -> Result<IndexMap<FuncId, Usage>, MergeError> {
    let mut usages = IndexMap::new();
    for (&func, (scope, indices)) in users {
        let Some((_, function, body)) = callees.guest(func) else { continue };
        let arity = callees.arity(*scope);
        usages.insert(func, usage(body, function, indices, &arity, &mut callees.seen_from(*scope, None))?);
    }
    Ok(usages)
}

const LEAVE_OUT: &str = "let each component have its own stack";
const STACK_FIRST: &str = "link it with `--stack-first`, or let each component have its own stack";

fn pointer(
    module: &MergedModule<'_>,
    global: GlobalId,
    users: &Users,
    usages: IndexMap<FuncId, Usage>,
) -> Result<Result<StackPointer, Apart>, MergeError> {
    let instance = || users.values().next().map_or("", |(scope, _)| &module.scopes[*scope].path);
    let refuse = |reason: String, way_out: &str| {
        Err(MergeError::Unsupported {
            item: format!("core instance `{}`", instance()),
            reason: format!("it cannot be proved that its stack can be another's: {reason}"),
            way_out: WayOut::new(way_out, [Remedy::SeparateStacks]),
        })
    };
    let Some(ConstValue::I32(top)) = module.global_values.get(global.index()).copied().flatten() else {
        return refuse("the first value of its stack pointer is not known".to_owned(), LEAVE_OUT);
    };
    let top = u64::from(top.cast_unsigned());
    if top == 0 {
        return Ok(Err(Apart::MakesItsOwn(instance().to_owned())));
    }
    if !top.is_multiple_of(ALIGN) {
        return refuse(format!("its stack begins at {top}, which is no multiple of {ALIGN}"), LEAVE_OUT);
    }
    let mut memories: IndexSet<MemoryId> = IndexSet::new();
    for (scope, _) in users.values() {
        memories.extend(&module.scopes[*scope].memories);
    }
    let (Some(&memory), 1) = (memories.first(), memories.len()) else {
        let reason = format!("the functions that use its stack pointer have {} memories, not one", memories.len());
        return refuse(reason, LEAVE_OUT);
    };
    let initial = match &module.windows {
        Some(windows) => windows.window(memory)?.initial,
        None => return refuse("memories are no windows of one".to_owned(), LEAVE_OUT),
    };
    if top > initial {
        return refuse(format!("its stack begins at {top}, and its memory has {initial} bytes"), LEAVE_OUT);
    }
    let mut frames = IndexMap::new();
    for (func, usage) in usages {
        match usage.frame {
            Ok(frame) => _ = frames.insert(func, frame),
            Err(what) => {
                return refuse(format!("`{}` does not keep to a stack: {what}", module.func_name(func)), LEAVE_OUT);
            }
        }
    }
    let mut freed = 0;
    for data in module.datas.ids() {
        let Some((target, offset)) = module.data_target(data)? else { continue };
        if target != memory {
            continue;
        }
        match module.constant_offset(module.datas[data].origin.scope, offset)? {
            Some(offset) if offset >= top => freed = top,
            offset => {
                let at = offset.map_or("where is not known".to_owned(), |offset| format!("at {offset}"));
                return refuse(format!("its stack begins at {top}, and data begins {at}, not above it"), STACK_FIRST);
            }
        }
    }
    Ok(Ok(StackPointer { memory, freed, frames }))
}
