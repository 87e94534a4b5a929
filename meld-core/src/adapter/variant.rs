//! Variants, enums, options and results.
//!
//! In: the payload types of the cases, source and destination. Out: the discriminant, checked, and the
//! payload of the case it names (`CanonicalABI.md`, `load_variant`, `store_variant`, `lift_flat_variant`,
//! `lower_flat_variant`). Flat payloads share slots, so each is cast to and from the slots' joined types, and
//! slots that a case leaves unused become zero.
//!
//! Cases whose payload has the same type are moved by the same code: they become one [`Arm`], and where there
//! is one arm only there is no branch at all.

use super::body::Local;
use super::place::{Destination, Source};
use super::value::ValueWalk;
use crate::abi::types::ValType as InterfaceType;
use crate::error::AdapterError;
use crate::synth::{AccessOp, TrapClass};
use indexmap::IndexMap;
use std::borrow::Cow;
use wasm_encoder::{BlockType, Instruction, ValType};

/// Cases that are moved alike.
struct Arm {
    payload: Option<InterfaceType>,
    cases: Vec<u32>,
}

/// How the flat payload gets out of the arms.
enum Carriage {
    /// There is none.
    None,
    /// As the result of the block.
    Result(ValType),
    /// In locals: a block type with several results would need an entry in the type section.
    Locals(Vec<Local>),
}

impl Carriage {
    fn block_type(&self) -> BlockType {
        match self {
            Carriage::Result(ty) => BlockType::Result(*ty),
            Carriage::None | Carriage::Locals(_) => BlockType::Empty,
        }
    }
}

impl ValueWalk<'_, '_> {
    /// Moves a variant.
    pub(super) fn variant(
        &mut self,
        cases: &[Option<InterfaceType>],
        src: Source<'_>,
        dst: Destination<'_>,
    ) -> Result<(), AdapterError> {
        let layout = self.abi(src.side()).variant(cases);
        let lowered = self.abi(dst.side()).variant(cases);
        let (load, store) = match layout.discriminant {
            1 => (AccessOp::I32Load8U, AccessOp::I32Store8),
            2 => (AccessOp::I32Load16U, AccessOp::I32Store16),
            _ => (AccessOp::I32Load, AccessOp::I32Store),
        };
        let case = self.hold(src, ValType::I32, load)?;
        let in_memory = matches!(src, Source::Memory { .. });
        let fits_exactly = cases.len() as u64 == 1 << (8 * layout.discriminant);
        if !(in_memory && fits_exactly) {
            self.body.get(case.local());
            self.body.i32(u32::try_from(cases.len()).expect("the binary format counts cases in 32 bits"));
            self.body.plain(Instruction::I32GeU);
            self.body.trap_if(TrapClass::Discriminant);
        }
        self.write(case.local(), ValType::I32, dst, store)?;

        let src = match src {
            Source::Stack { slots, .. } => src.part(1, slots.len() - 1, 0),
            Source::Memory { .. } => src.part(0, 0, layout.payload),
        };
        let dst = match dst {
            Destination::Stack { types, .. } => dst.part(1, types.len() - 1, 0),
            Destination::Memory { .. } => dst.part(0, 0, lowered.payload),
        };
        let mut arms: IndexMap<Option<InterfaceType>, Vec<u32>> = IndexMap::new();
        for (case, payload) in (0..).zip(cases) {
            arms.entry(*payload).or_default().push(case);
        }
        let arms: Vec<Arm> = arms.into_iter().map(|(payload, cases)| Arm { payload, cases }).collect();
        self.payload(case.local(), cases.len(), &arms, src, dst)?;
        self.release(case);
        Ok(())
    }

