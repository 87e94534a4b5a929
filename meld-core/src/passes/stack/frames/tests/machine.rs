//! A machine that runs a body and watches what the analysis has said of it.
//!
//! In: the instructions of a body, what the analysis says, and the pointer at entry. Each number has, beside
//! its value, the factor that the pointer at entry has in it, as far as it is a sum: one that has none, or none that is
//! known, is of the pointer. That is what the analysis approximates, and it is computed here without it. Out: how the run
//! ended, or what was said and is not true.

use crate::passes::stack::frames::tests::program::{LOCALS, MORE, OTHER, OWN, PLUS, POINTER, SAME, TAKE, THROW};
use crate::passes::stack::frames::{Bound, Operand, StackFrame};
use std::collections::HashMap;
use wasmparser::{BlockType, Catch, Operator};

/// Bytes of the memory.
pub(crate) const MEMORY: u32 = 1 << 16;
/// So many instructions are enough.
const STEPS: usize = 3000;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Returned,
    /// The code trapped by itself.
    Trapped,
    /// A check found something.
    Checked,
    /// It throws.
    Threw,
    /// It was not over yet.
    Stopped,
}

/// A number.
#[derive(Debug, Clone, Copy)]
struct Number {
    bits: u64,
    /// The factor of the pointer at entry, modulo 2^32, if the number is a sum.
    factor: Option<u32>,
    /// Whether it is one but for some bits that have been set or cleared.
    loose: bool,
}

impl Number {
    fn plain(bits: u32) -> Self {
        Self { bits: bits.into(), factor: Some(0), loose: false }
    }

    fn low(self) -> u32 {
        self.bits as u32
    }

    fn is_of_pointer(self) -> bool {
        self.factor != Some(0)
    }
}

struct Label {
    /// Where a branch goes.
    target: usize,
    is_loop: bool,
    height: usize,
    arity: usize,
    catches: bool,
}

pub(crate) struct Machine<'m> {
    code: &'m [(u32, Operator<'m>)],
    frame: &'m StackFrame,
    /// Where blocks end, and where the other way through an `if` begins.
    ends: HashMap<usize, (usize, Option<usize>)>,
    entry: u32,
    /// The bottom of the stack, for what is checked.
    bottom: u32,
    pointer: Number,
    other: Number,
    framed: bool,
    locals: Vec<Number>,
    stack: Vec<Number>,
    labels: Vec<Label>,
    memory: Vec<u8>,
    /// Bytes in which something of the pointer is.
    of_pointer: Vec<bool>,
}

