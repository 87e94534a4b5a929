//! Instructions of synthesized code, in bytes.

use super::indices::Indices;
use crate::error::MergeError;
use crate::ids::MemoryId;
use crate::module::windows::Size;
use crate::module::{MergedModule, Op};
use crate::synth::{AccessOp, Address};
use wasm_encoder::{Encode, Instruction, MemArg, MemArgTarget};

/// Appends an instruction to `body`.
pub(super) fn op(module: &MergedModule<'_>, indices: &Indices, op: &Op, body: &mut Vec<u8>) -> Result<(), MergeError> {
    match op {
        Op::Plain(instruction) => instruction.encode(body),
        Op::Call(func) => Instruction::Call(indices.funcs.get(*func)?).encode(body),
        Op::RefFunc(func) => Instruction::RefFunc(indices.funcs.get(*func)?).encode(body),
        Op::GlobalGet(global) => Instruction::GlobalGet(indices.globals.get(*global)?).encode(body),
        Op::GlobalSet(global) => Instruction::GlobalSet(indices.globals.get(*global)?).encode(body),
        Op::Access { op, memory, offset, align } => {
            let target = MemArgTarget::Memory(indices.memories.get(*memory)?);
            let offset = module.split_offset(*offset, module.base(*memory)?, false).stays;
            access(*op, MemArg { offset, align: *align, target, ordering: None }).encode(body);
        }
        Op::MemorySize(memory) => memory_size(module, indices, *memory, false, body)?,
        Op::OwnSize(memory) => memory_size(module, indices, *memory, true, body)?,
        Op::Address(place) => Instruction::I32Const(module.address(*place)?.cast_signed()).encode(body),
        Op::MemoryFill(memory) => Instruction::MemoryFill(indices.memories.get(*memory)?).encode(body),
        Op::MemoryInit { memory, data } => {
            let (mem, data_index) = (indices.memories.get(*memory)?, indices.datas.get(*data)?);
            Instruction::MemoryInit { mem, data_index }.encode(body);
        }
        Op::MemoryCopy { dst, src } => {
            let (dst_mem, src_mem) = (indices.memories.get(*dst)?, indices.memories.get(*src)?);
            Instruction::MemoryCopy { src_mem, dst_mem }.encode(body);
        }
    }
    Ok(())
}

fn access(op: AccessOp, arg: MemArg) -> Instruction<'static> {
    match op {
        AccessOp::I32Load => Instruction::I32Load(arg),
        AccessOp::I64Load => Instruction::I64Load(arg),
        AccessOp::F32Load => Instruction::F32Load(arg),
        AccessOp::F64Load => Instruction::F64Load(arg),
        AccessOp::I32Load8U => Instruction::I32Load8U(arg),
        AccessOp::I32Load8S => Instruction::I32Load8S(arg),
        AccessOp::I32Load16U => Instruction::I32Load16U(arg),
        AccessOp::I32Load16S => Instruction::I32Load16S(arg),
        AccessOp::I32Store => Instruction::I32Store(arg),
        AccessOp::I64Store => Instruction::I64Store(arg),
        AccessOp::F32Store => Instruction::F32Store(arg),
        AccessOp::F64Store => Instruction::F64Store(arg),
        AccessOp::I32Store8 => Instruction::I32Store8(arg),
        AccessOp::I32Store16 => Instruction::I32Store16(arg),
    }
}

/// `memory.size`, or its replacement in a window.
pub(super) fn memory_size(
    module: &MergedModule<'_>,
    indices: &Indices,
    memory: MemoryId,
    of_guest: bool,
    body: &mut Vec<u8>,
) -> Result<(), MergeError> {
    let Some(windows) = &module.windows else {
        Instruction::MemorySize(indices.memories.get(memory)?).encode(body);
        return Ok(());
    };
    let window = windows.window(memory)?;
    if window.reaches_beyond && !of_guest {
        let end = module.address(Address::ArenaEnd(memory))? - module.base(memory)?;
        Instruction::I32Const(end.cast_signed()).encode(body);
        return Ok(());
    }
    match window.size() {
        // A memory with 32-bit addresses has at most 2^32 pages; the layout has refused the last of them.
        Size::Pages(pages) => Instruction::I32Const((pages as u32).cast_signed()).encode(body),
        Size::Global(size) => Instruction::GlobalGet(indices.globals.get(size)?).encode(body),
    }
    Ok(())
}
