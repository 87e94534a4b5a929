//! The one recursive walk.
//!
//! In: a type, where a value of it is, and where it goes. Out: instructions that lift it and lower it
//! in one go, field by field (`CanonicalABI.md`, "Loading", "Storing", "Flat Lifting", "Flat Lowering"). The spec
//! lifts everything before it lowers anything; within one crossing no program can tell: every trap is
//! final, memories of different component instances are different, and `realloc` cannot call out.
//!
//! What comes off the stack and what comes out of memory, what goes onto the stack and what into memory:
//! all four combinations are one function per type, over [`Source`] and [`Destination`]. Each of the two has its own
//! width of pointers, and with it its own layouts and flat types (`docs/adr/0029-wide-memories.md`).

use super::Adapters;
use super::body::{BodyBuilder, Bytes, Local};
use super::place::{Destination, Memory, Side, SlotPlace, Source};
use crate::abi::shape::Shape;
use crate::abi::types::ValType as InterfaceType;
use crate::abi::{Abi, Pointer};
use crate::error::AdapterError;
use crate::synth::{AccessOp, TrapClass};
use wasm_encoder::ValType;

/// A walk that is writing a body.
pub(super) struct ValueWalk<'w, 'a> {
    /// Everything that bodies have in common.
    pub(super) adapters: &'w mut Adapters<'a>,
    /// The body.
    pub(super) body: BodyBuilder,
    /// The type that the body was outlined for, which is not to be outlined again.
    pub(super) outlined: Option<InterfaceType>,
    /// Whether the one borrow that there is need not be remembered by the table that lends it.
    pub(super) lend_one: bool,
}

/// A core value that is read more than once.
#[derive(Debug)]
pub(super) enum Held {
    /// It is in a local anyway.
    Slot(u32),
    /// It was put into a local.
    Local(Local),
}

impl Held {
    /// The local.
    pub(super) fn local(&self) -> u32 {
        match self {
            Held::Slot(index) => *index,
            Held::Local(local) => local.index,
        }
    }
}

