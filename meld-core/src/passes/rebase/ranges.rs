//! Functions that replace instructions on ranges of a window.
//!
//! In: windows. Out: bodies of type `(i32, i32, i32) -> ()` with the operands of `memory.copy`, `memory.fill` and
//! `memory.init`, and one for active segments. Each checks that its ranges lie inside the virtual size of their windows, or what else their guests reach, traps out of bounds
//! as the instruction would, and then does the instruction at the windows' bases. After the check, adding a base
//! cannot wrap.

use crate::error::MergeError;
use crate::ids::{DataId, MemoryId};
use crate::module::windows::{Size, Windows};
use crate::module::{Code, Op};
use crate::synth::{AccessOp, Address};
use wasm_encoder::{BlockType, Instruction, ValType};

/// `memory.copy`: destination, source, length.
pub(super) fn copy(windows: &Windows, dst: MemoryId, src: MemoryId) -> Result<Code, MergeError> {
    let mut ops = Vec::new();
    check(windows, dst, (0, 2), End::Reach, &mut ops)?;
    check(windows, src, (1, 2), End::Reach, &mut ops)?;
    absolute(dst, 0, &mut ops);
    absolute(src, 1, &mut ops);
    ops.push(get(2));
    ops.push(Op::MemoryCopy { dst, src });
    Ok(Code { locals: Vec::new(), ops, steps: Vec::new() })
}

/// `memory.fill`: destination, value, length.
pub(super) fn fill(windows: &Windows, memory: MemoryId) -> Result<Code, MergeError> {
    let mut ops = Vec::new();
    check(windows, memory, (0, 2), End::Reach, &mut ops)?;
    absolute(memory, 0, &mut ops);
    ops.push(get(1));
    ops.push(get(2));
    ops.push(Op::MemoryFill(memory));
    Ok(Code { locals: Vec::new(), ops, steps: Vec::new() })
}

/// `memory.init`: destination, offset in the segment, length. The instruction checks the segment's range itself.
pub(super) fn init(windows: &Windows, memory: MemoryId, data: DataId) -> Result<Code, MergeError> {
    let mut ops = Vec::new();
    check(windows, memory, (0, 2), End::Reach, &mut ops)?;
    absolute(memory, 0, &mut ops);
    ops.push(get(1));
    ops.push(get(2));
    ops.push(Op::MemoryInit { memory, data });
    Ok(Code { locals: Vec::new(), ops, steps: Vec::new() })
}

/// Where an active segment is: from its offset and its length, the address in the one memory. It has to be in the window
/// itself, whatever else its guest reaches. One function is enough for all segments of a memory: what names the segment is
/// where it is carried out.
pub(super) fn place(windows: &Windows, memory: MemoryId) -> Result<Code, MergeError> {
    let mut ops = Vec::new();
    check(windows, memory, (0, 1), End::Window, &mut ops)?;
    absolute(memory, 0, &mut ops);
    Ok(Code { locals: Vec::new(), ops, steps: Vec::new() })
}

fn get(local: u32) -> Op {
    Op::Plain(Instruction::LocalGet(local))
}

/// Pushes the address of the pointer in local `pointer`.
fn absolute(memory: MemoryId, pointer: u32, ops: &mut Vec<Op>) {
    ops.push(get(pointer));
    ops.push(Op::Address(Address::WindowBase(memory)));
    ops.push(Op::Plain(Instruction::I32Add));
}

/// Where a range has to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Within the virtual size of the window.
    Window,
    /// Where what the guest reaches ends: beyond the window, if it has pointers into an arena or a shared stack.
    Reach,
}

/// Traps unless the range from one local, with the length in the other, ends where it has to. Both ends are smaller
/// than 2^32 bytes, as the whole memory is.
fn check(
    windows: &Windows,
    memory: MemoryId,
    (pointer, length): (u32, u32),
    end: End,
    ops: &mut Vec<Op>,
) -> Result<(), MergeError> {
    // If accesses are checked, there is nothing for the guest between its window and the arena.
    let in_two_places = windows.isolate && end == End::Reach && windows.window(memory)?.reaches_beyond;
    let end = if in_two_places { End::Window } else { end };
    // Where the length fits, so does the difference; where it does not, the difference is not asked for.
    ops.push(get(length));
    bytes(windows, memory, end, ops)?;
    ops.push(Op::Plain(Instruction::I32GtU));
    ops.push(get(pointer));
    bytes(windows, memory, end, ops)?;
    ops.push(get(length));
    ops.push(Op::Plain(Instruction::I32Sub));
    ops.push(Op::Plain(Instruction::I32GtU));
    ops.push(Op::Plain(Instruction::I32Or));
    if in_two_places {
        ops.push(Op::Plain(Instruction::If(BlockType::Result(ValType::I32))));
        outside_arena(memory, (pointer, length), ops);
        ops.push(Op::Plain(Instruction::Else));
        ops.push(Op::Plain(Instruction::I32Const(0)));
        ops.push(Op::Plain(Instruction::End));
    }
    ops.push(Op::Plain(Instruction::If(BlockType::Empty)));
    // Out of bounds whatever the base: no memory with windows reaches the last page.
    ops.push(Op::Plain(Instruction::I32Const(-1)));
    ops.push(Op::Access { op: AccessOp::I32Load8U, memory, offset: u32::MAX.into(), align: 0 });
    ops.push(Op::Plain(Instruction::Drop));
    ops.push(Op::Plain(Instruction::End));
    Ok(())
}

/// Pushes whether the range is not all in the arena.
fn outside_arena(memory: MemoryId, (pointer, length): (u32, u32), ops: &mut Vec<Op>) {
    let bytes = |ops: &mut Vec<Op>| {
        ops.push(Op::Address(Address::ArenaEnd(memory)));
        ops.push(Op::Address(Address::ArenaBase(memory)));
        ops.push(Op::Plain(Instruction::I32Sub));
    };
    ops.push(get(length));
    bytes(ops);
    ops.push(Op::Plain(Instruction::I32GtU));
    // A pointer below the arena becomes a number that is too large.
    ops.push(get(pointer));
    ops.push(Op::Address(Address::ArenaBase(memory)));
    ops.push(Op::Address(Address::WindowBase(memory)));
    ops.push(Op::Plain(Instruction::I32Sub));
    ops.push(Op::Plain(Instruction::I32Sub));
    bytes(ops);
    ops.push(get(length));
    ops.push(Op::Plain(Instruction::I32Sub));
    ops.push(Op::Plain(Instruction::I32GtU));
    ops.push(Op::Plain(Instruction::I32Or));
}

/// Pushes the bytes from the window's base to that end.
fn bytes(windows: &Windows, memory: MemoryId, end: End, ops: &mut Vec<Op>) -> Result<(), MergeError> {
    let window = windows.window(memory)?;
    match window.size() {
        _ if end == End::Reach && window.reaches_beyond => ops.push(Op::MemorySize(memory)),
        // A window that is too large is refused by the layout.
        Size::Pages(_) => ops.push(Op::Plain(Instruction::I32Const((window.initial as u32).cast_signed()))),
        Size::Global(pages) => {
            ops.push(Op::GlobalGet(pages));
            if window.page_size_log2 > 0 {
                ops.push(Op::Plain(Instruction::I32Const(window.page_size_log2.cast_signed())));
                ops.push(Op::Plain(Instruction::I32Shl));
            }
        }
    }
    Ok(())
}
