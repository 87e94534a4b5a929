//! Lists and maps.
//!
//! In: the types of which an element is the tuple, source and destination. Out: new memory on the side that
//! lowers, and in it the elements (`CanonicalABI.md`, `load_list_from_range`, `store_list_into_range`). `realloc` is
//! called for an empty list too. Where the bytes are the value, one `memory.copy`; otherwise a loop.

use super::body::{Bytes, Local};
use super::place::{Destination, Source};
use super::value::{Held, Walk};
use crate::abi::types::ValType as InterfaceType;
use crate::error::AdapterError;
use crate::synth::{AccessOp, Inst, TrapClass};
use wasm_encoder::{BlockType, Instruction, ValType};

/// `MAX_LIST_BYTE_LENGTH`
const MAX_LIST_BYTES: u64 = (1 << 28) - 1;

impl Walk<'_, '_> {
    /// Moves a list whose elements are tuples of `element`.
    pub(super) fn list(
        &mut self,
        element: &[InterfaceType],
        src: Source<'_>,
        dst: Destination<'_>,
    ) -> Result<(), AdapterError> {
        let (_, layout) = self.abi.fields(element);
        let bytes_per_pointer = u64::from(self.abi.pointer().bytes());
        let from = self.hold(src.part(0, flat(src), 0), ValType::I32, AccessOp::I32Load)?;
        let length = self.hold(src.part(flat(src), flat(src), bytes_per_pointer), ValType::I32, AccessOp::I32Load)?;

        // A length below 2^32 times a size below 2^32 is exact in 64 bits.
        self.body.get(length.local());
        self.body.plain(Instruction::I64ExtendI32U);
        if layout.size != 1 {
            self.body.i64(layout.size);
            self.body.plain(Instruction::I64Mul);
        }
        let bytes = self.body.pop(ValType::I64);
        self.body.get(bytes.index);
        self.body.i64(MAX_LIST_BYTES);
        self.body.plain(Instruction::I64GtU);
        self.body.trap_if(TrapClass::ListTooLong);
        self.body.check_aligned(from.local(), layout.align, TrapClass::PointerUnaligned);
        let memory = self.memory(src.side())?;
        self.body.check_in_bounds(memory, from.local(), Bytes::Local(bytes.index), TrapClass::ListOutOfBounds);

        let to = self.allocate(dst.side(), Bytes::Local(bytes.index), layout.align)?;
        self.elements(element, from.local(), to.index, Bytes::Local(bytes.index), src, dst)?;
        self.body.release(bytes);
        self.release(from);
        self.write_range(&to, &length, dst)?;
        self.body.release(to);
        self.release(length);
        Ok(())
    }

    /// Writes a pointer and a length to the destination.
    fn write_range(&mut self, pointer: &Local, length: &Held, dst: Destination<'_>) -> Result<(), AdapterError> {
        let one = usize::from(dst.flat_len() > 0);
        let bytes_per_pointer = u64::from(self.abi.pointer().bytes());
        self.write(pointer.index, ValType::I32, dst.part(0, one, 0), AccessOp::I32Store)?;
        self.write(length.local(), ValType::I32, dst.part(one, one, bytes_per_pointer), AccessOp::I32Store)
    }

    /// Moves `bytes` of elements that stand one after another at the addresses in locals `from` and `to`,
    /// which keep their values. `src` and `dst` say whose memories are meant.
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
        let (_, layout) = self.abi.fields(element);
        if self.is_bit_copy(element) {
            let (src, dst) = (self.memory(lifts)?.memory, self.memory(lowers)?.memory);
            self.body.get(to);
            self.body.get(from);
            self.push_bytes(bytes);
            self.body.inst(Inst::MemoryCopy { dst, src });
            return Ok(());
        }
        self.body.get(from);
        let from_now = self.body.pop(ValType::I32);
        self.body.get(to);
        let to_now = self.body.pop(ValType::I32);
        // The end may be 2^32, that is, 0 here; it is only ever compared for equality.
        self.body.get(from);
        self.push_bytes(bytes);
        self.body.plain(Instruction::I32Add);
        let end = self.body.pop(ValType::I32);
        self.body.plain(Instruction::Block(BlockType::Empty));
        if let Bytes::Local(_) = bytes {
            self.body.get(from);
            self.body.get(end.index);
            self.body.plain(Instruction::I32Eq);
            self.body.plain(Instruction::BrIf(0));
        }
        self.body.plain(Instruction::Loop(BlockType::Empty));
        let here = Source::Memory { base: from_now.index, offset: 0, side: lifts };
        let there = Destination::Memory { base: to_now.index, offset: 0, side: lowers };
        self.fields(element, here, there)?;
        self.advance(&to_now, layout.size);
        self.advance(&from_now, layout.size);
        self.body.get(from_now.index);
        self.body.get(end.index);
        self.body.plain(Instruction::I32Ne);
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

    fn push_bytes(&mut self, bytes: Bytes) {
        match bytes {
            Bytes::Const(bytes) => self.body.i32(bytes as u32),
            Bytes::Local(local) => {
                self.body.get(local);
                self.body.plain(Instruction::I32WrapI64);
            }
        }
    }

    fn is_bit_copy(&self, element: &[InterfaceType]) -> bool {
        let (_, layout) = self.abi.fields(element);
        let bytes: u64 = element.iter().map(|ty| self.abi.facts(*ty).layout.size).sum();
        bytes == layout.size && element.iter().all(|ty| self.abi.facts(*ty).bit_copy)
    }
}

/// How many flat values a pointer or a length is in a source.
fn flat(src: Source<'_>) -> usize {
    match src {
        Source::Stack { .. } => 1,
        Source::Memory { .. } => 0,
    }
}
