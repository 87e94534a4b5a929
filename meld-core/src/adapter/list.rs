//! Lists and maps.
//!
//! In: the types of which an element is the tuple, source and destination. Out: new memory on the side that
//! lowers, and in it the elements (`CanonicalABI.md`, `load_list_from_range`, `store_list_into_range`). `realloc` is
//! called for an empty list too. Where the bytes are the value, one `memory.copy`; otherwise a loop.

use super::body::{Bytes, Local};
use super::place::{Destination, Side, Source};
use super::value::{Held, ValueWalk};
use crate::abi::Pointer;
use crate::abi::types::ValType as InterfaceType;
use crate::error::AdapterError;
use crate::synth::TrapClass;
use wasm_encoder::{BlockType, Instruction, ValType};

/// `MAX_LIST_BYTE_LENGTH`
const MAX_LIST_BYTES: u64 = (1 << 28) - 1;

impl ValueWalk<'_, '_> {
    /// Moves a list whose elements are tuples of `element`.
    pub(super) fn list(
        &mut self,
        element: &[InterfaceType],
        src: Source<'_>,
        dst: Destination<'_>,
    ) -> Result<(), AdapterError> {
        let (lifts, lowers) = (src.side(), dst.side());
        let (_, layout) = self.abi(lifts).fields(element);
        let (_, lowered) = self.abi(lowers).fields(element);
        let from = self.hold_pointer(src.part(0, flat(src), 0))?;
        let length = self.hold_pointer(src.part(flat(src), flat(src), lifts.pointer().bytes().into()))?;

        let bytes = match lifts.pointer() {
            Pointer::W32 => {
                // A length below 2^32 times a size below 2^32 is exact in 64 bits.
                let bytes = self.list_bytes(length.local(), lifts, layout.size);
                self.body.get(bytes.index);
                self.body.i64(MAX_LIST_BYTES);
                self.body.plain(Instruction::I64GtU);
                self.body.trap_if(TrapClass::ListTooLong);
                bytes
            }
            Pointer::W64 => {
                // Before multiplying, which could wrap around.
                self.body.get(length.local());
                self.body.i64(MAX_LIST_BYTES / layout.size);
                self.body.plain(Instruction::I64GtU);
                self.body.trap_if(TrapClass::ListTooLong);
                self.list_bytes(length.local(), lifts, layout.size)
            }
        };
        self.body.check_aligned(from.local(), layout.align, TrapClass::PointerUnaligned);
        let memory = self.memory(lifts)?;
        self.body.check_in_bounds(memory, from.local(), Bytes::Local(bytes.index), TrapClass::ListOutOfBounds);

        let to = if lowered.size == layout.size {
            self.allocate(lowers, Bytes::Local(bytes.index), lowered.align)?
        } else {
            // At most twice as many, where pointers become wider.
            let bytes = self.list_bytes(length.local(), lifts, lowered.size);
            let to = self.allocate(lowers, Bytes::Local(bytes.index), lowered.align)?;
            self.body.release(bytes);
            to
        };
        self.elements(element, from.local(), to.index, Bytes::Local(bytes.index), src, dst)?;
        self.body.release(bytes);
        self.release(from);
        self.write_range(&to, &length, src, dst)?;
        self.body.release(to);
        self.release(length);
        Ok(())
    }

    /// The i64 `length * size`, where `length` is a length of `side`.
    fn list_bytes(&mut self, length: u32, side: &Side, size: u64) -> Local {
        self.body.get(length);
        if side.pointer() == Pointer::W32 {
            self.body.plain(Instruction::I64ExtendI32U);
        }
        if size != 1 {
            self.body.i64(size);
            self.body.plain(Instruction::I64Mul);
        }
        self.body.pop(ValType::I64)
    }