    /// Moves the payload of the case whose number is in local `case`.
    fn payload(
        &mut self,
        case: u32,
        cases: usize,
        arms: &[Arm],
        src: Source<'_>,
        dst: Destination<'_>,
    ) -> Result<(), AdapterError> {
        if let [arm] = arms {
            return self.arm(arm, src, dst);
        }
        let carriage = match dst {
            Destination::Stack { types: &[], .. } | Destination::Memory { .. } => Carriage::None,
            Destination::Stack { types: &[ty], .. } => Carriage::Result(ty),
            Destination::Stack { types, .. } => Carriage::Locals(types.iter().map(|ty| self.body.local(*ty)).collect()),
        };
        let (one, other) = match arms {
            [a, b] if b.cases.len() == 1 => (b, a),
            [a, b] if a.cases.len() == 1 => (a, b),
            _ => {
                self.switch(case, cases, arms, &carriage, src, dst)?;
                self.unload(carriage);
                return Ok(());
            }
        };
        // Two arms, one of a single case.
        let number = one.cases[0];
        let (mut yes, mut no) = (one, other);
        self.body.get(case);
        if number == 0 {
            std::mem::swap(&mut yes, &mut no);
        } else if cases > 2 {
            self.body.i32(number);
            self.body.plain(Instruction::I32Eq);
        }
        if is_nothing(yes, dst) {
            std::mem::swap(&mut yes, &mut no);
            self.body.plain(Instruction::I32Eqz);
        }
        self.body.plain(Instruction::If(carriage.block_type()));
        self.loaded_arm(yes, &carriage, src, dst)?;
        if !is_nothing(no, dst) {
            self.body.plain(Instruction::Else);
            self.loaded_arm(no, &carriage, src, dst)?;
        }
        self.body.plain(Instruction::End);
        self.unload(carriage);
        Ok(())
    }

    /// Branches to the arm of the case in local `case`.
    fn switch(
        &mut self,
        case: u32,
        cases: usize,
        arms: &[Arm],
        carriage: &Carriage,
        src: Source<'_>,
        dst: Destination<'_>,
    ) -> Result<(), AdapterError> {
        let arms_with_code: Vec<&Arm> = arms.iter().filter(|arm| !is_nothing(arm, dst)).collect();
        let end = u32::try_from(arms_with_code.len()).expect("no more arms than cases");
        // The labels, counted from the innermost block: one for each arm with code, then the end.
        let mut labels = vec![end; cases];
        for (label, arm) in (0..).zip(&arms_with_code) {
            for case in &arm.cases {
                labels[*case as usize] = label;
            }
        }
        self.body.plain(Instruction::Block(carriage.block_type()));
        for _ in &arms_with_code {
            self.body.plain(Instruction::Block(BlockType::Empty));
        }
        self.body.get(case);
        // The discriminant was checked; the last case includes what cannot be.
        let last = labels.pop().expect("a variant has at least one case");
        self.body.plain(Instruction::BrTable(Cow::Owned(labels), last));
        for (label, arm) in (0..).zip(&arms_with_code) {
            self.body.plain(Instruction::End);
            self.loaded_arm(arm, carriage, src, dst)?;
            if label + 1 < end {
                self.body.plain(Instruction::Br(end - label - 1));
            }
        }
        self.body.plain(Instruction::End);
        Ok(())
    }

    fn loaded_arm(
        &mut self,
        arm: &Arm,
        carriage: &Carriage,
        src: Source<'_>,
        dst: Destination<'_>,
    ) -> Result<(), AdapterError> {
        self.arm(arm, src, dst)?;
        if let Carriage::Locals(locals) = carriage {
            for local in locals.iter().rev() {
                self.body.set(local.index);
            }
        }
        Ok(())
    }

    /// Puts on the stack what the arms left in locals.
    fn unload(&mut self, carriage: Carriage) {
        if let Carriage::Locals(locals) = carriage {
            for local in locals {
                self.body.plain(Instruction::LocalGet(local.index));
                self.body.release(local);
            }
        }
    }

    /// Moves the payload of one arm, and leaves zeros for the slots it does not use.
    fn arm(&mut self, arm: &Arm, src: Source<'_>, dst: Destination<'_>) -> Result<(), AdapterError> {
        let mut used = 0;
        if let Some(ty) = arm.payload {
            used = self.flat_len(ty, src, dst);
            self.translate(ty, src.part(0, used, 0), dst.part(0, used, 0))?;
        }
        if let Destination::Stack { types, .. } = dst {
            for ty in &types[used..] {
                self.body.zero(*ty);
            }
        }
        Ok(())
    }
}

/// Whether an arm needs no code.
fn is_nothing(arm: &Arm, dst: Destination<'_>) -> bool {
    arm.payload.is_none() && dst.flat_len() == 0
}
