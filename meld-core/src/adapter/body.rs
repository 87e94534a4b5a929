//! A body in the making.
//!
//! In: instructions, one by one. Out: a [`SynthFunc`]. Locals are taken and given back, so that a body has
//! as many as are in use at once; a [`Local`] can be given back once only. What is written here is final:
//! there is no later pass over synthesized code, except that reading a local that was just written becomes
//! `local.tee`.

use super::place::Memory;
use crate::abi::Pointer;
use crate::synth::{AccessOp, FuncRef, GlobalRef, Inst, MemoryRef, Step, SynthFunc, TrapClass};
use std::borrow::Cow;
use wasm_encoder::{BlockType, Catch, Instruction, ValType};

/// A local that is in use.
#[derive(Debug, Clone)]
#[must_use = "a local that is not given back is never used again"]
pub(super) struct Local {
    /// Its index.
    pub(super) index: u32,
    ty: ValType,
}

/// How many bytes a range has.
#[derive(Debug, Clone, Copy)]
pub(super) enum Bytes {
    /// Known.
    Const(u64),
    /// In an i64 local, less than 2^32.
    Local(u32),
}

/// A body in the making.
#[derive(Debug, Clone)]
pub(super) struct BodyBuilder {
    name: String,
    params: Vec<ValType>,
    results: Vec<ValType>,
    locals: Vec<ValType>,
    free: Vec<Local>,
    insts: Vec<Inst>,
    steps: Vec<(usize, Step)>,
    barrier: bool,
}

impl BodyBuilder {
    /// An empty body of a function with that debug name and signature.
    pub(super) fn new(name: String, params: Vec<ValType>, results: Vec<ValType>) -> Self {
        BodyBuilder {
            name,
            params,
            results,
            locals: Vec::new(),
            free: Vec::new(),
            insts: Vec::new(),
            steps: Vec::new(),
            barrier: false,
        }
    }

    /// The debug name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// How many instructions there are.
    pub(super) fn len(&self) -> usize {
        self.insts.len()
    }

    /// The finished function.
    pub(super) fn finish(mut self) -> SynthFunc {
        if self.barrier {
            self.plain(Instruction::End);
            self.plain(Instruction::Return);
            self.plain(Instruction::End);
            self.trap(TrapClass::UncaughtException);
        }
        SynthFunc {
            name: self.name,
            params: self.params,
            results: self.results,
            locals: self.locals,
            body: self.insts,
            steps: self.steps,
            unsupported: None,
        }
    }

    /// Turns every core exception that leaves what is written from here on into a trap
    /// (`CanonicalABI.md`, `call_and_trap_on_throw`). Only at the outermost level of a body with at most
    /// one result.
    pub(super) fn begin_barrier(&mut self) {
        let results = match self.results[..] {
            [] => BlockType::Empty,
            [result] => BlockType::Result(result),
            _ => unreachable!("core functions of the canonical ABI have at most one result"),
        };
        self.plain(Instruction::Block(BlockType::Empty));
        self.plain(Instruction::TryTable(results, Cow::Borrowed(&[Catch::All { label: 0 }])));
        self.barrier = true;
    }

    /// Says what the instructions from here on are for. Debug information tells it.
    pub(super) fn step(&mut self, step: Step) {
        self.steps.push((self.insts.len(), step));
    }

    /// Takes a local of type `ty`, with whatever value is in it.
    pub(super) fn local(&mut self, ty: ValType) -> Local {
        if let Some(at) = self.free.iter().position(|l| l.ty == ty) {
            return self.free.swap_remove(at);
        }
        let index = u32::try_from(self.params.len() + self.locals.len()).expect("a body has few locals");
        self.locals.push(ty);
        Local { index, ty }
    }

    /// Gives a local back.
    pub(super) fn release(&mut self, local: Local) {
        self.free.push(local);
    }

    /// Takes a local and pops the operand stack into it.
    pub(super) fn pop(&mut self, ty: ValType) -> Local {
        let local = self.local(ty);
        self.set(local.index);
        local
    }

    /// Writes an instruction without symbolic immediates.
    pub(super) fn plain(&mut self, inst: Instruction<'static>) {
        self.insts.push(Inst::Plain(inst));
    }

    /// Writes an instruction.
    pub(super) fn inst(&mut self, inst: Inst) {
        self.insts.push(inst);
    }

    /// `local.get`
    pub(super) fn get(&mut self, local: u32) {
        if let Some(Inst::Plain(last @ Instruction::LocalSet(_))) = self.insts.last_mut()
            && matches!(last, Instruction::LocalSet(set) if *set == local)
        {
            *last = Instruction::LocalTee(local);
            return;
        }
        self.plain(Instruction::LocalGet(local));
    }

