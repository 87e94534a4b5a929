//! Random functions over a stack pointer.
//!
//! In: random numbers. Out: the body of a function of one parameter and one result that gets the pointer, computes with it, goes
//! round, keeps it in memory and hands it on: in most of them there is a frame, and what they do with it is sometimes what
//! a compiler would do. What they are for is what they do otherwise.

use wasm_encoder::{BlockType, Catch, Instruction, MemArg, MemArgTarget, ValType};

/// Locals of type i32: the parameter first, then the frame, then any.
pub(crate) const LOCALS: u32 = 6;
/// The local that makes loops end.
const FUEL: u32 = LOCALS;
/// The function that returns its parameter.
pub(crate) const SAME: u32 = 0;
/// The function that returns its parameter and [`MORE`].
pub(crate) const PLUS: u32 = 1;
pub(crate) const MORE: i32 = 8;
/// The function that returns a number of its own.
pub(crate) const OWN: u32 = 2;
/// The function that takes a number.
pub(crate) const TAKE: u32 = 3;
/// The function that throws if it is given an odd number.
pub(crate) const THROW: u32 = 4;
/// How many of these there are.
pub(crate) const FUNCTIONS: u32 = 5;
/// The global that is the pointer, and one more.
pub(crate) const POINTER: u32 = 0;
pub(crate) const OTHER: u32 = 1;

/// The locals of a body behind its parameter.
pub(crate) fn locals() -> [(u32, ValType); 1] {
    [(LOCALS, ValType::I32)]
}

/// A body in the making.
pub(crate) struct Program<'r> {
    pub(crate) random: &'r mut dyn FnMut(usize) -> usize,
    pub(crate) code: Vec<Instruction<'static>>,
    /// Labels around the place, and whether a branch to each goes on.
    labels: Vec<bool>,
    frame: i32,
}

use Instruction as I;

fn argument(offset: u64, align: u32) -> MemArg {
    MemArg { offset, align, target: MemArgTarget::Memory(0), ordering: None }
}

impl<'r> Program<'r> {
    /// A body, without the last `end`.
    pub(crate) fn new(random: &'r mut dyn FnMut(usize) -> usize) -> Self {
        let mut program = Program { random, code: Vec::new(), labels: Vec::new(), frame: 0 };
        program.code.extend([I::I32Const(5), I::LocalSet(FUEL)]);
        program.frame = [0, 16, 32, 48, 160][program.below(5)];
        if program.frame > 0 {
            program.code.extend([I::GlobalGet(POINTER), I::I32Const(program.frame), I::I32Sub, I::LocalTee(1)]);
            program.code.push(I::GlobalSet(POINTER));
        } else if program.one_in(2) {
            program.code.extend([I::GlobalGet(POINTER), I::I32Const(64), I::I32Sub, I::LocalSet(1)]);
        }
        for _ in 0..2 + program.below(6) {
            program.statement(3);
        }
        program.leave();
        program.number();
        program
    }

