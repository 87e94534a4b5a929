//! The stack that all guests share, as data.
//!
//! In: nothing. Out: the types of a [`SharedStack`], which [`crate::passes::stack`] makes.

use super::Op;
use crate::ids::{FuncId, GlobalId, MemoryId};
use indexmap::IndexMap;
use wasm_encoder::Instruction;

/// The stack that components share.
#[derive(Debug)]
pub(crate) struct SharedStack {
    /// The pointer: an address.
    pub(crate) pointer: GlobalId,
    /// What traps when it is full.
    pub(crate) overflow: FuncId,
    /// The memories of globals of the input that become this pointer.
    pub(crate) pointers: IndexMap<GlobalId, MemoryId>,
    /// Bytes at the beginning of a memory that were its own stack.
    pub(crate) freed: IndexMap<MemoryId, u64>,
    /// Bytes, without `below`.
    pub(crate) bytes: u64,
    /// Bytes below the pointer that functions use which make no calls and therefore set no pointer.
    pub(crate) below: u64,
    /// What is checked when it runs, by function.
    pub(crate) checked: IndexMap<FuncId, Checked>,
    /// Bytes that must be free when the host calls one of these.
    pub(crate) rooms: IndexMap<FuncId, u64>,
}

/// A function in which something is checked.
#[derive(Debug)]
pub(crate) struct Checked {
    /// The memory to which its stack pointer belongs.
    pub(crate) memory: MemoryId,
    /// Where it lowers the pointer, if it may lower it too far.
    pub(crate) lowered: Vec<Lowered>,
    /// What it accesses that is not proved to be where it may be.
    pub(crate) unproved: Vec<Unproved>,
}

impl SharedStack {
    /// The replacement of `global.get` of the stack pointer of a memory whose window begins at `base`: the shared pointer as the guest
    /// sees it.
    pub(crate) fn get(&self, base: u32) -> Vec<Op> {
        let mut ops = vec![Op::GlobalGet(self.pointer)];
        if base > 0 {
            ops.push(Op::Plain(Instruction::I32Const(base.cast_signed())));
            ops.push(Op::Plain(Instruction::I32Sub));
        }
        ops
    }

    /// The replacement of `global.set` of the stack pointer of a memory whose window begins at `base`.
    pub(crate) fn set(&self, base: u32) -> Vec<Op> {
        let mut ops = Vec::new();
        if base > 0 {
            ops.push(Op::Plain(Instruction::I32Const(base.cast_signed())));
            ops.push(Op::Plain(Instruction::I32Add));
        }
        ops.push(Op::GlobalSet(self.pointer));
        ops
    }

    /// How many functions have frames that are checked.
    pub(crate) fn checked_frames(&self) -> usize {
        self.checked.values().filter(|checked| !checked.lowered.is_empty()).count()
    }

    /// How many functions ask for room when the host calls them.
    pub(crate) fn asking(&self) -> usize {
        self.rooms.len()
    }

    /// How many functions have accesses that are checked.
    pub(crate) fn checked_accesses(&self) -> usize {
        self.checked.values().filter(|checked| !checked.unproved.is_empty()).count()
    }
}

/// A `global.set` that lowers the stack pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lowered {
    /// The instruction's offset in the body.
    pub(crate) at: u32,
    /// Bytes below the pointer at entry, at most. `None` if that is decided when it runs.
    pub(crate) by: Option<u64>,
    /// Where it must not be above then, in bytes from the pointer at entry.
    pub(crate) ceiling: i32,
}

/// An access that is not proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unproved {
    /// The instruction's offset in the body.
    pub(crate) at: u32,
    /// Which address.
    pub(crate) operand: Operand,
    /// Where it may be.
    pub(crate) bound: Bound,
}

/// Which operand of an instruction is an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operand {
    /// That of a load or a store.
    Address {
        /// From so far behind the address on.
        offset: u64,
        /// So many bytes.
        size: u32,
        /// The instruction's name in wasmparser's table, and how many operands lie above the address.
        above: (&'static str, usize),
    },
    /// Where a range begins that is written: the first of three.
    To,
    /// Where a range begins that is read: the second of three.
    From,
}

/// Where what is accessed may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bound {
    /// Between the bottom of the stack and the pointer at entry.
    Frame,
    /// There, or anywhere in the stack, or in what else the guest may access.
    Anywhere,
}
