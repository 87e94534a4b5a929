//! The code of a shared stack.
//!
//! In: final indices and places. Out: what stands for `global.get` and `global.set` of a guest's stack pointer, which is
//! the shared pointer less the base of the guest's window; and, in front of a `global.set` that might go too far,
//! a check that traps. A number that wraps around is as far off as one that is too low: one comparison sees both.

use super::{Checked, Lowered, SharedStack};
use crate::emit::indices::Indices;
use crate::error::MergeError;
use crate::ids::{FuncId, MemoryId};
use crate::memory::Place;
use crate::memory::isolate::Checks;
use crate::parse::Body;
use wasm_encoder::{BlockType, Encode, Instruction, ValType};

/// Appends what stands for `global.get` of the stack pointer of `memory`.
pub(crate) fn get(
    stack: &SharedStack,
    indices: &Indices,
    memory: MemoryId,
    out: &mut Vec<u8>,
) -> Result<(), MergeError> {
    Instruction::GlobalGet(indices.globals.get(stack.pointer)?).encode(out);
    if let base @ 1.. = indices.base(memory)? {
        Instruction::I32Const(base.cast_signed()).encode(out);
        Instruction::I32Sub.encode(out);
    }
    Ok(())
}

/// Appends what stands for `global.set` of the stack pointer of `memory`.
pub(crate) fn set(
    stack: &SharedStack,
    indices: &Indices,
    memory: MemoryId,
    out: &mut Vec<u8>,
) -> Result<(), MergeError> {
    if let base @ 1.. = indices.base(memory)? {
        Instruction::I32Const(base.cast_signed()).encode(out);
        Instruction::I32Add.encode(out);
    }
    Instruction::GlobalSet(indices.globals.get(stack.pointer)?).encode(out);
    Ok(())
}

/// The checks of a function with that body. `params`: how many parameters it has.
pub(crate) fn checks(
    stack: &SharedStack,
    indices: &Indices,
    func: FuncId,
    params: usize,
    body: &Body<'_>,
) -> Result<Checks, MergeError> {
    let Some(Checked { memory, lowered }) = stack.checked.get(&func) else { return Ok(Checks::default()) };
    // The layout has refused a stack that does not fit.
    let lowest = indices.address(Place::StackTop)? - stack.bytes as u32;
    let base = indices.base(*memory)?;
    // The first index at which the body has no local.
    let local = params as u32 + body.local_count()?;
    let mut before = Vec::new();
    for &Lowered { at, by } in lowered {
        let mut code = Vec::new();
        let mut push = |instruction: Instruction<'_>| instruction.encode(&mut code);
        push(Instruction::LocalTee(local));
        push(Instruction::LocalGet(local));
        push(Instruction::I32Const((lowest - base).cast_signed()));
        push(Instruction::I32Sub);
        match by {
            // Below the top at least: it is lower than where it was.
            Some(_) => push(Instruction::I32Const((stack.bytes as u32).cast_signed())),
            None => {
                // How much lower is not known, nor whether it is: it must not be higher than it is now.
                push(Instruction::GlobalGet(indices.globals.get(stack.pointer)?));
                push(Instruction::I32Const(lowest.cast_signed()));
                push(Instruction::I32Sub);
            }
        }
        push(Instruction::I32GtU);
        push(Instruction::If(BlockType::Empty));
        push(Instruction::Call(indices.funcs.get(stack.overflow)?));
        push(Instruction::Unreachable);
        push(Instruction::End);
        before.push((at, code));
    }
    Ok(Checks { locals: vec![ValType::I32], before })
}
