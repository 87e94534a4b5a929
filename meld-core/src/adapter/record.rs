//! Records and fixed-length lists, and runs of bytes.
//!
//! In: the types of the parts, source and destination. Out: the parts, in order (`CanonicalABI.md`,
//! `load_record`, `store_record`, `flatten_record`). A fixed-length list is a tuple that may be long.

use super::body::Bytes;
use super::place::{Destination, Memory, Source};
use super::value::ValueWalk;
use crate::abi::layout::Layout;
use crate::abi::types::ValType as InterfaceType;
use crate::error::AdapterError;
use crate::synth::{AccessOp, Inst};

/// Up to this many bytes are moved by loads and stores instead of `memory.copy`, which has a fixed cost.
const INLINE_COPY: u64 = 32;

/// Up to this many elements of a fixed-length list are moved without a loop.
const UNROLLED: u32 = 4;

impl ValueWalk<'_, '_> {
    /// Moves the fields of a tuple, laid out one after another.
    pub(super) fn fields(
        &mut self,
        fields: &[InterfaceType],
        src: Source<'_>,
        dst: Destination<'_>,
    ) -> Result<(), AdapterError> {
        let (offsets, _) = self.abi(src.side()).fields(fields);
        let (lowered, _) = self.abi(dst.side()).fields(fields);
        let mut flat = 0;
        for ((field, offset), lowered) in fields.iter().zip(offsets).zip(lowered) {
            let count = self.flat_len(*field, src, dst);
            self.translate(*field, src.part(flat, count, offset), dst.part(flat, count, lowered))?;
            flat += count;
        }
        Ok(())
    }

    /// The number of flat values of `ty`, where source or destination is flat. It does not depend on the side.
    pub(super) fn flat_len(&self, ty: InterfaceType, src: Source<'_>, dst: Destination<'_>) -> usize {
        if let (Source::Memory { .. }, Destination::Memory { .. }) = (src, dst) {
            return 0;
        }
        self.abi(src.side()).facts(ty).flat.as_ref().expect("a value on the stack has a short flat form").len()
    }

    /// Moves a fixed-length list.
    pub(super) fn fixed_length_list(
        &mut self,
        element: InterfaceType,
        length: u32,
        src: Source<'_>,
        dst: Destination<'_>,
    ) -> Result<(), AdapterError> {
        let layout = self.abi(src.side()).facts(element).layout;
        let lowered = self.abi(dst.side()).facts(element).layout;
        if let (Source::Memory { base, offset, .. }, Destination::Memory { base: to, offset: at, .. }) = (src, dst)
            && length > UNROLLED
        {
            self.body.address(base, offset);
            let from = self.body.pop(src.side().pointer().core_type());
            self.body.address(to, at);
            let to = self.body.pop(dst.side().pointer().core_type());
            self.elements(&[element], from.index, to.index, Bytes::Const(layout.size * u64::from(length)), src, dst)?;
            self.body.release(from);
            self.body.release(to);
            return Ok(());
        }
        let count = self.flat_len(element, src, dst);
        for i in 0..length as usize {
            let (from, to) = (layout.size * i as u64, lowered.size * i as u64);
            self.translate(element, src.part(i * count, count, from), dst.part(i * count, count, to))?;
        }
        Ok(())
    }

    /// Moves a value whose bytes are the value, from memory to memory.
    pub(super) fn copy_bytes(
        &mut self,
        layout: Layout,
        src: Source<'_>,
        dst: Destination<'_>,
    ) -> Result<(), AdapterError> {
        let (
            Source::Memory { base: from, offset: at, side: lifts },
            Destination::Memory { base: to, offset, side: lowers },
        ) = (src, dst)
        else {
            unreachable!("only what is in memory on both sides is copied as bytes");
        };
        let (from_memory, to_memory) = (self.memory(lifts)?, self.memory(lowers)?);
        if layout.size > INLINE_COPY {
            self.body.address(to, offset);
            self.body.address(from, at);
            self.body.copy(to_memory, from_memory, Bytes::Const(layout.size));
            return Ok(());
        }
        let mut done = 0;
        while done < layout.size {
            let (bytes, load, store) = match layout.size - done {
                8.. => (8, AccessOp::I64Load, AccessOp::I64Store),
                4.. => (4, AccessOp::I32Load, AccessOp::I32Store),
                2.. => (2, AccessOp::I32Load16U, AccessOp::I32Store16),
                _ => (1, AccessOp::I32Load8U, AccessOp::I32Store8),
            };
            let align = layout.align.min(bytes as u32).trailing_zeros();
            self.body.get(to);
            self.body.get(from);
            self.piece(load, from_memory, at + done, align);
            self.piece(store, to_memory, offset + done, align);
            done += bytes;
        }
        Ok(())
    }

    fn piece(&mut self, op: AccessOp, memory: Memory, offset: u64, align: u32) {
        self.body.inst(Inst::Access { op, memory: memory.memory, offset, align });
    }
}
