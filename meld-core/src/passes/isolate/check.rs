//! The code of a check.
//!
//! In: the size of a window, and an access to it. Out: instructions in front of the access, after which it
//! traps if it was outside of the window, and as it would have trapped.
//!
//! An engine may ask three things of an access, in an order of its own: whether address plus offset has more than 32
//! bits, whether the sum is aligned, which only atomic accesses must be, and whether it is in bounds. So an atomic access that is outside goes
//! to an address of which the first two answers are what they were, and which is out of bounds of the whole memory; for any
//! other the last answer is enough. No memory with windows has the last page of the address space.

use crate::ids::{GlobalId, MemoryId};
use crate::module::Op;
use crate::module::remap::rebased;
use crate::module::windows::{Size, Window};
use crate::synth::AccessOp;
use wasm_encoder::{BlockType, Instruction};

/// The virtual size of a window.
pub(super) enum WindowEnd {
    /// Always so many bytes.
    Bytes(u64),
    /// A global with the number of pages, and the bytes at first.
    Global { pages: GlobalId, log2: u32, initial: u64 },
}

impl WindowEnd {
    pub(super) fn new(window: &Window) -> Self {
        match window.size() {
            Size::Pages(_) => WindowEnd::Bytes(window.initial),
            Size::Global(pages) => WindowEnd::Global { pages, log2: window.page_size_log2, initial: window.initial },
        }
    }

    /// Pushes whether the `end` bytes from the address in `local` are not all inside.
    fn exceeded(&self, code: &mut CheckCode, local: u32, end: u64) {
        match *self {
            // The whole memory is smaller than 2^32 bytes.
            WindowEnd::Bytes(bytes) => match bytes.checked_sub(end) {
                Some(last) => {
                    code.push(Instruction::LocalGet(local));
                    code.i32(last as u32);
                    code.push(Instruction::I32GtU);
                }
                None => code.i32(1),
            },
            WindowEnd::Global { pages, log2, initial } => {
                let bytes = |code: &mut CheckCode| {
                    code.0.push(Op::GlobalGet(pages));
                    if log2 > 0 {
                        code.i32(log2);
                        code.push(Instruction::I32Shl);
                    }
                };
                code.push(Instruction::LocalGet(local));
                if end <= initial {
                    bytes(code);
                    code.i32(end as u32);
                    code.push(Instruction::I32Sub);
                    code.push(Instruction::I32GtU);
                } else {
                    code.push(Instruction::I64ExtendI32U);
                    code.push(Instruction::I64Const(end.cast_signed()));
                    code.push(Instruction::I64Add);
                    bytes(code);
                    code.push(Instruction::I64ExtendI32U);
                    code.push(Instruction::I64GtU);
                }
            }
        }
    }
}

/// The arena, as its guest sees it.
#[derive(Clone, Copy)]
pub(super) struct ArenaSpan {
    /// Where it begins.
    pub(super) start: u32,
    /// Bytes from there on: not fewer than any access covers.
    pub(super) bytes: u32,
}

/// A check of one access.
pub(super) struct BoundsCheck {
    pub(super) limit: WindowEnd,
    /// The memory.
    pub(super) memory: MemoryId,
    /// Bytes from the address to the end of what is accessed.
    pub(super) end: u64,
    /// The static offset, as the input has it.
    pub(super) offset: u64,
    /// Where the window begins.
    pub(super) base: u32,
    /// Where the access may be as well.
    pub(super) arena: Option<ArenaSpan>,
}

/// Addresses have their last bits within this: as many as alignment can ask for, and some more.
const LAST_BITS: u32 = 15;
/// The largest multiple of 16 from which even twice the last bits do not lead beyond 2^32.
const HIGHEST: u32 = u32::MAX - 2 * LAST_BITS - 1;

