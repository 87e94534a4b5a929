//! Pointers across the boundary to the host, where the inner side's memory is a window of a larger one.
//!
//! In: the place of a pointer, and how many bytes it points to. Out: instructions that replace it: the guest counts
//! from the start of its window, the host from the start of the memory.
//!
//! The host checks pointers against the memory (`CanonicalABI.md`, `load_string_from_range`,
//! `load_list_from_range`), but the guest's pointers must be checked against its window, wherever that begins. The code replaces a pointer
//! that leads out of the window by one that has the same alignment and leads out of the memory. So the host traps for the same
//! reason, and at the same point of the order.
//!
//! A pointer to no bytes is not an address. A guest may use any number for one, and a `realloc` that is asked for no bytes
//! may return any number (usually `align`). Such a pointer stays as it is in both directions, and also in calls of `realloc`.

use super::{Conversion, Direction, Means, ValuePlace};
use crate::adapter::body::{BodyBuilder, Bytes, Local};
use crate::adapter::place::Memory;
use crate::dfg::StringEncoding;
use crate::error::AdapterError;
use crate::plan::Pointers;
use crate::synth::{AccessOp, Address, GlobalRef, Inst, MemoryRef, TrapClass};
use wasm_encoder::{BlockType, Instruction, ValType};

/// `MAX_LIST_BYTE_LENGTH`, `MAX_STRING_BYTE_LENGTH`
const MAX_BYTES: u64 = (1 << 28) - 1;

/// `utf16_tag`
const UTF16_TAG: u32 = 1 << 31;

impl Conversion<'_, '_> {
    /// Converts a string.
    pub(super) fn string(&mut self, place: ValuePlace<'_>) -> Result<(), AdapterError> {
        let (first, length) = self.range(place)?;
        self.string_bytes(&length);
        let bytes = self.body.pop(ValType::I64);
        self.body.release(length);
        self.too_long(&bytes, TrapClass::StringTooLong);
        let align = match self.inner.encoding {
            StringEncoding::Utf8 => 1,
            StringEncoding::Utf16 | StringEncoding::CompactUtf16 => 2,
        };
        self.pointer(place, &first, &bytes, align)?;
        self.body.release(bytes);
        self.body.release(first);
        Ok(())
    }

    /// Pushes how many bytes a string of that length has, as i64.
    fn string_bytes(&mut self, length: &Local) {
        let body = &mut self.body;
        match self.inner.encoding {
            StringEncoding::Utf8 => {
                body.get(length.index);
                body.plain(Instruction::I64ExtendI32U);
            }
            StringEncoding::Utf16 => {
                body.get(length.index);
                body.plain(Instruction::I64ExtendI32U);
                body.i64(1);
                body.plain(Instruction::I64Shl);
            }
            StringEncoding::CompactUtf16 => {
                body.get(length.index);
                body.i32(!UTF16_TAG);
                body.plain(Instruction::I32And);
                body.plain(Instruction::I64ExtendI32U);
                // One bit more where the tag is set.
                body.get(length.index);
                body.i32(31);
                body.plain(Instruction::I32ShrU);
                body.plain(Instruction::I64ExtendI32U);
                body.plain(Instruction::I64Shl);
            }
        }
    }

    /// Takes the pointer and the length of the string or list at `place`.
    pub(super) fn range(&mut self, place: ValuePlace<'_>) -> Result<(Local, Local), AdapterError> {
        let one = usize::from(matches!(place, ValuePlace::Flat(_)));
        self.read(place.part(0, one, 0), AccessOp::I32Load)?;
        let first = self.body.pop(ValType::I32);
        self.read(place.part(one, one, u64::from(self.abi.pointer().bytes())), AccessOp::I32Load)?;
        let length = self.body.pop(ValType::I32);
        Ok((first, length))
    }

    /// Traps if the guest passes more bytes than the specification allows. Not every host checks this.
    pub(super) fn too_long(&mut self, bytes: &Local, class: TrapClass) {
        if self.way == Direction::Outbound {
            self.body.get(bytes.index);
            self.body.i64(MAX_BYTES);
            self.body.plain(Instruction::I64GtU);
            self.body.trap_if(class);
        }
    }

