//! Indirect calls whose callee is known.
//!
//! In: a merged module and what of it is live. Out: `call_indirect` with a constant index, through a table
//! whose contents are constant, becomes `call`. This is what undoes late binding: tools that build
//! components route imports through a table, because canonical options need a memory that does not exist
//! yet when the importing module is instantiated. Once everything is one module the table has no purpose.
//!
//! A table is constant if live code does nothing on it but indirect calls, and all it ever holds was
//! written by active segments with constant offsets, in bounds, that run before any code does. Which
//! module wrote what, and how anything is called, does not matter. A slot that is never written, or holds
//! a function of another type, keeps its indirect call: that call traps, and must.
//! Rejected: recognizing the modules that tools generate, by name or by shape.

use crate::error::MergeError;
use crate::ids::{ElemId, FuncId, Id, ScopeId, TableId};
use crate::input::Body;
use crate::input::opcode::{CALL_INDIRECT, I32_CONST, I64_CONST, RETURN_CALL_INDIRECT};
use crate::maps::Map;
use crate::module::consts::{ConstValue, evaluate};
use crate::module::reach::Marks;
use crate::module::{DirectCall, FuncDef, MergedModule};
use wasmparser::{ElementItems, Operator, TableInit};

/// What a constant table holds.
type Slots = Map<u64, FuncId>;

/// Makes indirect calls direct where that is possible. Returns whether there are any.
pub(super) fn devirtualize(module: &mut MergedModule<'_>, marks: &Marks) -> Result<bool, MergeError> {
    let mut tables: Map<TableId, Slots> = Map::default();
    // In the order in which segments run, so that a later write wins.
    let mut segments: Map<TableId, Vec<ElemId>> = Map::default();
    for elem in module.elems.ids() {
        if let Some((table, _)) = module.elem_target(elem)? {
            segments.entry(table).or_default().push(elem);
        }
    }
    for id in module.tables.ids().filter(|id| marks.tables[id.index()]) {
        let segments = segments.get(&id).map_or(&[][..], Vec::as_slice);
        if let Some(slots) = constant_slots(module, marks, id, segments)? {
            tables.insert(id, slots);
        }
    }
    if tables.is_empty() {
        return Ok(false);
    }
    let mut rewritten = Vec::new();
    for &func in &marks.indirect_callers {
        if let FuncDef::Guest { origin, .. } = module.funcs[func].def {
            let body = &module.module_of(origin.scope).bodies[origin.index as usize];
            let calls = direct_calls(module, &tables, origin.scope, body)?;
            if !calls.is_empty() {
                rewritten.push((func, calls));
            }
        }
    }
    let any = !rewritten.is_empty();
    for (func, direct) in rewritten {
        if let FuncDef::Guest { calls, .. } = &mut module.funcs[func].def {
            *calls = direct.into();
        }
    }
    Ok(any)
}

/// The contents of a table, if they are constant.
fn constant_slots(
    module: &MergedModule<'_>,
    marks: &Marks,
    id: TableId,
    segments: &[ElemId],
) -> Result<Option<Slots>, MergeError> {
    if marks.touched_tables[id.index()] || !matches!(module.table(id).init, TableInit::RefNull) {
        return Ok(None);
    }
    let mut slots = Slots::default();
    for &elem in segments {
        let segment = &module.elems[elem];
        let Some((_, offset)) = module.elem_target(elem)? else { continue };
        let scope = segment.origin.scope;
        let offset = module.constant_offset(scope, offset)?;
        let (false, false, Some(offset)) = (segment.deferred, segment.may_trap, offset) else { return Ok(None) };
        match &module.elem(elem).items {
            ElementItems::Functions(funcs) => {
                for (slot, func) in (offset..).zip(funcs.clone()) {
                    slots.insert(slot, module.scopes[scope].func(func?)?);
                }
            }
            ElementItems::Expressions(_, exprs) => {
                for (slot, expr) in (offset..).zip(exprs.clone()) {
                    match evaluate(module, scope, &expr?)? {
                        Some(ConstValue::RefFunc(func)) => {
                            slots.insert(slot, func);
                        }
                        Some(ConstValue::RefNull(..)) => {
                            slots.swap_remove(&slot);
                        }
                        _ => return Ok(None),
                    }
                }
            }
        }
    }
    Ok(Some(slots))
}

/// The calls in a body that can be direct.
fn direct_calls(
    module: &MergedModule<'_>,
    tables: &Map<TableId, Slots>,
    scope: ScopeId,
    body: &Body<'_>,
) -> Result<Vec<DirectCall>, MergeError> {
    let mut calls = Vec::new();
    if !module.module_of(scope).relocations(body).any(|at| may_follow_constant(body.bytes, at as usize)) {
        return Ok(calls);
    }
    let space = &module.scopes[scope];
    let mut operators = body.operators();
    // The constant right in front of the current instruction: no branch can arrive in between.
    let mut constant: Option<(u32, u64)> = None;
    while !operators.eof() {
        let at = operators.original_position() as u32;
        constant = match operators.read()? {
            Operator::I32Const { value } => Some((at, u64::from(value.cast_unsigned()))),
            Operator::I64Const { value } => Some((at, value.cast_unsigned())),
            Operator::CallIndirect { type_index, table_index }
            | Operator::ReturnCallIndirect { type_index, table_index } => {
                if let Some((start, slot)) = constant
                    && let Some(slots) = tables.get(&space.table(table_index)?)
                    && let Some(&callee) = slots.get(&slot)
                    && module.funcs[callee].ty == space.ty(type_index)?
                {
                    calls.push(DirectCall { start, call: at, callee });
                }
                None
            }
            _ => None,
        };
    }
    Ok(calls)
}

/// Whether the instruction at `at` is an indirect call, and the bytes in front of it could be a constant.
/// They could also be immediates of something else: a yes is checked by decoding the body.
fn may_follow_constant(bytes: &[u8], at: usize) -> bool {
    const MAX_LEB: usize = 10;
    if !matches!(bytes.get(at), Some(&CALL_INDIRECT | &RETURN_CALL_INDIRECT)) {
        return false;
    }
    let before = &bytes[at.saturating_sub(MAX_LEB + 1)..at];
    let Some((_, before)) = before.split_last() else { return false };
    for &byte in before.iter().rev() {
        if matches!(byte, I32_CONST | I64_CONST) {
            return true;
        }
        // Every byte of the number but the last has its continuation bit set.
        if byte & 0x80 == 0 {
            return false;
        }
    }
    false
}