    /// Writes a pointer, and a length of the source, to the destination.
    fn write_range(
        &mut self,
        pointer: &Local,
        length: &Held,
        src: Source<'_>,
        dst: Destination<'_>,
    ) -> Result<(), AdapterError> {
        let one = usize::from(dst.flat_len() > 0);
        let (have, want) = (src.side().pointer(), dst.side().pointer());
        self.write_pointer(pointer.index, dst.part(0, one, 0))?;
        let dst = dst.part(one, one, want.bytes().into());
        if have == want {
            return self.write_pointer(length.local(), dst);
        }
        self.body.get(length.local());
        self.body.cast(have.core_type(), want.core_type());
        let length = self.body.pop(want.core_type());
        self.write_pointer(length.index, dst)?;
        self.body.release(length);
        Ok(())
    }

    /// Moves `bytes` of consecutive elements at the addresses in locals `from` and `to`,
    /// which keep their values; `bytes` is what they have in the source. `src` and `dst` say whose memories are meant.
    pub(super) fn elements(
        &mut self,
        element: &[InterfaceType],
        from: u32,
        to: u32,
        bytes: Bytes,
        src: Source<'_>,
        dst: Destination<'_>,
    ) -> Result<(), AdapterError> {
        let (lifts, lowers) = (src.side(), dst.side());
        if self.is_bit_copy(element, lifts) {
            let (src, dst) = (self.memory(lifts)?, self.memory(lowers)?);
            self.body.get(to);
            self.body.get(from);
            self.body.copy(dst, src, bytes);
            return Ok(());
        }
        let pointer = lifts.pointer();
        let (add, eq, ne) = match pointer {
            Pointer::W32 => (Instruction::I32Add, Instruction::I32Eq, Instruction::I32Ne),
            Pointer::W64 => (Instruction::I64Add, Instruction::I64Eq, Instruction::I64Ne),
        };
        self.body.get(from);
        let from_now = self.body.pop(pointer.core_type());
        self.body.get(to);
        let to_now = self.body.pop(lowers.pointer().core_type());
        // The end may be 2^32, that is, 0 in 32 bits; it is only ever compared for equality.
        self.body.get(from);
        self.body.push_bytes(bytes, pointer);
        self.body.plain(add);
        let end = self.body.pop(pointer.core_type());
        self.body.plain(Instruction::Block(BlockType::Empty));
        if let Bytes::Local(_) = bytes {
            self.body.get(from);
            self.body.get(end.index);
            self.body.plain(eq);
            self.body.plain(Instruction::BrIf(0));
        }
        self.body.plain(Instruction::Loop(BlockType::Empty));
        let here = Source::Memory { base: from_now.index, offset: 0, side: lifts };
        let there = Destination::Memory { base: to_now.index, offset: 0, side: lowers };
        self.fields(element, here, there)?;
        let size = |side| self.abi(side).fields(element).1.size;
        let (step, lowered_step) = (size(lifts), size(lowers));
        self.advance(&to_now, lowered_step);
        self.advance(&from_now, step);
        self.body.get(from_now.index);
        self.body.get(end.index);
        self.body.plain(ne);
        self.body.plain(Instruction::BrIf(0));
        self.body.plain(Instruction::End);
        self.body.plain(Instruction::End);
        for local in [from_now, to_now, end] {
            self.body.release(local);
        }
        Ok(())
    }

    fn advance(&mut self, cursor: &Local, bytes: u64) {
        self.body.address(cursor.index, bytes);
        self.body.set(cursor.index);
    }

    fn is_bit_copy(&self, element: &[InterfaceType], side: &Side) -> bool {
        let abi = self.abi(side);
        let (_, layout) = abi.fields(element);
        let bytes: u64 = element.iter().map(|ty| abi.facts(*ty).layout.size).sum();
        bytes == layout.size && element.iter().all(|ty| abi.facts(*ty).bit_copy)
    }
}

/// How many flat values a pointer or a length is in a source.
fn flat(src: Source<'_>) -> usize {
    match src {
        Source::Stack { .. } => 1,
        Source::Memory { .. } => 0,
    }
}
