//! Lists, maps and lists of fixed length across the boundary to the host.
//!
//! In: the types of which an element is the tuple, and the place of the list. Out: instructions that convert its
//! pointer, and every element with something to rewrite in it (`CanonicalABI.md`, `load_list_from_range`).
//!
//! The code does not follow a wrong pointer. Outbound, the host traps when it reads the pointer, after it has lifted what
//! precedes it in the value. Inbound, only a `realloc` that returns the same memory twice makes
//! such a pointer, and nothing traps.

use super::{Conversion, Means, ValuePlace};
use crate::abi::types::ValType as InterfaceType;
use crate::adapter::body::{Bytes, Local};
use crate::error::AdapterError;
use crate::synth::TrapClass;
use wasm_encoder::{BlockType, Instruction, ValType};

/// Up to this many elements of a fixed-length list are converted without a loop.
const UNROLLED: u32 = 4;

impl Conversion<'_, '_> {
    /// Converts the elements of a list of fixed length, which has no pointer.
    pub(super) fn fixed_length_list(
        &mut self,
        element: InterfaceType,
        length: u32,
        place: ValuePlace<'_>,
    ) -> Result<(), AdapterError> {
        let size = self.abi.facts(element).layout.size;
        match place {
            ValuePlace::Memory { base, offset } if length > UNROLLED => {
                self.body.address(base, offset);
                let first = self.body.pop(ValType::I32);
                self.elements(&[element], first.index, Bytes::Const(size * u64::from(length)))?;
                self.body.release(first);
            }
            _ => {
                let count = self.flat_len(element, place);
                for i in 0..length as usize {
                    self.convert(element, place.part(i * count, count, size * i as u64))?;
                }
            }
        }
        Ok(())
    }

    /// Converts a list or a map: its elements, and its pointer.
    pub(in crate::adapter) fn list(
        &mut self,
        element: &[InterfaceType],
        place: ValuePlace<'_>,
    ) -> Result<(), AdapterError> {
        let (_, layout) = self.abi.fields(element);
        let (first, length) = self.range(place)?;
        // A length below 2^32 times a size below 2^32 fits 64 bits.
        self.body.get(length.index);
        self.body.plain(Instruction::I64ExtendI32U);
        self.body.i64(layout.size);
        self.body.plain(Instruction::I64Mul);
        let bytes = self.body.pop(ValType::I64);
        self.body.release(length);
        self.too_long(&bytes, TrapClass::ListTooLong);
        if !self.adapters.is_rewritten(self.inner, self.way, element) {
            if self.inner.edge.windowed() {
                self.pointer(place, &first, &bytes, layout.align)?;
            }
        } else if self.means() == Means::Copies {
            self.list_out(element, place, &first, &bytes)?;
        } else {
            if self.inner.edge.windowed() {
                self.pointer(place, &first, &bytes, layout.align)?;
            }
            self.body.plain(Instruction::Block(BlockType::Empty));
            if self.means() != Means::InPlace || self.inner.edge.windowed() {
                self.unless_followed(&first, &bytes, layout.align)?;
            }
            self.elements(element, first.index, Bytes::Local(bytes.index))?;
            self.body.plain(Instruction::End);
        }
        self.body.release(bytes);
        self.body.release(first);
        Ok(())
    }

    /// Converts a list with something to rewrite in its elements, whose pointer at `place` is in local `first`: it is copied, unless there is
    /// nothing of it.
    fn list_out(
        &mut self,
        element: &[InterfaceType],
        place: ValuePlace<'_>,
        first: &Local,
        bytes: &Local,
    ) -> Result<(), AdapterError> {
        let (_, layout) = self.abi.fields(element);
        self.host_pointer(first, bytes, layout.align)?;
        let address = self.body.pop(ValType::I32);
        self.body.plain(Instruction::Block(BlockType::Empty));
        self.body.get(bytes.index);
        self.body.plain(Instruction::I64Eqz);
        self.body.plain(Instruction::BrIf(0));
        self.unless_followed(first, bytes, layout.align)?;
        let copy = self.copy_out(first.index, Bytes::Local(bytes.index))?;
        self.elements(element, copy.index, Bytes::Local(bytes.index))?;
        self.outbox_address(&copy)?;
        self.body.set(address.index);
        self.body.release(copy);
        self.body.plain(Instruction::End);
        self.write_pointer(place, address.index)?;
        self.body.release(address);
        Ok(())
    }

    /// Branches out of the innermost block if the pointer in local `first` is wrong.
    fn unless_followed(&mut self, first: &Local, bytes: &Local, align: u32) -> Result<(), AdapterError> {
        let memory = self.memory()?;
        self.body.out_of_bounds(memory, first.index, Bytes::Local(bytes.index));
        self.body.misaligned(first.index, align);
        self.body.plain(Instruction::I32Or);
        self.body.plain(Instruction::BrIf(0));
        Ok(())
    }

    /// Converts `bytes` of consecutive elements from the address in local `first` on.
    fn elements(&mut self, element: &[InterfaceType], first: u32, bytes: Bytes) -> Result<(), AdapterError> {
        let (_, layout) = self.abi.fields(element);
        self.body.get(first);
        let now = self.body.pop(ValType::I32);
        // The end may be 2^32, that is, 0 here; it is only ever compared for equality.
        self.body.get(first);
        match bytes {
            Bytes::Const(bytes) => self.body.i32(bytes as u32),
            Bytes::Local(local) => {
                self.body.get(local);
                self.body.plain(Instruction::I32WrapI64);
            }
        }
        self.body.plain(Instruction::I32Add);
        let end = self.body.pop(ValType::I32);
        self.body.plain(Instruction::Block(BlockType::Empty));
        self.body.plain(Instruction::Loop(BlockType::Empty));
        self.body.get(now.index);
        self.body.get(end.index);
        self.body.plain(Instruction::I32Eq);
        self.body.plain(Instruction::BrIf(1));
        self.fields(element, ValuePlace::Memory { base: now.index, offset: 0 })?;
        self.body.address(now.index, layout.size);
        self.body.set(now.index);
        self.body.plain(Instruction::Br(0));
        self.body.plain(Instruction::End);
        self.body.plain(Instruction::End);
        self.body.release(now);
        self.body.release(end);
        Ok(())
    }
}