    fn below(&mut self, n: usize) -> usize {
        (self.random)(n)
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn push(&mut self, instruction: Instruction<'static>) {
        self.code.push(instruction);
    }

    /// Gives the frame back, in most cases.
    fn leave(&mut self) {
        if self.frame > 0 && !self.one_in(30) {
            self.code.extend([I::LocalGet(1), I::I32Const(self.frame), I::I32Add, I::GlobalSet(POINTER)]);
        }
    }

    /// A number that is not of the pointer.
    fn number(&mut self) {
        const EDGES: [i32; 24] = [
            0,
            1,
            2,
            3,
            4,
            8,
            12,
            15,
            16,
            24,
            31,
            32,
            48,
            64,
            112,
            8000,
            -1,
            -4,
            -8,
            -16,
            -64,
            i32::MAX,
            i32::MIN,
            -65536,
        ];
        let number = match self.below(8) {
            0 => self.below(1 << 32) as u32 as i32,
            1 => self.below(200) as i32,
            _ => EDGES[self.below(EDGES.len())],
        };
        self.push(I::I32Const(number));
    }

    fn local(&mut self) -> u32 {
        self.below(LOCALS as usize) as u32
    }

    /// A local that may be written: where the frame is, in few programs.
    fn other_local(&mut self) -> u32 {
        match self.local() {
            1 if self.frame > 0 && !self.one_in(20) => 2,
            local => local,
        }
    }

    /// An address, as they usually are.
    fn address(&mut self, depth: u32) {
        match self.below(8) {
            0 => self.number(),
            1 | 2 => self.expression(depth),
            3 => {
                let step = [4, 8, 12, 16, 32, 48, 60][self.below(7)];
                self.code.extend([I::LocalGet(1), I::I32Const(step), I::I32Add]);
            }
            4 => {
                let step = [4, 8, 16, 32, 112][self.below(5)];
                self.code.extend([I::GlobalGet(POINTER), I::I32Const(step), I::I32Sub]);
            }
            _ => {
                let local = if self.one_in(2) { 1 } else { self.local() };
                self.push(I::LocalGet(local));
            }
        }
    }

    fn offset(&mut self) -> u64 {
        match self.below(40) {
            0 => 1000,
            1 => 0x7fff_fff0,
            2 => 0xffff_fff0,
            3..10 => 4,
            10..15 => 8,
            _ => 0,
        }
    }

    /// Pushes an i32.
    fn expression(&mut self, depth: u32) {
        if depth == 0 {
            return match self.below(4) {
                0 => self.number(),
                1 => self.push(I::GlobalGet(POINTER)),
                2 => self.push(I::LocalGet(1)),
                _ => {
                    let local = self.local();
                    self.push(I::LocalGet(local));
                }
            };
        }
        let depth = depth - 1;
        match self.below(16) {
            0..=5 => {
                self.expression(depth);
                let depth = if self.one_in(2) { 0 } else { depth };
                self.expression(depth);
                let operators = [
                    I::I32Add,
                    I::I32Add,
                    I::I32Add,
                    I::I32Sub,
                    I::I32Sub,
                    I::I32Sub,
                    I::I32And,
                    I::I32Or,
                    I::I32Xor,
                    I::I32Mul,
                    I::I32Shl,
                    I::I32ShrU,
                    I::I32ShrS,
                    I::I32Rotl,
                    I::I32LtU,
                    I::I32Eq,
                    I::I32GeS,
                ];
                let operator = operators[self.below(operators.len())].clone();
                self.push(operator);
            }
            6 => {
                self.expression(depth);
                let operators = [I::I32Eqz, I::I32Extend8S, I::I32Extend16S, I::I32Clz];
                let operator = operators[self.below(operators.len())].clone();
                self.push(operator);
            }
            7 => {
                // The same in 64 bits.
                self.expression(depth);
                self.push(I::I64ExtendI32U);
                self.expression(0);
                self.push(I::I64ExtendI32S);
                let operators = [I::I64Add, I::I64Sub, I::I64Xor, I::I64Mul];
                let operator = operators[self.below(operators.len())].clone();
                self.code.extend([operator, I::I32WrapI64]);
            }
            8 => {
                self.expression(depth);
                self.expression(0);
                self.expression(0);
                self.push(I::Select);
            }
            9 | 10 => {
                self.address(depth);
                let offset = self.offset();
                let loads = [
                    I::I32Load(argument(offset, 2)),
                    I::I32Load(argument(offset, 2)),
                    I::I32Load8U(argument(offset, 0)),
                    I::I32Load16S(argument(offset, 1)),
                ];
                let load = loads[self.below(4)].clone();
                self.push(load);
            }
            11 => {
                self.expression(depth);
                let local = self.other_local();
                self.push(I::LocalTee(local));
            }
            12 => {
                if self.frame > 0 {
                    self.expression(depth)
                } else {
                    self.number()
                }
                let function = [SAME, PLUS, OWN][self.below(3)];
                self.push(I::Call(function));
            }
            13 => {
                self.expression(0);
                self.push(I::If(BlockType::Result(ValType::I32)));
                self.labels.push(false);
                self.expression(depth);
                self.push(I::Else);
                self.expression(depth);
                self.labels.pop();
                self.push(I::End);
            }
            14 => {
                // With a value that goes with the branch.
                self.push(I::Block(BlockType::Result(ValType::I32)));
                self.labels.push(false);
                self.expression(depth);
                self.expression(0);
                self.code.extend([I::BrIf(0), I::Drop]);
                self.expression(depth);
                self.labels.pop();
                self.push(I::End);
            }
            _ => self.push(I::GlobalGet(OTHER)),
        }
    }

    fn statement(&mut self, depth: u32) {
        match self.below(if depth == 0 { 13 } else { 20 }) {
            0..=2 => {
                self.expression(2);
                let local = self.other_local();
                self.push(I::LocalSet(local));
            }
            3..=5 => {
                self.address(2);
                self.expression(1);
                let offset = self.offset();
                let store =
                    if self.one_in(4) { I::I32Store8(argument(offset, 0)) } else { I::I32Store(argument(offset, 2)) };
                self.push(store);
            }
            6 => {
                // As for an array whose length is known when it runs, and what else might be taken for it.
                match self.below(3) {
                    0 => self.expression(2),
                    _ => {
                        self.push(I::GlobalGet(POINTER));
                        self.expression(0);
                        self.push(I::I32Sub);
                    }
                }
                let local = 2 + self.below(LOCALS as usize - 2) as u32;
                self.push(I::LocalTee(local));
                if self.one_in(2) && self.frame > 0 {
                    self.push(I::GlobalSet(POINTER));
                } else {
                    self.push(I::Drop);
                }
            }
            7 => {
                if self.frame > 0 {
                    self.expression(1)
                } else {
                    self.number()
                }
                self.push(I::Call(TAKE));
            }
            8 => {
                self.address(1);
                self.number();
                self.expression(0);
                self.push(I::MemoryFill(0));
            }
            9 => {
                self.address(1);
                self.address(1);
                self.expression(0);
                self.push(I::MemoryCopy { src_mem: 0, dst_mem: 0 });
            }
            10 => {
                // One step up or down.
                let local = self.local();
                let local = if self.frame > 0 && local == 1 { 2 } else { local };
                let step = [1, 4, -4, -16][self.below(4)];
                self.code.extend([I::LocalGet(local), I::I32Const(step), I::I32Add, I::LocalSet(local)]);
            }
            11 if !self.labels.is_empty() => self.branch(),
            11 | 12 => {
                if self.one_in(4) {
                    if self.frame > 0 {
                        self.expression(1)
                    } else {
                        self.number()
                    }
                    self.push(I::GlobalSet(OTHER));
                } else {
                    self.address(1);
                    let offset = self.offset();
                    self.code.extend([I::I32Load(argument(offset, 2)), I::Drop]);
                }
            }
            13 | 14 => {
                self.expression(1);
                self.push(I::If(BlockType::Empty));
                self.inside(false, depth);
                if self.one_in(2) {
                    self.push(I::Else);
                    self.inside(false, depth);
                }
                self.push(I::End);
            }
            15 | 16 => {
                self.push(I::Loop(BlockType::Empty));
                self.inside(true, depth);
                self.code.extend([I::LocalGet(FUEL), I::I32Const(1), I::I32Sub, I::LocalTee(FUEL)]);
                self.code.extend([I::I32Const(0), I::I32GtS, I::BrIf(0), I::End]);
            }
            17 => {
                self.push(I::Block(BlockType::Empty));
                self.inside(false, depth);
                self.push(I::End);
            }
            18 => {
                self.expression(0);
                self.push(I::If(BlockType::Empty));
                self.leave();
                self.number();
                self.code.extend([I::Return, I::End]);
            }
            _ => {
                self.push(I::Block(BlockType::Empty));
                self.push(I::TryTable(BlockType::Empty, vec![Catch::All { label: 0 }].into()));
                self.labels.push(false);
                self.inside(false, depth);
                self.push(I::LocalGet(FUEL));
                self.push(I::Call(THROW));
                self.labels.pop();
                self.code.extend([I::End, I::End]);
                if self.frame > 0 && !self.one_in(10) {
                    self.code.extend([I::LocalGet(1), I::GlobalSet(POINTER)]);
                }
            }
        }
    }

    fn inside(&mut self, is_loop: bool, depth: u32) {
        self.labels.push(is_loop);
        for _ in 0..1 + self.below(3) {
            self.statement(depth - 1);
        }
        self.labels.pop();
    }

    /// A branch to a block around, or round a loop as long as there is fuel.
    fn branch(&mut self) {
        let depth = self.below(self.labels.len());
        let is_loop = self.labels[self.labels.len() - 1 - depth];
        if is_loop {
            self.code.extend([I::LocalGet(FUEL), I::I32Const(1), I::I32Sub, I::LocalTee(FUEL)]);
            self.code.extend([I::I32Const(0), I::I32GtS]);
        } else {
            self.expression(0);
        }
        self.push(I::BrIf(depth as u32));
    }
}
