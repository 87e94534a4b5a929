//! Strings.
//!
//! In: source and destination. Out: a call of the transcoder for the two encodings and memories, which does
//! everything that `load_string_from_range` and `store_string_into_range` of `CanonicalABI.md` say, checks and
//! reallocs included; see [`crate::runtime`].

use super::place::{Destination, Memory, Side, Source};
use super::value::Walk;
use crate::error::AdapterError;
use crate::runtime::{RuntimeInstance, StringMemory};
use crate::synth::{AccessOp, FuncRef};
use wasm_encoder::ValType;

impl Walk<'_, '_> {
    /// Moves a string.
    pub(super) fn string(&mut self, src: Source<'_>, dst: Destination<'_>) -> Result<(), AdapterError> {
        let transcode = self.transcoder(src.side(), dst.side())?;
        let bytes_per_pointer = u64::from(self.abi.pointer().bytes());
        let one = usize::from(matches!(src, Source::Stack { .. }));
        self.read(src.part(0, one, 0), ValType::I32, AccessOp::I32Load)?;
        self.read(src.part(one, one, bytes_per_pointer), ValType::I32, AccessOp::I32Load)?;
        self.body.call(transcode);
        match dst {
            Destination::Stack { types, .. } => self.body.cast_all(&[ValType::I32; 2], types),
            Destination::Memory { .. } => {
                let length = self.body.pop(ValType::I32);
                let pointer = self.body.pop(ValType::I32);
                self.write(pointer.index, ValType::I32, dst, AccessOp::I32Store)?;
                self.write(length.index, ValType::I32, dst.part(0, 0, bytes_per_pointer), AccessOp::I32Store)?;
                self.body.release(length);
                self.body.release(pointer);
            }
        }
        Ok(())
    }

    fn transcoder(&mut self, src: &Side, dst: &Side) -> Result<FuncRef, AdapterError> {
        let strings = |memory: Memory, side: &Side| StringMemory {
            memory: memory.memory,
            page_size_log2: memory.page_size_log2,
            encoding: side.encoding,
        };
        let (from, to) = (self.memory(src)?, self.memory(dst)?);
        let realloc = self.realloc(dst)?;
        let simd = self.adapters.plan.simd;
        let instance = RuntimeInstance::transcode(strings(from, src), strings(to, dst), realloc, simd);
        Ok(FuncRef::Runtime(self.adapters.runtime.intern(instance), "transcode"))
    }
}
