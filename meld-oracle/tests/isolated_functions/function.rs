//! A random function.
//!
//! In: numbers at random, and the shape of the module. Out: a body. It is made of typed instructions one after the other, so
//! that operands lie on the stack over what is between, and come out of blocks.

use super::accesses::{Access, atomic, plain};
use super::generate::{BURN, EDGES, FIRST, MIX, NUMBER, POINTER, Shape, TICK, TWO, TY_BLOCKS, TY_FUNC, argument};
use super::integers::INTEGERS;
use meld_oracle::generate::Random;
use std::sync::LazyLock;
use wasm_encoder::{BlockType, Catch, Instruction as I, Ordering, ValType};

use ValType::{F32, F64, I32, I64, V128};

/// Locals: parameters, which hold addresses, then others.
const LOCALS: [ValType; 12] = [I32, I32, I32, I32, I32, I32, I32, I64, I64, F32, F64, V128];
/// The first so many hold addresses.
const POINTERS: u32 = 5;
const PARAMS: usize = 3;

/// What a branch to a label takes: an i32, or nothing.
#[derive(Clone, Copy)]
struct Label {
    takes: usize,
    is_loop: bool,
}

/// A function in the making.
pub(super) struct Function<'r> {
    random: &'r mut Random,
    shape: Shape,
    index: u32,
    code: wasm_encoder::Function,
    /// Types on the operand stack.
    stack: Vec<ValType>,
    /// How many of them belong to blocks around this one.
    base: usize,
    labels: Vec<Label>,
    /// Instructions that it may still have, about.
    left: usize,
}

/// Accesses that need not be aligned, and those that must.
static ACCESSES: LazyLock<[Vec<Access>; 2]> = LazyLock::new(|| [plain(), atomic()]);

