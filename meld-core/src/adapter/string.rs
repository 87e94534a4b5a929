//! Strings.
//!
//! In: source and destination. Out: a call of the transcoder for the two encodings and memories, which does
//! everything that `load_string_from_range` and `store_string_into_range` of `CanonicalABI.md` say, checks and
//! reallocs included; see [`crate::runtime`].

use super::body::Bytes;
use super::place::{Destination, Memory, Side, Source};
use super::value::{ValueWalk, pointer_load};
use crate::abi::Pointer;
use crate::dfg::StringEncoding;
use crate::error::AdapterError;
use crate::runtime::{RuntimeInstance, StringMemory};
use crate::synth::FuncRef;
use wasm_encoder::{Instruction, ValType};

impl ValueWalk<'_, '_> {
    /// Moves a string.
    pub(super) fn string(&mut self, src: Source<'_>, dst: Destination<'_>) -> Result<(), AdapterError> {
        let transcode = self.transcoder(src.side(), dst.side())?;
        let (from, to) = (src.side().pointer(), dst.side().pointer());
        let one = usize::from(matches!(src, Source::Stack { .. }));
        self.read(src.part(0, one, 0), from.core_type(), pointer_load(from))?;
        self.read(src.part(one, one, from.bytes().into()), from.core_type(), pointer_load(from))?;
        let memory = self.memory(src.side())?;
        if memory.reach.is_some() {
            self.out_of_reach(memory, src.side().encoding);
        }
        self.body.call(transcode);
        match dst {
            Destination::Stack { types, .. } => self.body.cast_all(&[to.core_type(); 2], types),
            Destination::Memory { .. } => {
                let length = self.body.pop(to.core_type());
                let pointer = self.body.pop(to.core_type());
                self.write_pointer(pointer.index, dst)?;
                self.write_pointer(length.index, dst.part(0, 0, to.bytes().into()))?;
                self.body.release(length);
                self.body.release(pointer);
            }
        }
        Ok(())
    }

    /// Pointer and length are on the stack. If the guest does not reach all of the string, the pointer becomes one at which the transcoder traps. It
    /// knows only where the last of what the guest reaches ends. A string that is too long, for which the number of bytes wraps, traps there in any case.
    fn out_of_reach(&mut self, memory: Memory, encoding: StringEncoding) {
        let length = self.body.pop(ValType::I32);
        let pointer = self.body.pop(ValType::I32);
        let align = if encoding == StringEncoding::Utf8 { 1 } else { 2 };
        self.body.get(length.index);
        self.body.plain(Instruction::I64ExtendI32U);
        match encoding {
            StringEncoding::Utf8 => {}
            StringEncoding::Utf16 => {
                self.body.i64(1);
                self.body.plain(Instruction::I64Shl);
            }
            StringEncoding::CompactUtf16 => {
                // The topmost bit says that there are two bytes for each unit, and is shifted out.
                self.body.get(length.index);
                self.body.i32(31);
                self.body.plain(Instruction::I32ShrU);
                self.body.plain(Instruction::I64ExtendI32U);
                self.body.plain(Instruction::I64Shl);
            }
        }
        let bytes = self.body.pop(ValType::I64);
        self.body.get(pointer.index);
        self.body.unless_out_of_window(memory, pointer.index, Bytes::Local(bytes.index), align);
        self.body.get(length.index);
        self.body.release(bytes);
        self.body.release(pointer);
        self.body.release(length);
    }

    fn transcoder(&mut self, src: &Side, dst: &Side) -> Result<FuncRef, AdapterError> {
        let strings = |memory: Memory, side: &Side| StringMemory {
            memory: memory.memory,
            pointer: memory.pointer,
            page_size_log2: memory.page_size_log2,
            encoding: side.encoding,
        };
        let (from, to) = (self.memory(src)?, self.memory(dst)?);
        if [src, dst].iter().any(|side| side.pointer() == Pointer::W64 && side.encoding == StringEncoding::CompactUtf16)
        {
            let reason =
                "strings in `latin1+utf16` in a memory with 64-bit addresses are not supported yet; use utf8 or utf16";
            return Err(self.unsupported(reason.to_owned()));
        }
        let realloc = self.realloc(dst)?;
        let realloc =
            if to.reach.is_some() { self.adapters.checked_realloc(realloc, to, dst.instance) } else { realloc };
        let simd = self.adapters.plan.simd;
        let instance = RuntimeInstance::transcode(strings(from, src), strings(to, dst), realloc, simd);
        Ok(FuncRef::Runtime(self.adapters.runtime.intern(instance), "transcode"))
    }
}