    /// Converts the pointer at `place`, which is in local `first`, to the number of bytes in local `bytes`. Inbound,
    /// `first` is the guest's pointer afterwards.
    pub(super) fn pointer(
        &mut self,
        place: ValuePlace<'_>,
        first: &Local,
        bytes: &Local,
        align: u32,
    ) -> Result<(), AdapterError> {
        let memory = self.memory()?;
        match self.means() {
            Means::InPlace if self.inner.edge.pointers == Pointers::Moved => {
                let some = self.some(bytes);
                self.body.get(first.index);
                self.body.cross_window(memory.memory, some.index, Instruction::I32Sub);
                self.body.set(first.index);
                self.body.release(some);
                self.write_pointer(place, first.index)
            }
            Means::InPlace => Ok(()),
            Means::Scan => {
                self.body.out_of_bounds(memory, first.index, Bytes::Local(bytes.index));
                self.body.plain(Instruction::If(BlockType::Empty));
                self.body.set_global(GlobalRef::WrongPointer, 1);
                self.body.plain(Instruction::End);
                Ok(())
            }
            Means::Copies => {
                let place = self.pointer_place(place);
                self.begin_write(place);
                self.host_pointer(first, bytes, align)?;
                self.end_write(place)
            }
            Means::Notes => unreachable!("pointers into a memory that is no window are not converted"),
        }
    }

    /// Pushes what the pointer in local `first` is to the host.
    pub(super) fn host_pointer(&mut self, first: &Local, bytes: &Local, align: u32) -> Result<(), AdapterError> {
        let memory = self.memory()?;
        let some = self.some(bytes);
        self.body.get(first.index);
        if self.inner.edge.pointers == Pointers::Moved {
            self.body.cross_window(memory.memory, some.index, Instruction::I32Add);
        }
        self.body.unless_out_of_window(memory, first.index, Bytes::Local(bytes.index), align);
        self.body.release(some);
        Ok(())
    }

    /// Replaces the pointer of the string or list at `place` by that in local `pointer`.
    pub(super) fn write_pointer(&mut self, place: ValuePlace<'_>, pointer: u32) -> Result<(), AdapterError> {
        let place = self.pointer_place(place);
        self.begin_write(place);
        self.body.get(pointer);
        self.end_write(place)
    }

    /// Where the pointer of the string or list at `place` is.
    fn pointer_place<'p>(&self, place: ValuePlace<'p>) -> ValuePlace<'p> {
        place.part(0, usize::from(matches!(place, ValuePlace::Flat(_))), 0)
    }

    /// A local that says whether the number in the i64 local `bytes` is not 0.
    fn some(&mut self, bytes: &Local) -> Local {
        self.body.get(bytes.index);
        self.body.i64(0);
        self.body.plain(Instruction::I64Ne);
        self.body.pop(ValType::I32)
    }
}

impl BodyBuilder {
    /// Makes the address on top of the stack relative to the window of `memory`.
    pub(in crate::adapter) fn enter_window(&mut self, memory: MemoryRef) {
        self.inst(Inst::Address(Address::WindowBase(memory)));
        self.plain(Instruction::I32Sub);
    }

    /// Makes the pointer on top of the stack, relative to the window of `memory`, an address.
    pub(in crate::adapter) fn leave_window(&mut self, memory: MemoryRef) {
        self.inst(Inst::Address(Address::WindowBase(memory)));
        self.plain(Instruction::I32Add);
    }

    /// The address of the pointer in local `pointer` is on top of the stack. If the bytes there are not all inside the window of `memory`, the
    /// code replaces it by a number at which every check must trap: it is aligned as the
    /// pointer is, and beyond every memory, because no memory has the last page of the address space.
    pub(in crate::adapter) fn unless_out_of_window(&mut self, memory: Memory, pointer: u32, bytes: Bytes, align: u32) {
        self.get(pointer);
        self.i32(align.wrapping_neg());
        self.plain(Instruction::I32Or);
        self.out_of_bounds(memory, pointer, bytes);
        self.plain(Instruction::I32Eqz);
        self.plain(Instruction::Select);
    }

    /// Adds the base of the window of `memory` to the pointer on top of the stack, or subtracts it from the address
    /// there, unless it points to no bytes. The i32 local `bytes` says to how many.
    pub(in crate::adapter) fn cross_window(&mut self, memory: MemoryRef, bytes: u32, way: Instruction<'static>) {
        self.inst(Inst::Address(Address::WindowBase(memory)));
        self.i32(0);
        self.get(bytes);
        self.plain(Instruction::Select);
        self.plain(way);
    }
}