    /// `local.set`
    pub(super) fn set(&mut self, local: u32) {
        self.plain(Instruction::LocalSet(local));
    }

    /// `i32.const`, of an unsigned number.
    pub(super) fn i32(&mut self, value: u32) {
        self.plain(Instruction::I32Const(value.cast_signed()));
    }

    /// `i64.const`, of an unsigned number.
    pub(super) fn i64(&mut self, value: u64) {
        self.plain(Instruction::I64Const(value.cast_signed()));
    }

    /// A zero of type `ty`.
    pub(super) fn zero(&mut self, ty: ValType) {
        self.plain(match ty {
            ValType::I32 => Instruction::I32Const(0),
            ValType::I64 => Instruction::I64Const(0),
            ValType::F32 => Instruction::F32Const(0.0.into()),
            ValType::F64 => Instruction::F64Const(0.0.into()),
            ValType::V128 | ValType::Ref(_) => unreachable!("flat forms are numbers"),
        });
    }

    /// `call`
    pub(super) fn call(&mut self, func: FuncRef) {
        self.inst(Inst::Call(func));
    }

    /// Sets a global to a constant.
    pub(super) fn set_global(&mut self, global: GlobalRef, value: u32) {
        self.i32(value);
        self.inst(Inst::GlobalSet(global));
    }

    /// Traps.
    pub(super) fn trap(&mut self, class: TrapClass) {
        self.call(FuncRef::Trap(class));
        self.plain(Instruction::Unreachable);
    }

    /// Traps if the operand on top of the stack is not zero.
    pub(super) fn trap_if(&mut self, class: TrapClass) {
        self.plain(Instruction::If(BlockType::Empty));
        self.trap(class);
        self.plain(Instruction::End);
    }

    /// Traps if `global` is zero.
    pub(super) fn trap_unless_set(&mut self, global: GlobalRef, class: TrapClass) {
        self.inst(Inst::GlobalGet(global));
        self.plain(Instruction::I32Eqz);
        self.trap_if(class);
    }

    /// Whether a local has a 64-bit address, not a 32-bit one.
    fn is_wide(&self, local: u32) -> bool {
        let at = local as usize;
        let ty = self.params.get(at).unwrap_or_else(|| &self.locals[at - self.params.len()]);
        *ty == ValType::I64
    }

    /// Pushes the address `base + offset`.
    pub(super) fn address(&mut self, base: u32, offset: u64) {
        self.get(base);
        if offset == 0 {
            return;
        }
        if self.is_wide(base) {
            self.i64(offset);
            self.plain(Instruction::I64Add);
        } else {
            // Wraps like every i32 addition, but the range was checked.
            self.i32(offset as u32);
            self.plain(Instruction::I32Add);
        }
    }

    /// Pushes a number of bytes as the address type of a memory with such pointers.
    pub(super) fn push_bytes(&mut self, bytes: Bytes, pointer: Pointer) {
        match (bytes, pointer) {
            (Bytes::Const(bytes), Pointer::W32) => self.i32(bytes as u32),
            (Bytes::Const(bytes), Pointer::W64) => self.i64(bytes),
            (Bytes::Local(bytes), Pointer::W32) => {
                self.get(bytes);
                self.plain(Instruction::I32WrapI64);
            }
            (Bytes::Local(bytes), Pointer::W64) => self.get(bytes),
        }
    }

    /// `memory.copy`; the two addresses are on the stack.
    pub(super) fn copy(&mut self, dst: Memory, src: Memory, bytes: Bytes) {
        // The length has the narrower one of the two address types.
        let length = if dst.pointer == Pointer::W64 { src.pointer } else { Pointer::W32 };
        self.push_bytes(bytes, length);
        self.inst(Inst::MemoryCopy { dst: dst.memory, src: src.memory });
    }

    /// A load or store at its natural alignment, whose operands are on the stack.
    pub(super) fn access(&mut self, op: AccessOp, memory: MemoryRef, offset: u64) {
        let align = match op {
            AccessOp::I32Load8U | AccessOp::I32Load8S | AccessOp::I32Store8 => 0,
            AccessOp::I32Load16U | AccessOp::I32Load16S | AccessOp::I32Store16 => 1,
            AccessOp::I32Load | AccessOp::F32Load | AccessOp::I32Store | AccessOp::F32Store => 2,
            AccessOp::I64Load | AccessOp::F64Load | AccessOp::I64Store | AccessOp::F64Store => 3,
        };
        self.inst(Inst::Access { op, memory, offset, align });
    }

