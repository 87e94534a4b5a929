//! Static offsets of accesses within a bound, if that is asked for.
//!
//! In: the live module with its layout. Out: functions that add what is too much to an address, one for each number that is added. When
//! bodies are written, an access whose static offset would be larger than the bound calls one first ([`moves`]).
//!
//! An engine adds address and offset in 33 bits, and traps where the sum has more than 32. An addition in 32 bits would wrap instead, and the
//! access would go to a low address. So the function returns an address in the last 16 bytes below 2^32 where the sum wraps, with the
//! same alignment: no memory with windows has these bytes, so the access traps, out of bounds as before. At a constant address it is seen that
//! nothing wraps, and the number is added there. Behind a check of `--isolate` it is not: an address that fails it has become a high one.

use crate::error::MergeError;
use crate::ids::{FuncId, Id, MemoryId};
use crate::maps::Map;
use crate::module::insertions::Insertions;
use crate::module::offsets::SplitOffset;
use crate::module::reach::Marks;
use crate::module::{Code, Func, FuncDef, MergedModule, ModuleKey, Op, Synthesized};
use crate::passes::walk::access::{Access, access, operands};
use crate::passes::walk::arity::Arity;
use crate::synth::AccessOp;
use std::collections::BTreeSet;
use wasm_encoder::{Instruction, ValType};
use wasmparser::{MemArgTarget, Operator};

/// How a number comes to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Addition {
    /// By an instruction: it does not wrap.
    Plain(u32),
    /// By a function.
    Checked(u32),
}

/// Makes the functions that bodies call.
pub(super) fn bound(module: &mut MergedModule<'_>, marks: &mut Marks) -> Result<(), MergeError> {
    if module.windows.as_ref().is_none_or(|windows| windows.max_offset.is_none()) {
        return Ok(());
    }
    let mut numbers: BTreeSet<u32> = BTreeSet::new();
    let mut note = |addition: Addition| {
        if let Addition::Checked(number) = addition {
            numbers.insert(number);
        }
    };
    for func in module.funcs.ids().filter(|id| marks.funcs[id.index()] && module.canonical(*id) == *id) {
        match &module.funcs[func].def {
            FuncDef::Guest { .. } => each(module, func, |_, _, addition| {
                note(addition);
                Ok(())
            })?,
            FuncDef::Synth(synth) => {
                for op in &synth.code.ops {
                    if let Op::Access { memory, offset, .. } = op
                        && let Some(number) = too_much(module, *memory, *offset)?
                    {
                        note(Addition::Checked(number));
                    }
                }
            }
            FuncDef::Import(_) | FuncDef::Trap(_) | FuncDef::Init => {}
        }
    }
    for number in numbers {
        let ty = module.types.func(&[ValType::I32], &[ValType::I32]);
        marks.groups.resize(module.types.group_count(), false);
        marks.groups[module.types.group_of(ty).index()] = true;
        let code = Code { locals: vec![ValType::I32], ops: adder(number), steps: Vec::new() };
        let name = format!("offset {number}");
        let def = FuncDef::Synth(Box::new(Synthesized { name, code, id: None }));
        let func = module.add_func(Func { ty, def });
        marks.added();
        module.adders.insert(number, func);
    }
    Ok(())
}

/// `(address) -> address + number`, or an address in the last 16 bytes if that wraps.
fn adder(number: u32) -> Vec<Op> {
    let number = number.cast_signed();
    let ops = [
        Instruction::LocalGet(0),
        Instruction::I32Const(number),
        Instruction::I32Add,
        Instruction::LocalTee(1),
        Instruction::LocalGet(1),
        Instruction::I32Const(-16),
        Instruction::I32Or,
        Instruction::LocalGet(1),
        Instruction::I32Const(number),
        Instruction::I32GeU,
        Instruction::Select,
    ];
    ops.into_iter().map(Op::Plain).collect()
}

/// What is added to the address of an access of synthesized code, if anything is.
fn too_much(module: &MergedModule<'_>, memory: MemoryId, offset: u64) -> Result<Option<u32>, MergeError> {
    let SplitOffset { added, .. } = module.split_offset(offset, module.base(memory)?, false);
    Ok(Some(added).filter(|added| *added > 0))
}

/// Calls `add` for each access in a body of a core module whose offset is too large: where it is, what it is, and how a number is added.
fn each(
    module: &MergedModule<'_>,
    func: FuncId,
    mut add: impl FnMut(u32, &Access, Addition) -> Result<(), MergeError>,
) -> Result<(), MergeError> {
    let FuncDef::Guest { origin, .. } = &module.funcs[func].def else { return Ok(()) };
    let scope = &module.scopes[origin.scope];
    let body = &module.module_of(origin.scope).bodies[origin.index as usize];
    // A check may put another address in the place of a constant.
    let is_checked = module.windows.as_ref().is_some_and(|windows| windows.isolate);
    let mut constant = None;
    for operator in body.operators().into_iter_with_offsets() {
        let (operator, offset) = operator?;
        if let Some(access) = access(&operator)
            && let MemArgTarget::Memory(memory) = access.memarg.target
        {
            let base = if scope.is_absolute { 0 } else { module.base(scope.memory(memory)?)? };
            let is_atomic = access.name.contains("Atomic");
            let SplitOffset { added, .. } = module.split_offset(access.memarg.offset, base, is_atomic);
            // A store has its value in front, and so has a load of a lane.
            let is_load = access.name.contains("Load") && !access.name.contains("Lane");
            let fits =
                constant.filter(|_| is_load && !is_checked).is_some_and(|at: u32| at.checked_add(added).is_some());
            if added > 0 {
                add(offset as u32, &access, if fits { Addition::Plain(added) } else { Addition::Checked(added) })?;
            }
        }
        constant = match operator {
            Operator::I32Const { value } => Some(value.cast_unsigned()),
            _ => None,
        };
    }
    Ok(())
}

