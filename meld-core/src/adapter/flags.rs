//! Flags.
//!
//! In: a number of labels, source and destination. Out: the bits that have labels; all others arrive as
//! zero (`CanonicalABI.md`, `unpack_flags_from_int`, `pack_flags_into_int`).

use super::place::{Destination, Source};
use super::value::ValueWalk;
use crate::abi::layout;
use crate::error::AdapterError;
use crate::synth::AccessOp;
use wasm_encoder::ValType;

impl ValueWalk<'_, '_> {
    /// Moves flags with `labels` labels.
    pub(super) fn flags(&mut self, labels: u32, src: Source<'_>, dst: Destination<'_>) -> Result<(), AdapterError> {
        let bytes = layout::flags(labels);
        let (load, store) = match bytes {
            1 => (AccessOp::I32Load8U, AccessOp::I32Store8),
            2 => (AccessOp::I32Load16U, AccessOp::I32Store16),
            _ => (AccessOp::I32Load, AccessOp::I32Store),
        };
        self.begin_write(dst);
        self.read(src, ValType::I32, load)?;
        let flat = matches!((src, dst), (Source::Stack { .. }, Destination::Stack { .. }));
        // Loads and stores of that many bits do the rest.
        if labels < 8 * bytes || flat && labels < 32 {
            self.mask(u32::MAX >> (32 - labels));
        }
        self.end_write(dst, ValType::I32, store)
    }
}