    /// Traps if the pointer in local `pointer` is not a multiple of `align`.
    pub(super) fn check_aligned(&mut self, pointer: u32, align: u32, class: TrapClass) {
        if align > 1 {
            self.misaligned(pointer, align);
            self.trap_if(class);
        }
    }

    /// Pushes a number that is not zero if the pointer in local `pointer` is not a multiple of `align`.
    pub(super) fn misaligned(&mut self, pointer: u32, align: u32) {
        self.get(pointer);
        if self.is_wide(pointer) {
            // The low half has all bits that matter.
            self.plain(Instruction::I32WrapI64);
        }
        self.i32(align - 1);
        self.plain(Instruction::I32And);
    }

    /// Traps if not all of `bytes` from local `pointer` on are inside `memory`, as large as it is now. An empty
    /// range may be at the very end.
    pub(super) fn check_in_bounds(&mut self, memory: Memory, pointer: u32, bytes: Bytes, class: TrapClass) {
        self.out_of_bounds(memory, pointer, bytes);
        self.trap_if(class);
    }

    /// Pushes whether not all of `bytes` from local `pointer` on are inside `memory`, as large as it is now.
    pub(super) fn out_of_bounds(&mut self, memory: Memory, pointer: u32, bytes: Bytes) {
        if let Some(reach) = memory.reach {
            self.get(pointer);
            self.push_bytes(bytes, Pointer::W32);
            self.call(FuncRef::Synth(reach));
            return;
        }
        // In 64 bits: neither the end of the range nor the size of the memory fits into 32.
        self.end_of_range(pointer, bytes);
        self.inst(Inst::MemorySize(memory.memory));
        if memory.pointer == Pointer::W32 {
            self.plain(Instruction::I64ExtendI32U);
        }
        if memory.page_size_log2 > 0 {
            self.i64(memory.page_size_log2.into());
            self.plain(Instruction::I64Shl);
        }
        self.plain(Instruction::I64GtU);
        if self.is_wide(pointer) {
            // The end of the range may not fit into 64 bits either.
            self.end_of_range(pointer, bytes);
            self.get(pointer);
            self.plain(Instruction::I64LtU);
            self.plain(Instruction::I32Or);
        }
    }

    /// Pushes the i64 `pointer + bytes`.
    fn end_of_range(&mut self, pointer: u32, bytes: Bytes) {
        self.get(pointer);
        if !self.is_wide(pointer) {
            self.plain(Instruction::I64ExtendI32U);
        }
        self.push_bytes(bytes, Pointer::W64);
        self.plain(Instruction::I64Add);
    }

    /// Casts the value on top of the stack from one core type to another as `join` has it: `lift_flat_variant`
    /// from the joined type to a payload's own, `lower_flat_variant` the other way.
    pub(super) fn cast(&mut self, have: ValType, want: ValType) {
        match (have, want) {
            (ValType::I32, ValType::F32) => self.plain(Instruction::F32ReinterpretI32),
            (ValType::I64, ValType::I32) => self.plain(Instruction::I32WrapI64),
            (ValType::I64, ValType::F32) => {
                self.plain(Instruction::I32WrapI64);
                self.plain(Instruction::F32ReinterpretI32);
            }
            (ValType::I64, ValType::F64) => self.plain(Instruction::F64ReinterpretI64),
            (ValType::F32, ValType::I32) => self.plain(Instruction::I32ReinterpretF32),
            (ValType::I32, ValType::I64) => self.plain(Instruction::I64ExtendI32U),
            (ValType::F32, ValType::I64) => {
                self.plain(Instruction::I32ReinterpretF32);
                self.plain(Instruction::I64ExtendI32U);
            }
            (ValType::F64, ValType::I64) => self.plain(Instruction::I64ReinterpretF64),
            _ => assert_eq!(have, want, "join never asks for another cast"),
        }
    }

    /// Casts the topmost values of the stack.
    pub(super) fn cast_all(&mut self, have: &[ValType], want: &[ValType]) {
        assert_eq!(have.len(), want.len(), "a cast keeps the number of values");
        let Some(first) = (0..have.len()).find(|i| have[*i] != want[*i]) else { return };
        let above: Vec<Local> = have[first + 1..].iter().rev().map(|ty| self.pop(*ty)).collect();
        self.cast(have[first], want[first]);
        for (local, want) in above.into_iter().rev().zip(&want[first + 1..]) {
            self.get(local.index);
            self.cast(local.ty, *want);
            self.release(local);
        }
    }
}
