//! Functions with one result, for a translator that understands no others.
//!
//! In: the live module, if its [`ConsumerNeeds`](crate::plan::ConsumerNeeds) say so. Out: every defined function that had several results
//! returns the first and leaves the others in globals, which its caller reads right behind the call. Between the two nothing runs, so
//! a call inside of a call cannot overwrite them, and one global for each position and type serves all functions.
//!
//! Bodies of guests and of the runtime get their moves when they are written ([`moves`]), those of adapters here. A function stays as it
//! is if a reference to it exists, because an indirect call expects its type; if it or a caller makes tail calls; or if it
//! branches to its own end with its results. No runtime module and no adapter does any of this; a guest may, and the translator then
//! says so itself.
//! Rejected: changes in the runtime's text alone, because adapters that move a large record have as many results as the record has
//! parts; and two results in an i64, which is a parameter or a result that some translators refuse as well.

use crate::error::MergeError;
use crate::ids::{FuncId, GlobalId, Id, ScopeId};
use crate::input::Body;
use crate::module::call_graph::referenced;
use crate::module::insertions::Insertions;
use crate::module::reach::Marks;
use crate::module::{Code, DirectCall, ExportItem, FuncDef, GlobalDef, MergedModule, Op};
use indexmap::{IndexMap, IndexSet};
use wasm_encoder::{Instruction, ValType};
use wasmparser::Operator;

/// Gives every function one result, where that is needed.
pub(super) fn split(module: &mut MergedModule<'_>, marks: &mut Marks) -> Result<(), MergeError> {
    let mut found: IndexSet<FuncId> = IndexSet::new();
    for (id, func) in module.funcs.iter() {
        let defined = matches!(func.def, FuncDef::Guest { .. } | FuncDef::Synth(_));
        let live = marks.funcs[id.index()] && module.canonical(id) == id;
        if live && defined && module.types.several_results(func.ty).is_some() {
            found.insert(id);
        }
    }
    let apart: IndexSet<FuncId> = apart(module, marks)?;
    found.retain(|func| !apart.contains(func));
    let mut globals: IndexMap<(usize, ValType), GlobalId> = IndexMap::new();
    for func in found {
        let Some(ty) = module.types.several_results(module.funcs[func].ty).cloned() else { continue };
        let (first, rest) = ty.results().split_at(1);
        let mut places = Vec::new();
        for (position, ty) in rest.iter().enumerate() {
            let global = *globals.entry((position, *ty)).or_insert_with(|| {
                marks.globals.push(true);
                module.globals.push(GlobalDef::Result(*ty))
            });
            places.push(global);
        }
        let ty = module.types.func(ty.params(), first);
        marks.groups.resize(module.types.group_count(), false);
        marks.groups[module.types.group_of(ty).index()] = true;
        module.funcs[func].ty = ty;
        module.in_globals.insert(func, places);
    }
    module.evaluate_globals()?;
    if !module.in_globals.is_empty() {
        for func in module.funcs.ids().filter(|func| marks.funcs[func.index()]).collect::<Vec<_>>() {
            synthesized(module, func);
        }
    }
    Ok(())
}

/// Functions that must keep their type.
fn apart(module: &MergedModule<'_>, marks: &Marks) -> Result<IndexSet<FuncId>, MergeError> {
    let mut apart = referenced(module, marks)?;
    for export in module.exports.values() {
        if let ExportItem::Func(func) = export.item {
            apart.insert(module.canonical(func));
        }
    }
    for func in module.funcs.ids().filter(|func| marks.funcs[func.index()]) {
        match &module.funcs[func].def {
            FuncDef::Guest { origin, .. } => {
                let parsed = module.module_of(origin.scope);
                if !is_plain(&parsed.bodies[origin.index as usize])? {
                    apart.insert(func);
                    module.uses(func, |used| {
                        if let crate::module::references::Use::Func(callee) = used {
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

/// Moves results in the body of an adapter.
fn synthesized(module: &mut MergedModule<'_>, func: FuncId) {
    let FuncDef::Synth(synth) = &mut module.funcs[func].def else { return };
    let ops = std::mem::take(&mut synth.code.ops);
    let mut steps = std::mem::take(&mut synth.code.steps);
    let mut next_step = 0;
    let mut moved = Vec::with_capacity(ops.len());
    for (position, op) in ops.into_iter().enumerate() {
        while let Some((at, _)) = steps.get_mut(next_step).filter(|(at, _)| *at <= position) {
            *at = moved.len();
            next_step += 1;
        }
        if let Op::Plain(Instruction::Return) = op {
            moved.extend(leave(module, func));
        }
        let callee = if let Op::Call(callee) = op { Some(module.canonical(callee)) } else { None };
        moved.push(op);
        moved.extend(callee.into_iter().flat_map(|callee| arrive(module, callee)));
    }
    for (at, _) in &mut steps[next_step..] {
        *at = moved.len();
    }
    if !matches!(moved.last(), Some(Op::Plain(Instruction::Unreachable | Instruction::Return | Instruction::Br(_)))) {
        moved.extend(leave(module, func));
    }
    if let FuncDef::Synth(synth) = &mut module.funcs[func].def {
        synth.code.ops = moved;
        synth.code.steps = steps;
    }
}

/// What a function does before it returns: its results but the first go into globals, the last one first.
fn leave<'m>(module: &'m MergedModule<'_>, func: FuncId) -> impl Iterator<Item = Op> + 'm {
    module.in_globals.get(&func).into_iter().flatten().rev().map(|global| Op::GlobalSet(*global))
}

/// What its caller does when it has returned: they come back onto the stack.
fn arrive<'m>(module: &'m MergedModule<'_>, callee: FuncId) -> impl Iterator<Item = Op> + 'm {
    module.in_globals.get(&callee).into_iter().flatten().map(|global| Op::GlobalGet(*global))
}

/// Adds the moves of results to what is put into a body of the input or of the runtime.
pub(in crate::passes) fn moves(
    module: &MergedModule<'_>,
    func: FuncId,
    insertions: &mut Insertions,
) -> Result<(), MergeError> {
    if module.in_globals.is_empty() {
        return Ok(());
    }
    let FuncDef::Guest { origin, calls } = &module.funcs[func].def else { return Ok(()) };
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
        match operator {
            Operator::Return => ops.extend(leave(module, func)),
            Operator::End if at == end && !dead => ops.extend(leave(module, func)),
            _ => arrived.extend(
                callee(module, origin.scope, calls, at, &operator)?
                    .into_iter()
                    .flat_map(|callee| arrive(module, callee)),
            ),
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

/// Whom an instruction calls, if that is known.
fn callee(
    module: &MergedModule<'_>,
    scope: ScopeId,
    calls: &[DirectCall],
    at: u32,
    operator: &Operator<'_>,
) -> Result<Option<FuncId>, MergeError> {
    if let Ok(found) = calls.binary_search_by_key(&at, |call| call.call) {
        return Ok(Some(module.canonical(calls[found].callee)));
    }
    Ok(match operator {
        Operator::Call { function_index } => Some(module.canonical(module.scopes[scope].func(*function_index)?)),
        _ => None,
    })
}
