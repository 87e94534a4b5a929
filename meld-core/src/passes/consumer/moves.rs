//! Moves of parameters and results between the stack and globals.
//!
//! In: functions of which some are in globals ([`InGlobals`](crate::module::InGlobals)). Out: instructions at their beginning and end, and
//! around calls of them. Bodies of guests and of the runtime get them when they are written, those of adapters here.

use crate::error::MergeError;
use crate::ids::{FuncId, Id, ScopeId};
use crate::module::insertions::Insertions;
use crate::module::reach::Marks;
use crate::module::{DirectCall, FuncDef, MergedModule, Op};
use wasm_encoder::Instruction;
use wasmparser::Operator;

/// Puts moves into the bodies of live adapters.
pub(super) fn synthesized(module: &mut MergedModule<'_>, marks: &Marks) {
    if module.in_globals.is_empty() {
        return;
    }
    for func in module.funcs.ids().filter(|func| marks.funcs[func.index()]).collect::<Vec<_>>() {
        adapter(module, func);
    }
}

fn adapter(module: &mut MergedModule<'_>, func: FuncId) {
    let FuncDef::Synth(synth) = &mut module.funcs[func].def else { return };
    let ops = std::mem::take(&mut synth.code.ops);
    let mut steps = std::mem::take(&mut synth.code.steps);
    let mut next_step = 0;
    let mut moved = Vec::with_capacity(ops.len());
    moved.extend(enter(module, func));
    for (position, op) in ops.into_iter().enumerate() {
        while let Some((at, _)) = steps.get_mut(next_step).filter(|(at, _)| *at <= position) {
            *at = moved.len();
            next_step += 1;
        }
        if let Op::Plain(Instruction::Return) = op {
            moved.extend(leave(module, func));
        }
        let callee = if let Op::Call(callee) = op { Some(module.canonical(callee)) } else { None };
        moved.extend(callee.into_iter().flat_map(|callee| pass(module, callee)));
        moved.push(op);
        moved.extend(callee.into_iter().flat_map(|callee| arrive(module, callee)));
    }
    for (at, _) in &mut steps[next_step..] {
        *at = moved.len();
    }
    if !matches!(moved.last(), Some(Op::Plain(Instruction::Unreachable | Instruction::Return | Instruction::Br(_)))) {
        moved.extend(leave(module, func));
    }
    let params = module.in_globals.get(&func).into_iter().flat_map(|moved| &moved.params);
    let params: Vec<_> = params.map(|(_, ty)| *ty).collect();
    if let FuncDef::Synth(synth) = &mut module.funcs[func].def {
        synth.code.ops = moved;
        synth.code.steps = steps;
        synth.code.locals.splice(0..0, params);
    }
}

/// What a caller does right before the call: the last parameters go into globals, the last one first.
fn pass<'m>(module: &'m MergedModule<'_>, callee: FuncId) -> impl Iterator<Item = Op> + 'm {
    let moved = module.in_globals.get(&callee).into_iter().flat_map(|moved| &moved.params);
    moved.rev().map(|(global, _)| Op::GlobalSet(*global))
}

/// What a function does before anything else: they become its locals.
fn enter<'m>(module: &'m MergedModule<'_>, func: FuncId) -> impl Iterator<Item = Op> + 'm {
    let first = module.param_count(func) as u32;
    let moved = module.in_globals.get(&func).into_iter().flat_map(|moved| &moved.params);
    (first..)
        .zip(moved)
        .flat_map(|(local, (global, _))| [Op::GlobalGet(*global), Op::Plain(Instruction::LocalSet(local))])
}

/// What a function does before it returns: its results but the first go into globals, the last one first.
fn leave<'m>(module: &'m MergedModule<'_>, func: FuncId) -> impl Iterator<Item = Op> + 'm {
    let moved = module.in_globals.get(&func).into_iter().flat_map(|moved| &moved.results);
    moved.rev().map(|global| Op::GlobalSet(*global))
}

/// What its caller does when it has returned: they come back onto the stack.
fn arrive<'m>(module: &'m MergedModule<'_>, callee: FuncId) -> impl Iterator<Item = Op> + 'm {
    let moved = module.in_globals.get(&callee).into_iter().flat_map(|moved| &moved.results);
    moved.map(|global| Op::GlobalGet(*global))
}

/// Adds the moves to what is put into a body of the input or of the runtime.
pub(in crate::passes) fn moves(
    module: &MergedModule<'_>,
    func: FuncId,
    insertions: &mut Insertions,
) -> Result<(), MergeError> {
    if module.in_globals.is_empty() {
        return Ok(());
    }
    let FuncDef::Guest { origin, calls } = &module.funcs[func].def else { return Ok(()) };
    if let Some(moved) = module.in_globals.get(&func) {
        insertions.front.extend(moved.params.iter().map(|(_, ty)| *ty));
        insertions.entry.splice(0..0, enter(module, func));
    }
    let body = &module.module_of(origin.scope).bodies[origin.index as usize];
    let mut before: Vec<(u32, Vec<Op>)> = Vec::new();
    // The results of the call in front, which come before anything that is put in front of the next instruction.
    let mut arrived: Vec<Op> = Vec::new();
    let end = body.bytes.len() as u32 - 1;
    // What is behind such an instruction is dead, and a translator may have no stack there that results could be on.
    let mut dead = false;
    for operator in body.operators().into_iter_with_offsets() {
        let (operator, offset) = operator?;
        let at = offset as u32;
        let mut ops = std::mem::take(&mut arrived);
        if let Ok(found) = calls.binary_search_by_key(&at, |call| call.start) {
            // Of a call that became direct, the index in front of it goes; the moves come where that was.
            ops.extend(pass(module, module.canonical(calls[found].callee)));
        }
        match operator {
            Operator::Return => ops.extend(leave(module, func)),
            Operator::End if at == end && !dead => ops.extend(leave(module, func)),
            _ => {
                if let Some((callee, direct)) = callee(module, origin.scope, calls, at, &operator)? {
                    if direct {
                        ops.extend(pass(module, callee));
                    }
                    arrived.extend(arrive(module, callee));
                }
            }
        }
        dead = matches!(
            operator,
            Operator::Unreachable | Operator::Return | Operator::Br { .. } | Operator::BrTable { .. }
        );
        if !ops.is_empty() {
            before.push((at, ops));
        }
    }
    // Stable: of two at one place, what arrives comes before a check of it.
    before.append(&mut insertions.before);
    before.sort_by_key(|(at, _)| *at);
    insertions.before = before;
    Ok(())
}

/// Whom an instruction calls, if that is known, and whether it did so in the input.
fn callee(
    module: &MergedModule<'_>,
    scope: ScopeId,
    calls: &[DirectCall],
    at: u32,
    operator: &Operator<'_>,
) -> Result<Option<(FuncId, bool)>, MergeError> {
    if let Ok(found) = calls.binary_search_by_key(&at, |call| call.call) {
        return Ok(Some((module.canonical(calls[found].callee), false)));
    }
    Ok(match operator {
        Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
            Some((module.canonical(module.scopes[scope].func(*function_index)?), true))
        }
        _ => None,
    })
}
