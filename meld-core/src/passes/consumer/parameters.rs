//! Functions with few and small parameters, for a translator that passes them in registers alone.
//!
//! In: the live module, if its [`ConsumerNeeds`](crate::plan::ConsumerNeeds) say so. Out: every defined function that has a parameter of 64
//! bits, or more parameters than there may be, has those in front of the first such one; it and all behind it are in globals. The caller
//! sets them right before the call, and the function makes locals of them before it does anything else. They come first among its locals,
//! so each has the number that it had as a parameter, and the body stays what it is.
//!
//! Such a translator passes the others on the stack, and may get that wrong where registers are short. So an imported function with
//! more is called by one function alone, which has nothing else to keep in registers.
//!
//! [`mod@super::moves`] puts the moves into bodies. A function stays as it is if it is exported or a reference to it exists: others know its
//! type. Imports and functions in tables that keep a parameter of 64 bits are named in a note, as the translator refuses calls of them.
//! Rejected: to write callees into their callers, because only small ones become no larger by it, and a function with such parameters
//! that is large is still there; and halves of such a number in two parameters, which is more code on both sides and takes more registers.

use super::{PassedGlobals, retype};
use crate::ids::{FuncId, Id};
use crate::module::reach::Marks;
use crate::module::{Code, Func, FuncDef, MergedModule, Op, Synthesized};
use indexmap::IndexSet;
use wasm_encoder::{FuncType, Instruction, ValType};

/// Moves parameters behind the first `words`, and from the first of 64 bits on, but of functions that are `pinned`.
pub(super) fn split(
    module: &mut MergedModule<'_>,
    marks: &mut Marks,
    pinned: &IndexSet<FuncId>,
    words: u32,
    globals: &mut PassedGlobals,
) {
    let mut found = imports(module, marks, pinned, words);
    let alone = found.len();
    for (id, func) in module.funcs.iter() {
        let defined = matches!(func.def, FuncDef::Guest { .. } | FuncDef::Synth(_));
        let live = marks.funcs[id.index()] && module.canonical(id) == id;
        if live && defined && !pinned.contains(&id) && !found[..alone].contains(&id) {
            found.extend(module.types.numbers(func.ty).filter(|ty| kept(ty, words) < ty.params().len()).map(|_| id));
        }
    }
    for (position, func) in found.into_iter().enumerate() {
        let Some(ty) = module.types.numbers(module.funcs[func].ty).cloned() else { continue };
        let (kept, moved) = ty.params().split_at(if position < alone { 0 } else { kept(&ty, words) });
        let moved = moved.iter().enumerate();
        let moved = moved.map(|(position, ty)| (globals.at(position, *ty, module, marks), *ty)).collect();
        retype(module, marks, func, kept, ty.results());
        module.in_globals.entry(func).or_default().params = moved;
    }
    note(module, marks, pinned);
}

/// So many functions are named, and the others counted.
const NAMED: usize = 6;

/// Says which functions keep parameters of 64 bits, and are called by others than the host.
fn note(module: &mut MergedModule<'_>, marks: &Marks, pinned: &IndexSet<FuncId>) {
    let mut names = Vec::new();
    let live = |id: FuncId| marks.funcs[id.index()] && module.canonical(id) == id;
    for (id, func) in module.funcs.iter().filter(|(id, _)| live(*id)) {
        let called = matches!(func.def, FuncDef::Import(_)) || (pinned.contains(&id) && marks.referenced[id.index()]);
        if called && module.types.numbers(func.ty).is_some_and(|ty| ty.params().iter().any(is_wide)) {
            names.push(format!("`{}`", module.func_name(id)));
        }
    }
    if names.is_empty() {
        return;
    }
    let others = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    let others = if others > 0 { format!(" and {others} more") } else { String::new() };
    module.notes.push(format!(
        "the target may refuse calls of functions with parameters of 64 bits; these keep theirs, because the host or a table knows their \
         types: {}{others}",
        names.join(", ")
    ));
}

fn is_wide(ty: &ValType) -> bool {
    matches!(ty, ValType::I64 | ValType::F64)
}

/// How many parameters may stay what they are.
fn kept(ty: &FuncType, words: u32) -> usize {
    let wide = ty.params().iter().position(is_wide);
    wide.unwrap_or(ty.params().len()).min(words as usize)
}

/// Has each imported function that takes more than `words` called by a function of its own, which takes its place. Returns these.
fn imports(module: &mut MergedModule<'_>, marks: &mut Marks, pinned: &IndexSet<FuncId>, words: u32) -> Vec<FuncId> {
    let mut made = Vec::new();
    for position in 0..module.host_imports.len() {
        let Some((&import, &func)) = module.host_imports.get_index(position) else { continue };
        let Some(ty) = module.types.numbers(module.funcs[func].ty) else { continue };
        let taken = |ty: &ValType| if is_wide(ty) { 2 } else { 1 };
        let (params, taken) = (ty.params().len() as u32, ty.params().iter().map(taken).sum::<u32>());
        if !marks.funcs[func.index()] || pinned.contains(&func) || taken <= words {
            continue;
        }
        let name = format!("call of import {}", module.func_name(func));
        let callee = module.add_func(Func { ty: module.funcs[func].ty, def: FuncDef::Import(import) });
        marks.added();
        let mut ops: Vec<Op> = (0..params).map(|param| Op::Plain(Instruction::LocalGet(param))).collect();
        ops.push(Op::Call(callee));
        let code = Code { locals: Vec::new(), ops, steps: Vec::new() };
        module.funcs[func].def = FuncDef::Synth(Box::new(Synthesized { name, code, id: None }));
        module.host_imports.insert(import, callee);
        made.push(func);
    }
    made
}