impl<'a> ValueWalk<'_, 'a> {
    /// The facts of all types on one side. Where both sides have the same ones, it does not matter whose are asked.
    pub(super) fn abi(&self, side: &Side) -> &'a Abi<'a> {
        self.adapters.abi_of(side.pointer())
    }

    /// Moves a value of type `ty`.
    pub(super) fn translate(
        &mut self,
        ty: InterfaceType,
        src: Source<'_>,
        dst: Destination<'_>,
    ) -> Result<(), AdapterError> {
        self.adapters.within_limit(self.body.len(), self.body.name())?;
        // A type without pointers, which has one layout.
        let facts = self.abi(src.side()).facts(ty);
        if let (Source::Memory { .. }, Destination::Memory { .. }, true) = (src, dst, facts.bit_copy) {
            return self.copy_bytes(facts.layout, src, dst);
        }
        if self.is_outlined(ty) {
            return self.call_outlined(ty, src, dst);
        }
        match self.adapters.abi.types().shape(ty) {
            Shape::Scalar(scalar) => self.scalar(scalar, src, dst),
            Shape::String => self.string(src, dst),
            Shape::List(element) => self.list(&element, src, dst),
            Shape::FixedLengthList(element, length) => self.fixed_length_list(element, length, src, dst),
            Shape::Record(fields) => self.fields(&fields, src, dst),
            Shape::Variant(cases) => self.variant(&cases, src, dst),
            Shape::Flags(labels) => self.flags(labels, src, dst),
            Shape::Own(resource) => self.own(resource, src, dst),
            Shape::Borrow(resource) => self.borrow(resource, src, dst),
            Shape::Waitable(_) if self.adapters.plan.principal.tasks.is_some() && ty != InterfaceType::ErrorContext => {
                self.readable_end(ty, src, dst)
            }
            Shape::Waitable(name) => {
                Err(self.unsupported(format!("`{name}` values cannot cross between components yet")))
            }
        }
    }

    /// The error that this body cannot be written.
    pub(super) fn unsupported(&self, reason: String) -> AdapterError {
        AdapterError::Unsupported { item: self.body.name().to_owned(), reason }
    }

    /// The memory of a side whose options must have one.
    pub(super) fn memory(&self, side: &Side) -> Result<Memory, AdapterError> {
        side.memory.ok_or_else(|| AdapterError::MissingOption { item: self.body.name().to_owned(), option: "memory" })
    }

    /// Pushes one core value of the source: flat value 0, or what the load finds at the start.
    pub(super) fn read(&mut self, src: Source<'_>, want: ValType, load: AccessOp) -> Result<(), AdapterError> {
        match src {
            Source::Stack { slots, .. } => {
                if let SlotPlace::Local(local) = slots[0].place {
                    self.body.get(local);
                }
                self.body.cast(slots[0].ty, want);
            }
            Source::Memory { base, offset, side } => {
                let memory = self.memory(side)?;
                self.body.get(base);
                self.body.access(load, memory.memory, offset);
            }
        }
        Ok(())
    }

    /// Reads one core value of the source into a local, unless it is in one.
    pub(super) fn hold(&mut self, src: Source<'_>, want: ValType, load: AccessOp) -> Result<Held, AdapterError> {
        if let Source::Stack { slots, .. } = src
            && let SlotPlace::Local(local) = slots[0].place
            && slots[0].ty == want
        {
            return Ok(Held::Slot(local));
        }
        self.read(src, want, load)?;
        Ok(Held::Local(self.body.pop(want)))
    }

    /// The value is no longer needed.
    pub(super) fn release(&mut self, held: Held) {
        if let Held::Local(local) = held {
            self.body.release(local);
        }
    }

    /// Comes before the instructions that make one core value for the destination. An address has to be
    /// below the value that is stored there.
    pub(super) fn begin_write(&mut self, dst: Destination<'_>) {
        if let Destination::Memory { base, .. } = dst {
            self.body.get(base);
        }
    }

    /// Comes after those instructions: the value has type `have`.
    pub(super) fn end_write(
        &mut self,
        dst: Destination<'_>,
        have: ValType,
        store: AccessOp,
    ) -> Result<(), AdapterError> {
        match dst {
            Destination::Stack { types, .. } => self.body.cast(have, types[0]),
            Destination::Memory { offset, side, .. } => {
                let memory = self.memory(side)?;
                self.body.access(store, memory.memory, offset);
            }
        }
        Ok(())
    }

    /// Reads a pointer or a length of the source, unless it is in a local.
    pub(super) fn hold_pointer(&mut self, src: Source<'_>) -> Result<Held, AdapterError> {
        let pointer = src.side().pointer();
        self.hold(src, pointer.core_type(), pointer_load(pointer))
    }

    /// Writes a pointer or a length, in a local of that type, to the destination.
    pub(super) fn write_pointer(&mut self, local: u32, dst: Destination<'_>) -> Result<(), AdapterError> {
        let pointer = dst.side().pointer();
        let store = match pointer {
            Pointer::W32 => AccessOp::I32Store,
            Pointer::W64 => AccessOp::I64Store,
        };
        self.write(local, pointer.core_type(), dst, store)
    }

    /// Writes the value of a local to the destination.
    pub(super) fn write(
        &mut self,
        local: u32,
        ty: ValType,
        dst: Destination<'_>,
        store: AccessOp,
    ) -> Result<(), AdapterError> {
        self.begin_write(dst);
        self.body.get(local);
        self.end_write(dst, ty, store)
    }

    /// Calls the side's `realloc` for new memory and checks what it returns (`LiftLowerContext.allocate`). Returns
    /// the local that holds the address.
    pub(super) fn allocate(&mut self, side: &Side, bytes: Bytes, align: u32) -> Result<Local, AdapterError> {
        let memory = self.memory(side)?;
        let realloc = self.realloc(side)?;
        for number in [Bytes::Const(0), Bytes::Const(0), Bytes::Const(align.into()), bytes] {
            self.body.push_bytes(number, memory.pointer);
        }
        self.body.call(realloc);
        let pointer = self.body.pop(memory.pointer.core_type());
        self.body.check_aligned(pointer.index, align, TrapClass::ReallocUnaligned);
        // The size is read after the call: realloc may have grown the memory.
        self.body.check_in_bounds(memory, pointer.index, bytes, TrapClass::ReallocOutOfBounds);
        Ok(pointer)
    }

    /// The `realloc` of a side whose options must have one.
    pub(super) fn realloc(&self, side: &Side) -> Result<crate::synth::FuncRef, AdapterError> {
        side.realloc.ok_or_else(|| AdapterError::MissingOption { item: self.body.name().to_owned(), option: "realloc" })
    }
}

/// The load of a pointer or a length.
pub(super) fn pointer_load(pointer: Pointer) -> AccessOp {
    match pointer {
        Pointer::W32 => AccessOp::I32Load,
        Pointer::W64 => AccessOp::I64Load,
    }
}