/// The instruction that adds to the address on top of the stack.
fn addition(module: &MergedModule<'_>, addition: Addition) -> Result<Vec<Op>, MergeError> {
    Ok(match addition {
        Addition::Plain(number) => {
            vec![Op::Plain(Instruction::I32Const(number.cast_signed())), Op::Plain(Instruction::I32Add)]
        }
        Addition::Checked(number) => {
            let adder = module.adders.get(&number).ok_or_else(|| MergeError::Missing {
                item: "an access".to_owned(),
                missing: format!("a function that adds {number} to its address"),
            })?;
            vec![Op::Call(*adder)]
        }
    })
}

/// Adds to what is put into a body of a core module: additions in front of accesses, behind all checks.
pub(super) fn moves<'m>(
    module: &'m MergedModule<'_>,
    func: FuncId,
    arities: &mut Map<ModuleKey, Arity<'m>>,
    insertions: &mut Insertions,
) -> Result<(), MergeError> {
    if module.windows.as_ref().is_none_or(|windows| windows.max_offset.is_none()) {
        return Ok(());
    }
    let FuncDef::Guest { origin, .. } = &module.funcs[func].def else { return Ok(()) };
    let body = &module.module_of(origin.scope).bodies[origin.index as usize];
    let moved = module.in_globals.get(&func).map_or(0, |moved| moved.params.len());
    let params = module.param_count(func) + moved;
    let declared = params as u32 + body.local_count()? + insertions.locals.len() as u32;
    let mut found = Vec::new();
    each(module, func, |at, access, addition| {
        found.push((at, *access, addition));
        Ok(())
    })?;
    if found.is_empty() {
        return Ok(());
    }
    let key = module.scopes[origin.scope].module;
    let arity = &*arities.entry(key).or_insert_with(|| Arity::new(module.module(key)));
    let mut locals: Vec<ValType> = Vec::new();
    for (offset, access, how) in found {
        let operator = body.operators_from(offset).read()?;
        let pops = operator.operator_arity(arity).map_or(1, |(pops, _)| pops as usize);
        let above = operands(access.name, pops - 1)?;
        let mut taken: Vec<u32> = Vec::new();
        let mut ops = Vec::new();
        for ty in above.iter().rev() {
            let known =
                locals.iter().enumerate().find(|(index, known)| *known == ty && !taken.contains(&(*index as u32)));
            let index = known.map(|(index, _)| index).unwrap_or_else(|| {
                locals.push(*ty);
                locals.len() - 1
            }) as u32;
            taken.push(index);
            ops.push(Op::Plain(Instruction::LocalSet(declared + index)));
        }
        ops.extend(addition(module, how)?);
        ops.extend(taken.iter().rev().map(|index| Op::Plain(Instruction::LocalGet(declared + index))));
        insertions.before.push((offset, ops));
    }
    insertions.locals.extend(locals);
    insertions.before.sort_by_key(|(at, _)| *at);
    Ok(())
}

/// The code of an adapter with additions in front of accesses; `None` if there are none.
pub(super) fn synthesized(module: &MergedModule<'_>, func: FuncId, code: &Code) -> Result<Option<Code>, MergeError> {
    if module.adders.is_empty() {
        return Ok(None);
    }
    let params = module.param_count(func);
    let first = (params + code.locals.len()) as u32;
    let mut locals: Vec<ValType> = Vec::new();
    let mut ops = Vec::new();
    let mut steps = code.steps.iter().peekable();
    let mut moved = Vec::new();
    for (position, op) in code.ops.iter().enumerate() {
        while let Some((_, step)) = steps.next_if(|(at, _)| *at <= position) {
            moved.push((ops.len(), *step));
        }
        if let Op::Access { op: access, memory, offset, .. } = op
            && let Some(number) = too_much(module, *memory, *offset)?
        {
            let value = stored(*access);
            let local = value.map(|ty| {
                let known = locals.iter().position(|known| *known == ty);
                first
                    + known.unwrap_or_else(|| {
                        locals.push(ty);
                        locals.len() - 1
                    }) as u32
            });
            ops.extend(local.map(|local| Op::Plain(Instruction::LocalSet(local))));
            ops.extend(addition(module, Addition::Checked(number))?);
            ops.extend(local.map(|local| Op::Plain(Instruction::LocalGet(local))));
        }
        ops.push(op.clone());
    }
    moved.extend(steps.map(|(_, step)| (ops.len(), *step)));
    let locals = code.locals.iter().copied().chain(locals).collect();
    Ok(Some(Code { locals, ops, steps: moved }))
}

/// The type of what an access stores, if it is a store.
fn stored(op: AccessOp) -> Option<ValType> {
    match op {
        AccessOp::I32Store | AccessOp::I32Store8 | AccessOp::I32Store16 => Some(ValType::I32),
        AccessOp::I64Store => Some(ValType::I64),
        AccessOp::F32Store => Some(ValType::F32),
        AccessOp::F64Store => Some(ValType::F64),
        AccessOp::I32Load
        | AccessOp::I64Load
        | AccessOp::F32Load
        | AccessOp::F64Load
        | AccessOp::I32Load8U
        | AccessOp::I32Load8S
        | AccessOp::I32Load16U
        | AccessOp::I32Load16S => None,
    }
}