impl<'m> Machine<'m> {
    pub(crate) fn new(
        code: &'m [(u32, Operator<'m>)],
        frame: &'m StackFrame,
        entry: u32,
        bottom: u32,
        param: u32,
    ) -> Self {
        let mut ends = HashMap::new();
        let mut open: Vec<(usize, Option<usize>)> = Vec::new();
        for (at, (_, operator)) in code.iter().enumerate() {
            match operator {
                Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } | Operator::TryTable { .. } => {
                    open.push((at, None));
                }
                Operator::Else => {
                    if let Some(block) = open.last_mut() {
                        block.1 = Some(at);
                    }
                }
                Operator::End => {
                    if let Some((start, other)) = open.pop() {
                        ends.insert(start, (at, other));
                    }
                }
                _ => {}
            }
        }
        let mut locals = vec![Number::plain(0); LOCALS as usize + 1];
        locals[0] = Number::plain(param);
        Machine {
            code,
            frame,
            ends,
            entry,
            bottom,
            pointer: Number { bits: entry.into(), factor: Some(1), loose: false },
            other: Number::plain(7),
            framed: false,
            locals,
            stack: Vec::new(),
            labels: vec![Label { target: code.len() - 1, is_loop: false, height: 0, arity: 1, catches: false }],
            memory: vec![0; MEMORY as usize],
            of_pointer: vec![false; MEMORY as usize],
        }
    }

    fn pop(&mut self) -> Number {
        self.stack.pop().expect("a valid body")
    }

    pub(crate) fn run(&mut self) -> Result<End, String> {
        let mut at = 0;
        for _ in 0..STEPS {
            let (offset, operator) = &self.code[at];
            let mut next = at + 1;
            match operator {
                Operator::Block { blockty } => self.open(at, *blockty, false),
                Operator::TryTable { try_table } => {
                    assert!(matches!(try_table.catches[..], [Catch::All { label: 0 }]), "as programs are made");
                    self.open(at, try_table.ty, false);
                    self.labels.last_mut().expect("it was opened").catches = true;
                }
                Operator::Loop { .. } => {
                    let height = self.stack.len();
                    self.labels.push(Label { target: at + 1, is_loop: true, height, arity: 0, catches: false });
                }
                Operator::If { blockty } => {
                    let condition = self.pop().low();
                    let (end, other) = self.ends[&at];
                    if condition != 0 || other.is_some() {
                        self.open(at, *blockty, false);
                    }
                    if condition == 0 {
                        next = other.map_or(end + 1, |other| other + 1);
                    }
                }
                Operator::Else => {
                    let label = self.labels.pop().expect("a valid body");
                    next = label.target + 1;
                }
                Operator::End => {
                    self.labels.pop();
                    if self.labels.is_empty() {
                        return self.returns();
                    }
                }
                Operator::BrIf { relative_depth } => {
                    if self.pop().low() != 0 {
                        next = self.branch(*relative_depth);
                    }
                }
                Operator::Return => return self.returns(),
                Operator::Call { function_index } => {
                    let argument = self.pop();
                    if argument.is_of_pointer() && !self.framed {
                        return Err(format!("{offset}: {argument:?} is handed on, without a frame"));
                    }
                    match *function_index {
                        SAME => self.stack.push(argument),
                        PLUS => self
                            .stack
                            .push(Number { bits: argument.low().wrapping_add(MORE as u32).into(), ..argument }),
                        OWN => self.stack.push(Number::plain(40)),
                        TAKE => {}
                        THROW => {
                            if argument.low() % 2 == 1 {
                                // The function that throws may have lowered the pointer.
                                let lowered = self.pointer.low().saturating_sub(32);
                                self.pointer.bits = u64::from(lowered.max(self.bottom).min(self.pointer.low()));
                                while self.labels.last().is_some_and(|label| !label.catches) {
                                    self.labels.pop();
                                }
                                let Some(label) = self.labels.pop() else { return Ok(End::Threw) };
                                // It is caught by the block around.
                                self.stack.truncate(label.height);
                                next = self.branch(0);
                            }
                        }
                        function => unreachable!("function {function}"),
                    }
                }
                operator => match self.step(*offset, operator) {
                    Ok(None) => {}
                    Ok(Some(end)) => return Ok(end),
                    Err(what) => return Err(format!("{offset}: {operator:?}: {what}")),
                },
            }
            at = next;
        }
        Ok(End::Stopped)
    }

    fn open(&mut self, at: usize, ty: BlockType, catches: bool) {
        let arity = usize::from(ty != BlockType::Empty);
        self.labels.push(Label { target: self.ends[&at].0, is_loop: false, height: self.stack.len(), arity, catches });
    }

    fn branch(&mut self, depth: u32) -> usize {
        let at = self.labels.len() - 1 - depth as usize;
        let Label { target, is_loop, height, arity, .. } = self.labels[at];
        let kept = self.stack.split_off(self.stack.len() - arity);
        self.stack.truncate(height);
        self.stack.extend(kept);
        if is_loop {
            self.labels.truncate(at + 1);
            target
        } else {
            // Its `end` closes it.
            self.labels.truncate(at + 1);
            target
        }
    }

    fn returns(&mut self) -> Result<End, String> {
        if self.pointer.low() != self.entry {
            return Err(format!("it returns with the pointer at {:#x}", self.pointer.low()));
        }
        Ok(End::Returned)
    }

    fn step(&mut self, offset: u32, operator: &Operator<'_>) -> Result<Option<End>, String> {
        match *operator {
            Operator::GlobalGet { global_index: POINTER } => self.stack.push(self.pointer),
            Operator::GlobalGet { .. } => self.stack.push(self.other),
            Operator::GlobalSet { global_index: POINTER } => return self.set_pointer(offset),
            Operator::GlobalSet { global_index } => {
                assert_eq!(global_index, OTHER);
                self.other = self.pop();
                if self.other.is_of_pointer() && !self.framed {
                    return Err("it is kept, without a frame".to_owned());
                }
                self.other = self.stored(self.other);
            }
            Operator::LocalGet { local_index } => self.stack.push(self.locals[local_index as usize]),
            Operator::LocalSet { local_index } => self.locals[local_index as usize] = self.pop(),
            Operator::LocalTee { local_index } => {
                let value = self.pop();
                self.locals[local_index as usize] = value;
                self.stack.push(value);
            }
            Operator::Drop => _ = self.pop(),
            Operator::Select => {
                let (condition, other, one) = (self.pop(), self.pop(), self.pop());
                self.stack.push(if condition.low() != 0 { one } else { other });
            }
            Operator::I32Const { value } => self.stack.push(Number::plain(value as u32)),
            Operator::I32Load { memarg } => return self.load(offset, memarg.offset, 4, |bits| bits),
            Operator::I32Load8U { memarg } => return self.load(offset, memarg.offset, 1, |bits| bits),
            Operator::I32Load16S { memarg } => {
                return self.load(offset, memarg.offset, 2, |bits| bits as u16 as i16 as i32 as u32);
            }
            Operator::I32Store { memarg } => return self.store(offset, memarg.offset, 4),
            Operator::I32Store8 { memarg } => return self.store(offset, memarg.offset, 1),
            Operator::MemoryFill { .. } => {
                let (length, value, to) = (self.pop(), self.pop(), self.pop());
                if let Some(end) = self.range(offset, Operand::To, to, length.low())? {
                    return Ok(Some(end));
                }
                let range = to.low() as usize..to.low() as usize + length.low() as usize;
                self.memory[range.clone()].fill(value.low() as u8);
                self.of_pointer[range].fill(value.is_of_pointer());
            }
            Operator::MemoryCopy { .. } => {
                let (length, from, to) = (self.pop(), self.pop(), self.pop());
                for (operand, address) in [(Operand::To, to), (Operand::From, from)] {
                    if let Some(end) = self.range(offset, operand, address, length.low())? {
                        return Ok(Some(end));
                    }
                }
                let range = from.low() as usize..from.low() as usize + length.low() as usize;
                self.memory.copy_within(range.clone(), to.low() as usize);
                self.of_pointer.copy_within(range, to.low() as usize);
            }
            ref operator => self.compute(operator),
        }
        Ok(None)
    }

    fn compute(&mut self, operator: &Operator<'_>) {
        let one = |number: Number, bits: u64| Number {
            bits,
            factor: Some(0).filter(|_| !number.is_of_pointer()),
            loose: false,
        };
        let unary = match *operator {
            Operator::I32Eqz => Some((|bits| u64::from(bits as u32 == 0)) as fn(u64) -> u64),
            Operator::I32Extend8S => Some((|bits| u64::from(bits as u8 as i8 as i32 as u32)) as fn(u64) -> u64),
            Operator::I32Extend16S => Some((|bits| u64::from(bits as u16 as i16 as i32 as u32)) as fn(u64) -> u64),
            Operator::I32Clz => Some((|bits| u64::from((bits as u32).leading_zeros())) as fn(u64) -> u64),
            Operator::I64ExtendI32U => Some((|bits| bits) as fn(u64) -> u64),
            Operator::I64ExtendI32S => Some((|bits| bits as u32 as i32 as i64 as u64) as fn(u64) -> u64),
            Operator::I32WrapI64 => Some((|bits| u64::from(bits as u32)) as fn(u64) -> u64),
            _ => None,
        };
        if let Some(of) = unary {
            let operand = self.pop();
            let mut result = one(operand, of(operand.bits));
            match operator {
                Operator::I32Eqz => result.factor = Some(0),
                // The lower half stays what it is.
                Operator::I64ExtendI32U | Operator::I32WrapI64 => result.factor = operand.factor,
                _ => {}
            }
            return self.stack.push(result);
        }
        let (right, left) = (self.pop(), self.pop());
        let (a, b) = (left.low(), right.low());
        let sum = |of: fn(u32, u32) -> u32| left.factor.zip(right.factor).map(|(left, right)| of(left, right));
        let mixed = Some(0).filter(|_| !left.is_of_pointer() && !right.is_of_pointer());
        // Where bits are set or cleared by what is not of the pointer, it is one address as far as another one.
        let sums = matches!((left.factor, right.factor), (Some(0), Some(1)) | (Some(1), Some(0)));
        let loose = left.loose | right.loose | matches!(operator, Operator::I32And | Operator::I32Or);
        let bitwise = if sums { Some(1) } else { mixed };
        let (bits, factor) = match *operator {
            Operator::I32Add => (a.wrapping_add(b).into(), sum(u32::wrapping_add)),
            Operator::I32Sub => (a.wrapping_sub(b).into(), sum(u32::wrapping_sub)),
            Operator::I32And => ((a & b).into(), bitwise),
            Operator::I32Or => ((a | b).into(), bitwise),
            Operator::I32Xor => ((a ^ b).into(), mixed),
            Operator::I32Mul => (a.wrapping_mul(b).into(), mixed),
            Operator::I32Shl => (a.wrapping_shl(b).into(), mixed),
            Operator::I32ShrU => (a.wrapping_shr(b).into(), mixed),
            Operator::I32ShrS => (u64::from((a as i32).wrapping_shr(b) as u32), mixed),
            Operator::I32Rotl => (a.rotate_left(b % 32).into(), mixed),
            Operator::I32LtU => (u64::from(a < b), Some(0)),
            Operator::I32Eq => (u64::from(a == b), Some(0)),
            Operator::I32GeS => (u64::from(a as i32 >= b as i32), Some(0)),
            Operator::I32GtS => (u64::from(a as i32 > b as i32), Some(0)),
            Operator::I64Add => (left.bits.wrapping_add(right.bits), sum(u32::wrapping_add)),
            Operator::I64Sub => (left.bits.wrapping_sub(right.bits), mixed),
            Operator::I64Xor => (left.bits ^ right.bits, mixed),
            Operator::I64Mul => (left.bits.wrapping_mul(right.bits), mixed),
            ref operator => unreachable!("{operator:?}"),
        };
        self.stack.push(Number { bits, factor, loose });
    }

    fn set_pointer(&mut self, offset: u32) -> Result<Option<End>, String> {
        let value = self.pop();
        let set = value.low();
        match self.frame.lowered.iter().find(|lowered| lowered.at == offset) {
            None if set != self.entry => return Err(format!("the pointer is set to {set:#x}, and is lowered nowhere")),
            None => self.framed = false,
            Some(lowered) => {
                let ceiling = self.entry.wrapping_add(lowered.ceiling as u32);
                match lowered.by {
                    // So it is checked.
                    None if !(self.bottom..=ceiling).contains(&set) => return Ok(Some(End::Checked)),
                    Some(by) if set > ceiling || u64::from(self.entry) > u64::from(set) + by => {
                        return Err(format!("the pointer is set to {set:#x}, with {lowered:?}"));
                    }
                    _ => {}
                }
                self.framed = set < self.entry || lowered.by.is_none();
            }
        }
        self.pointer = value;
        Ok(None)
    }

    /// What is known of a number once it has been stored: an address in the frame, or in the room
    /// below that is asked for, is one for all code that finds it, and code makes no
    /// address again of a number that is no sum.
    fn stored(&self, value: Number) -> Number {
        let lowest = u64::from(self.pointer.low()).saturating_sub(self.frame.below) as u32;
        let in_frame = (lowest..=self.entry).contains(&value.low()) || value.factor != Some(1) || value.loose;
        if in_frame && self.pointer.low() < self.entry { Number::plain(value.low()) } else { value }
    }

    /// What was said of an access. Whether it is refused.
    fn access(
        &self,
        offset: u32,
        range: bool,
        operand: Operand,
        address: Number,
        start: u64,
        size: u64,
    ) -> Result<Option<End>, String> {
        let unproved = self
            .frame
            .unproved
            .iter()
            .find(|unproved| unproved.at == offset && (!range || unproved.operand == operand));
        let (entry, end) = (u64::from(self.entry), start + size);
        if size == 0 && range {
            return Ok(None);
        }
        if let Some(unproved) = unproved {
            let in_stack = start >= u64::from(self.bottom) && end <= entry;
            if unproved.bound == Bound::Frame && !in_stack {
                return Ok(Some(End::Checked));
            }
        } else if address.is_of_pointer() {
            let lowest = entry.saturating_sub(self.frame.depth);
            let below = u64::from(self.pointer.low()).saturating_sub(self.frame.below);
            if start < lowest || start < below || end > entry {
                return Err(format!(
                    "{start:#x}..{end:#x} was proved to be in {lowest:#x}..{entry:#x}, with the pointer at {:#x}: {address:?}, {:?}",
                    self.pointer.low(),
                    self.frame
                ));
            }
        }
        Ok(Some(End::Trapped).filter(|_| end > MEMORY.into()))
    }

    fn range(&self, offset: u32, operand: Operand, address: Number, size: u32) -> Result<Option<End>, String> {
        let end = self.access(offset, true, operand, address, address.low().into(), size.into())?;
        Ok(end.or(Some(End::Trapped).filter(|_| u64::from(address.low()) + u64::from(size) > MEMORY.into())))
    }

    fn load(&mut self, offset: u32, by: u64, size: usize, of: fn(u32) -> u32) -> Result<Option<End>, String> {
        let address = self.pop();
        let start = u64::from(address.low()) + by;
        let operand = Operand::To;
        if let Some(end) = self.access(offset, false, operand, address, start, size as u64)? {
            return Ok(Some(end));
        }
        let range = start as usize..start as usize + size;
        let bits = self.memory[range.clone()].iter().rev().fold(0, |bits, byte| bits << 8 | u32::from(*byte));
        let of_pointer = self.of_pointer[range].contains(&true);
        self.stack.push(Number { bits: of(bits).into(), factor: Some(0).filter(|_| !of_pointer), loose: false });
        Ok(None)
    }

    fn store(&mut self, offset: u32, by: u64, size: usize) -> Result<Option<End>, String> {
        let (value, address) = (self.pop(), self.pop());
        let start = u64::from(address.low()) + by;
        if let Some(end) = self.access(offset, false, Operand::To, address, start, size as u64)? {
            return Ok(Some(end));
        }
        let value = self.stored(if size == 4 {
            value
        } else {
            Number { factor: Some(0).filter(|_| !value.is_of_pointer()), ..value }
        });
        for (i, at) in (start as usize..start as usize + size).enumerate() {
            self.memory[at] = (value.low() >> (8 * i)) as u8;
            self.of_pointer[at] = value.is_of_pointer();
        }
        Ok(None)
    }
}
