//! Scalars: one core value each.
//!
//! In: a scalar, source and destination. Out: the value, brought into range (`CanonicalABI.md`, `lift_flat_unsigned`,
//! `lift_flat_signed`, `convert_int_to_bool`, `convert_i32_to_char`). The bits above a narrow integer are ignored
//! on the way in; on the way out they are its zero- or sign-extension, or cut off by the store. Floats keep
//! their bits: a NaN may arrive with any payload.

use super::place::{Destination, Source};
use super::value::ValueWalk;
use crate::abi::flatten;
use crate::abi::shape::Scalar;
use crate::error::AdapterError;
use crate::synth::{AccessOp, TrapClass};
use wasm_encoder::{Instruction, ValType};

impl ValueWalk<'_, '_> {
    /// Moves a scalar.
    pub(super) fn scalar(&mut self, scalar: Scalar, src: Source<'_>, dst: Destination<'_>) -> Result<(), AdapterError> {
        if scalar == Scalar::Char {
            return self.char(src, dst);
        }
        let core = flatten::scalar(scalar);
        let (load, store) = match scalar {
            Scalar::Bool | Scalar::U8 => (AccessOp::I32Load8U, AccessOp::I32Store8),
            Scalar::S8 => (AccessOp::I32Load8S, AccessOp::I32Store8),
            Scalar::U16 => (AccessOp::I32Load16U, AccessOp::I32Store16),
            Scalar::S16 => (AccessOp::I32Load16S, AccessOp::I32Store16),
            Scalar::S32 | Scalar::U32 | Scalar::Char => (AccessOp::I32Load, AccessOp::I32Store),
            Scalar::S64 | Scalar::U64 => (AccessOp::I64Load, AccessOp::I64Store),
            Scalar::F32 => (AccessOp::F32Load, AccessOp::F32Store),
            Scalar::F64 => (AccessOp::F64Load, AccessOp::F64Store),
        };
        self.begin_write(dst);
        self.read(src, core, load)?;
        // Loads extend and stores cut off by themselves.
        let flat = matches!((src, dst), (Source::Stack { .. }, Destination::Stack { .. }));
        match scalar {
            Scalar::Bool => {
                self.body.i32(0);
                self.body.plain(Instruction::I32Ne);
            }
            Scalar::U8 if flat => self.mask(0xff),
            Scalar::U16 if flat => self.mask(0xffff),
            Scalar::S8 if flat => self.body.plain(Instruction::I32Extend8S),
            Scalar::S16 if flat => self.body.plain(Instruction::I32Extend16S),
            _ => {}
        }
        self.end_write(dst, core, store)
    }

    /// Clears the bits that are not in `mask` of the i32 on top of the stack.
    pub(super) fn mask(&mut self, mask: u32) {
        self.body.i32(mask);
        self.body.plain(Instruction::I32And);
    }

    fn char(&mut self, src: Source<'_>, dst: Destination<'_>) -> Result<(), AdapterError> {
        let held = self.hold(src, ValType::I32, AccessOp::I32Load)?;
        // Flipping the bits of 0xD800 and taking 0x800 away moves the surrogates to the very top, and
        // everything else stays below or above 0x10F800 as it was below or above 0x110000.
        self.body.get(held.local());
        self.body.i32(0xd800);
        self.body.plain(Instruction::I32Xor);
        self.body.i32(0x800);
        self.body.plain(Instruction::I32Sub);
        self.body.i32(0x10_f800);
        self.body.plain(Instruction::I32GeU);
        self.body.trap_if(TrapClass::Char);
        self.write(held.local(), ValType::I32, dst, AccessOp::I32Store)?;
        self.release(held);
        Ok(())
    }
}