impl Function<'_> {
    pub(super) fn random(random: &mut Random, shape: Shape, index: u32) -> wasm_encoder::Function {
        let code = wasm_encoder::Function::new_with_locals_types(LOCALS[PARAMS..].iter().copied());
        let left = 30 + random.below(100);
        let mut function = Function {
            random,
            shape,
            index,
            code,
            stack: Vec::new(),
            base: 0,
            labels: vec![Label { takes: 1, is_loop: false }],
            left,
        };
        // Some addresses are there at the beginning.
        for pointer in 0..POINTERS {
            if function.random.below(4) > 0 {
                function.put(I::LocalGet(pointer % PARAMS as u32));
                function.put(I::I32Const(0xfeff));
                function.put(I::I32And);
                function.put(I::LocalSet(pointer));
            }
        }
        // Loops come round.
        for counter in [POINTERS, POINTERS + 1] {
            function.put(I::I32Const(21));
            function.put(I::LocalSet(counter));
        }
        while function.left > 0 {
            function.step(3);
        }
        function.finish(1);
        function.code
    }

    fn put(&mut self, instruction: I<'_>) {
        self.code.instruction(&instruction);
        self.left = self.left.saturating_sub(1);
    }

    /// An instruction that takes and leaves operands.
    fn op(&mut self, instruction: I<'_>, takes: usize, leaves: &[ValType]) {
        self.put(instruction);
        self.stack.truncate(self.stack.len() - takes);
        self.stack.extend(leaves);
    }

    /// Operands of this block.
    fn height(&self) -> usize {
        self.stack.len() - self.base
    }

    fn top(&self) -> Option<ValType> {
        self.stack[self.base..].last().copied()
    }

    /// Lets a value of that type be on top: the one that is there, or another.
    fn need(&mut self, ty: ValType) {
        if self.top() != Some(ty) || self.random.one_in(4) {
            self.push(ty);
        }
    }

    /// Pushes a value of that type.
    fn push(&mut self, ty: ValType) {
        if ty != I32 || self.random.below(3) > 0 {
            let local = self.local(ty);
            return self.op(I::LocalGet(local), 0, &[ty]);
        }
        match self.random.below(8) {
            0 => self.op(I::GlobalGet(POINTER), 0, &[I32]),
            1 if self.shape.grows => {
                let memory = self.memory();
                self.op(I::MemorySize(memory), 0, &[I32]);
            }
            _ => {
                let value = self.constant();
                self.op(I::I32Const(value), 0, &[I32]);
            }
        }
    }

    fn constant(&mut self) -> i32 {
        match self.random.below(3) {
            0 => self.random.pick(&EDGES).cast_signed(),
            _ => self.random.below(100) as i32 - 20,
        }
    }

    fn edge(&mut self) {
        let value = self.random.pick(&EDGES).cast_signed();
        self.op(I::I32Const(value), 0, &[I32]);
    }

    /// A local that holds an address, often the same.
    fn pointer(&mut self) -> u32 {
        if self.random.one_in(2) { 0 } else { self.random.below(POINTERS as usize) as u32 }
    }

    /// A local of that type.
    fn local(&mut self, ty: ValType) -> u32 {
        if ty == I32 && self.random.below(3) > 0 {
            return self.pointer();
        }
        let all: Vec<u32> = (0..).zip(LOCALS).filter(|(_, known)| *known == ty).map(|(local, _)| local).collect();
        *self.random.pick(&all)
    }

    fn memory(&mut self) -> u32 {
        u32::from(self.random.one_in(4))
    }

    /// One thing, and what it takes first.
    fn step(&mut self, depth: usize) {
        match self.random.below(46) {
            0..=14 => self.access(false),
            15 if self.shape.atomics => self.access(true),
            16..=18 => self.write(),
            19 => {
                let ty = *self.random.pick(&LOCALS);
                self.push(ty);
            }
            20..=24 => self.integers(),
            25 => {
                let ty = *self.random.pick(&[I32, I64, V128]);
                self.need(ty);
                self.push(ty);
                self.condition(1);
                let typed = ty == V128 || self.random.one_in(3);
                self.op(if typed { I::TypedSelect(ty) } else { I::Select }, 3, &[ty]);
            }
            26 if self.height() > 0 => self.op(I::Drop, 1, &[]),
            27 => {
                let (global, ty) = *self.random.pick(&[(POINTER, I32), (NUMBER, I64)]);
                self.need(ty);
                self.op(I::GlobalSet(global), 1, &[]);
            }
            28 => self.range(),
            29 if self.shape.grows => {
                self.push(I32);
                self.op(I::I32Const(3), 0, &[I32]);
                self.op(I::I32And, 2, &[I32]);
                let memory = self.memory();
                self.op(I::MemoryGrow(memory), 1, &[I32]);
            }
            30 => self.call(),
            31..=37 if depth > 0 => {
                self.block(depth - 1);
                if self.top() == Some(I32) && self.random.one_in(2) {
                    // Its result is an address.
                    self.access_at_top(false);
                }
            }
            38..=42 if self.labels.len() > 1 => self.branch_if(),
            43 if self.labels.len() > 1 => self.branch(),
            44 if self.shape.atomics => self.put(I::AtomicFence(Ordering::SeqCst)),
            _ => {}
        }
    }

    /// Writes a local. An address is often no address afterwards.
    fn write(&mut self) {
        let local = self.random.below(LOCALS.len()) as u32;
        let local = if self.random.below(3) > 0 { self.pointer() } else { local };
        let ty = LOCALS[local as usize];
        if local < POINTERS {
            match self.random.below(6) {
                0 | 1 => self.need(I32),
                2 => self.edge(),
                3 => self.mask(),
                _ => {
                    self.op(I::LocalGet(local), 0, &[I32]);
                    let step = self.constant();
                    self.op(I::I32Const(step), 0, &[I32]);
                    let op = if self.random.one_in(3) { I::I32Sub } else { I::I32Add };
                    self.op(op, 2, &[I32]);
                }
            }
        } else {
            self.need(ty);
        }
        match self.random.below(3) {
            0 => self.op(I::LocalTee(local), 1, &[ty]),
            _ => self.op(I::LocalSet(local), 1, &[]),
        }
    }

    /// Pushes an address that is there.
    fn mask(&mut self) {
        self.push(I32);
        self.op(I::I32Const(0xfeff), 0, &[I32]);
        self.op(I::I32And, 2, &[I32]);
    }

    /// Pushes a condition, or takes what is there for one, but for `kept` operands.
    fn condition(&mut self, kept: usize) {
        match self.random.below(4) {
            0 if kept == 0 => self.need(I32),
            0 => self.push(I32),
            1 => self.halve(),
            _ => {
                self.push(I32);
                let bit = 1 << self.random.below(6);
                self.op(I::I32Const(bit), 0, &[I32]);
                self.op(I::I32And, 2, &[I32]);
            }
        }
    }

    /// Pushes a local that is less each time.
    fn halve(&mut self) {
        let local = POINTERS + self.random.below(2) as u32;
        self.op(I::LocalGet(local), 0, &[I32]);
        self.op(I::I32Const(1), 0, &[I32]);
        self.op(I::I32ShrU, 2, &[I32]);
        self.op(I::LocalTee(local), 1, &[I32]);
    }

    /// An instruction on integers.
    fn integers(&mut self) {
        let (unary, binary) = &*INTEGERS;
        match self.random.below(12) {
            0..=3 => {
                let (ty, op, leaves) = self.random.pick(unary).clone();
                self.need(ty);
                self.op(op, 1, &[leaves]);
            }
            4 if self.random.one_in(4) => {
                self.need(I64);
                self.push(I64);
                let op = self.random.pick(&[I::I64DivS, I::I64DivU, I::I64RemS, I::I64RemU]).clone();
                self.op(op, 2, &[I64]);
            }
            n => {
                let kind = if n == 5 && self.random.one_in(3) { 3 } else { [0, 0, 0, 1, 2][self.random.below(5)] };
                let (ty, ops, leaves) = &binary[kind];
                self.need(*ty);
                self.push(*ty);
                let op = self.random.pick(ops).clone();
                self.op(op, 2, &[*leaves]);
            }
        }
    }

    /// Pushes an address, or takes what is there for one unless it is kept.
    fn address(&mut self, kept: bool) {
        match self.random.below(24) {
            0..=12 => {
                let pointer = self.pointer();
                self.op(I::LocalGet(pointer), 0, &[I32]);
            }
            13 => {
                let value =
                    if self.random.one_in(4) { *self.random.pick(&EDGES) } else { self.random.below(0xff00) as u32 };
                self.op(I::I32Const(value.cast_signed()), 0, &[I32]);
            }
            14 if !kept => self.need(I32),
            15 | 16 => {
                self.mask();
                let pointer = self.pointer();
                self.op(I::LocalTee(pointer), 1, &[I32]);
            }
            17 | 18 => {
                // What it was, while it is something else already.
                let pointer = self.pointer();
                self.op(I::LocalGet(pointer), 0, &[I32]);
                if self.random.one_in(2) {
                    self.mask();
                } else {
                    let other = self.pointer();
                    self.op(I::LocalGet(other), 0, &[I32]);
                }
                let written = if self.random.one_in(2) { pointer } else { self.pointer() };
                self.op(I::LocalSet(written), 1, &[]);
            }
            19 | 20 => {
                // By way of memory.
                let pointer = self.pointer();
                let slot = self.random.below(64) as i32 * 4;
                self.op(I::I32Const(slot), 0, &[I32]);
                self.op(I::LocalGet(pointer), 0, &[I32]);
                let argument = argument(0, 2, 0);
                self.put(I::Call(TICK));
                self.op(I::I32Store(argument), 2, &[]);
                self.op(I::I32Const(slot), 0, &[I32]);
                self.put(I::Call(TICK));
                self.op(I::I32Load(argument), 1, &[I32]);
            }
            _ => self.mask(),
        }
    }

    /// An access.
    fn access(&mut self, atomic: bool) {
        self.address(false);
        self.access_at_top(atomic);
    }

    /// An access to the address that is on the stack.
    fn access_at_top(&mut self, atomic: bool) {
        let access = *self.random.pick(&ACCESSES[usize::from(atomic)]);
        if atomic && self.random.below(8) > 0 {
            self.op(I::I32Const(-8), 0, &[I32]);
            self.op(I::I32And, 2, &[I32]);
        }
        for &ty in access.takes {
            self.push(ty);
        }
        let offset = match self.random.below(40) {
            0 => (*self.random.pick(&EDGES)).into(),
            1..=12 => 8 * self.random.below(8) as u64,
            _ => 0,
        };
        let align = if atomic { access.log2 } else { self.random.below(access.log2 as usize + 1) as u32 };
        let argument = argument(offset, align, self.memory());
        self.put(I::Call(TICK));
        self.op((access.make)(argument), 1 + access.takes.len(), access.leaves.as_slice());
    }

    /// An instruction on a range.
    fn range(&mut self) {
        let memory = self.memory();
        let of_segment = self.random.one_in(3);
        self.address(false);
        if of_segment {
            let from = self.random.below(4) as i32;
            self.op(I::I32Const(from), 0, &[I32]);
        } else {
            self.address(true);
        }
        let len = self.random.below(12) as i32;
        self.op(I::I32Const(len), 0, &[I32]);
        self.put(I::Call(TICK));
        let instruction = match of_segment {
            true => I::MemoryInit { mem: memory, data_index: 0 },
            false if self.random.one_in(2) => I::MemoryFill(memory),
            false => I::MemoryCopy { src_mem: self.memory(), dst_mem: memory },
        };
        self.op(instruction, 3, &[]);
    }

    fn call(&mut self) {
        match self.random.below(4) {
            0 => {
                self.need(I32);
                self.push(I32);
                self.op(I::Call(MIX), 2, &[I32]);
            }
            1 => self.op(I::Call(TWO), 0, &[I32, I32]),
            _ if self.index > 0 => {
                self.put(I::Call(BURN));
                for _ in 0..PARAMS {
                    self.push(I32);
                }
                let callee = self.random.below(self.index as usize) as u32;
                if self.random.one_in(2) {
                    self.op(I::Call(FIRST + callee), PARAMS, &[I32]);
                } else {
                    self.op(I::I32Const(callee.cast_signed()), 0, &[I32]);
                    self.op(I::CallIndirect { type_index: TY_FUNC, table_index: 0 }, PARAMS + 1, &[I32]);
                }
            }
            _ => {}
        }
    }

    /// A block, a loop, branches, or one that catches.
    fn block(&mut self, depth: usize) {
        let kind = self.random.below(if self.shape.throws { 10 } else { 8 });
        let params = usize::from(kind < 8 && self.random.one_in(4));
        let results = usize::from(self.random.one_in(3));
        for _ in 0..params {
            self.need(I32);
        }
        let ty = BlockType::FunctionType(TY_BLOCKS + 2 * params as u32 + results as u32);
        let label = Label { takes: results, is_loop: false };
        match kind {
            0..=1 => {
                self.put(I::Block(ty));
                self.body(depth, params, results, label);
            }
            2..=4 => {
                self.put(I::Loop(ty));
                self.put(I::Call(BURN));
                self.body(depth, params, results, Label { takes: params, is_loop: true });
            }
            5..=7 => {
                self.condition(params);
                self.op(I::If(ty), 1, &[]);
                let otherwise = params != results || self.random.one_in(2);
                self.body(depth, params, results, label);
                if otherwise {
                    self.put(I::Else);
                    // The other branch starts with what this one started with.
                    self.stack.truncate(self.stack.len() - results);
                    self.stack.extend(vec![I32; params]);
                    self.body(depth, params, results, label);
                }
            }
            _ => {
                // What is caught goes to the end of a block around it.
                self.put(I::Block(BlockType::Empty));
                self.labels.push(Label { takes: 0, is_loop: false });
                let catch = [Catch::All { label: 0 }, Catch::One { tag: 0, label: 0 }];
                let catch = self.random.pick(&catch).clone();
                self.put(I::TryTable(ty, vec![catch].into()));
                self.body(depth, params, results, label);
                self.put(I::End);
                for _ in 0..results {
                    self.op(I::Drop, 1, &[]);
                }
                self.labels.pop();
            }
        }
        self.put(I::End);
    }

    /// What is in a block, up to its end, which is not written.
    fn body(&mut self, depth: usize, params: usize, results: usize, label: Label) {
        let outer = std::mem::replace(&mut self.base, self.stack.len() - params);
        self.labels.push(label);
        for _ in 0..1 + self.random.below(7) {
            self.step(depth);
        }
        if label.is_loop && self.random.one_in(2) {
            self.write();
            self.branch_if_to(0);
        }
        self.finish_open(results);
        self.labels.pop();
        self.base = outer;
    }

    /// Lets the operands be the results of a block.
    fn finish_open(&mut self, results: usize) {
        while self.height() > results || (self.height() == results && results == 1 && self.top() != Some(I32)) {
            self.op(I::Drop, 1, &[]);
        }
        if self.height() < results {
            self.push(I32);
        }
    }

    fn finish(&mut self, results: usize) {
        self.finish_open(results);
        self.put(I::End);
    }

    /// A label other than that of the function, more often a close one, and its operands.
    fn target(&mut self) -> u32 {
        let depth = self.random.below(self.labels.len() - 1) as u32;
        let depth = if self.random.one_in(2) { 0 } else { depth };
        self.operands_of(depth);
        depth
    }

    /// Lets the operands that a label takes be on top.
    fn operands_of(&mut self, depth: u32) -> Label {
        let label = self.labels[self.labels.len() - 1 - depth as usize];
        for _ in 0..label.takes {
            self.need(I32);
        }
        label
    }

    fn branch_if(&mut self) {
        let depth = self.random.below(self.labels.len() - 1) as u32;
        let depth = if self.random.one_in(2) { 0 } else { depth };
        self.branch_if_to(depth);
    }

    fn branch_if_to(&mut self, depth: u32) {
        let label = self.operands_of(depth);
        if label.is_loop {
            // Not for long.
            self.halve();
        } else {
            self.condition(label.takes);
        }
        self.op(I::BrIf(depth), 1, &[]);
    }

    /// What ends a path, and some code behind it.
    fn branch(&mut self) {
        match self.random.below(12) {
            0..=5 => {
                let depth = self.target();
                self.put(I::Br(depth));
            }
            6 | 7 => {
                let depth = self.target();
                let takes = self.labels[self.labels.len() - 1 - depth as usize].takes;
                let same: Vec<u32> = (0..self.labels.len() as u32)
                    .filter(|&depth| self.labels[self.labels.len() - 1 - depth as usize].takes == takes)
                    .collect();
                let targets: Vec<u32> = (0..self.random.below(3)).map(|_| *self.random.pick(&same)).collect();
                self.push(I32);
                self.op(I::BrTable(targets.into(), depth), 1, &[]);
            }
            8 | 9 => {
                self.need(I32);
                self.put(I::Return);
            }
            10 if self.shape.throws => self.put(I::Throw(0)),
            _ => self.put(I::Unreachable),
        }
        self.stack.truncate(self.base);
    }
}
