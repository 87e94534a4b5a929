//! Where a value comes from and where it goes.
//!
//! In: nothing. Out: [`Source`] and [`Destination`], the two operands of every translation: flat core
//! values or memory, and the [`Side`] whose canonical options apply. A side knows its component instance,
//! so that a handle can be taken out of one handle space and put into another.

use crate::abi::Pointer;
use crate::dfg::StringEncoding;
use crate::ids::{ComponentInstanceId, SynthId};
use crate::synth::{FuncRef, MemoryRef};
use wasm_encoder::ValType;

/// One end of a crossing: canonical options, resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Side {
    /// The component instance whose handles and flags are meant.
    pub(super) instance: ComponentInstanceId,
    /// How strings are encoded in `memory`.
    pub(super) encoding: StringEncoding,
    /// The memory, if the options name one.
    pub(super) memory: Option<Memory>,
    /// The `realloc`, if the options name one.
    pub(super) realloc: Option<FuncRef>,
    /// Whether the call has a task in the module: it keeps what is borrowed, which may outlive the call.
    pub(super) in_task: bool,
}

impl Side {
    /// The width of its pointers, which is that of its memory's addresses. Without a memory there are none.
    pub(super) fn pointer(&self) -> Pointer {
        self.memory.map_or(Pointer::W32, |memory| memory.pointer)
    }
}

/// A memory and what bounds checks and pointers need to know of its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Memory {
    /// The memory.
    pub(super) memory: MemoryRef,
    /// Log2 of the page size in bytes.
    pub(super) page_size_log2: u32,
    /// The width of its addresses.
    pub(super) pointer: Pointer,
    /// Where the guest has pointers beyond its window, and the other side is the host or accesses are checked: the function that says of a range whether the
    /// guest may point to it ([`reach`](super::reach)).
    pub(super) reach: Option<SynthId>,
}

/// One core value of a flat source.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    /// Where it is.
    pub(super) place: SlotPlace,
    /// Its core type. Under a variant that is the joined type, which may be wider than the value's own.
    pub(super) ty: ValType,
}

/// Where one core value of a flat source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SlotPlace {
    /// In a local, to be read any number of times.
    Local(u32),
    /// On top of the operand stack, to be consumed once. Only where it is the one value of the source, and
    /// only towards a flat destination: an address cannot get under it any more.
    Top,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Source<'p> {
    /// Flat.
    Stack {
        /// The core values.
        slots: &'p [Slot],
        /// The side that lifts.
        side: &'p Side,
    },
    /// In memory, aligned and in bounds.
    Memory {
        /// The local that holds the address.
        base: u32,
        /// Bytes from there to the value.
        offset: u64,
        /// The side that lifts.
        side: &'p Side,
    },
}

/// Where a value goes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Destination<'p> {
    /// Flat: left on the operand stack.
    Stack {
        /// The core types to leave. Under a variant those are the joined types.
        types: &'p [ValType],
        /// The side that lowers.
        side: &'p Side,
    },
    /// In memory, aligned and in bounds.
    Memory {
        /// The local that holds the address.
        base: u32,
        /// Bytes from there to the value.
        offset: u64,
        /// The side that lowers.
        side: &'p Side,
    },
}

impl<'p> Source<'p> {
    /// The side that lifts.
    pub(super) fn side(&self) -> &'p Side {
        match self {
            Source::Stack { side, .. } | Source::Memory { side, .. } => side,
        }
    }

    /// A part of the value: the flat values `from..from + count`, or what is `at` bytes into it.
    pub(super) fn part(&self, from: usize, count: usize, at: u64) -> Source<'p> {
        match *self {
            Source::Stack { slots, side } => Source::Stack { slots: &slots[from..from + count], side },
            Source::Memory { base, offset, side } => Source::Memory { base, offset: offset + at, side },
        }
    }
}

impl<'p> Destination<'p> {
    /// The side that lowers.
    pub(super) fn side(&self) -> &'p Side {
        match self {
            Destination::Stack { side, .. } | Destination::Memory { side, .. } => side,
        }
    }

    /// A part of the value: the flat values `from..from + count`, or what is `at` bytes into it.
    pub(super) fn part(&self, from: usize, count: usize, at: u64) -> Destination<'p> {
        match *self {
            Destination::Stack { types, side } => Destination::Stack { types: &types[from..from + count], side },
            Destination::Memory { base, offset, side } => Destination::Memory { base, offset: offset + at, side },
        }
    }

    /// How many flat values are to be left on the operand stack.
    pub(super) fn flat_len(&self) -> usize {
        match self {
            Destination::Stack { types, .. } => types.len(),
            Destination::Memory { .. } => 0,
        }
    }
}