impl BoundsCheck {
    /// Of an address that is in a local, for an access that need not be aligned: the check is an instruction of its own, and traps.
    pub(super) fn in_front(&self, local: u32) -> Vec<Op> {
        let mut code = CheckCode(Vec::new());
        self.limit.exceeded(&mut code, local, self.end);
        code.push(Instruction::If(BlockType::Empty));
        if let Some(arena) = self.arena {
            self.outside_arena(&mut code, local, arena);
            code.push(Instruction::If(BlockType::Empty));
        }
        code.i32(u32::MAX);
        code.0.push(Op::Access { op: AccessOp::I32Load8U, memory: self.memory, offset: u32::MAX.into(), align: 0 });
        code.push(Instruction::Drop);
        if self.arena.is_some() {
            code.push(Instruction::End);
        }
        code.push(Instruction::End);
        code.0
    }

    /// Of an address on the operand stack: the operands above it go to the locals `above` and the address to `local`, and
    /// come back with the address that traps in its place if it was outside.
    pub(super) fn of_operand(&self, local: u32, above: &[u32], atomic: bool) -> Vec<Op> {
        let mut code = CheckCode(Vec::new());
        for &operand in above.iter().rev() {
            code.push(Instruction::LocalSet(operand));
        }
        code.push(Instruction::LocalSet(local));
        if atomic {
            self.same_kind(&mut code, local);
        } else {
            code.highest(local);
        }
        code.push(Instruction::LocalGet(local));
        self.limit.exceeded(&mut code, local, self.end);
        if let Some(arena) = self.arena {
            self.outside_arena(&mut code, local, arena);
            code.push(Instruction::I32And);
        }
        // It chooses the first of two, which is the address that traps.
        code.push(Instruction::Select);
        for &operand in above {
            code.push(Instruction::LocalGet(operand));
        }
        code.0
    }

    /// Pushes whether what is accessed is not all in the arena. If address and offset have a sum of more than 32 bits, the access is out of bounds of
    /// the whole memory, whatever the pushed answer is.
    fn outside_arena(&self, code: &mut CheckCode, local: u32, arena: ArenaSpan) {
        let accessed = (self.end - self.offset) as u32;
        code.push(Instruction::LocalGet(local));
        code.i32(arena.start.wrapping_sub(self.offset as u32));
        code.push(Instruction::I32Sub);
        code.i32(arena.bytes - accessed);
        code.push(Instruction::I32GtU);
    }

    /// Pushes an address in place of the one in `local`: with the emitted offset the sum is out of bounds, is aligned as
    /// it was, and has more than 32 bits if it had.
    fn same_kind(&self, code: &mut CheckCode, local: u32) {
        // If the sum had no more than 32 bits, it is now between `HIGHEST` and what twice the last bits add to it. An offset
        // that is too high for that is one at which no base was added, and below 2^32 it was with an address of four bits
        // only, which stays as it is.
        let emitted = rebased(self.offset, self.base) as u32;
        code.i32(HIGHEST.saturating_sub(emitted & !LAST_BITS));
        code.push(Instruction::LocalGet(local));
        code.i32(LAST_BITS);
        code.push(Instruction::I32And);
        code.push(Instruction::I32Or);
        if self.offset > 0 {
            // The emitted offset is no smaller, so with the highest address the sum has more than 32 bits still.
            code.highest(local);
            code.push(Instruction::LocalGet(local));
            code.i32(!(self.offset as u32));
            code.push(Instruction::I32LeU);
            code.push(Instruction::Select);
        }
    }
}

struct CheckCode(Vec<Op>);

impl CheckCode {
    fn push(&mut self, instruction: Instruction<'static>) {
        self.0.push(Op::Plain(instruction));
    }

    fn i32(&mut self, value: u32) {
        self.push(Instruction::I32Const(value.cast_signed()));
    }

    /// Pushes the highest address with the last bits of the one in `local`.
    fn highest(&mut self, local: u32) {
        self.i32(!LAST_BITS);
        self.push(Instruction::LocalGet(local));
        self.push(Instruction::I32Or);
    }
}
