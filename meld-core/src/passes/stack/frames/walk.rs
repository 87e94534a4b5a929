//! The walk over a body: what each instruction does to what is known.
//!
//! In: instructions, in the order of the body. Out: what is known after each, and what the walk notes: where the
//! pointer is set, what is accessed, and what the function passes on. The notes are complete after a pass in which nothing
//! changed ([`crate::passes::stack::frames::control`]).
//!
//! The list has the instructions with which compilers compute addresses. If any other instruction has a number of the
//! pointer among its operands, each result is `Mixed`. If it also has immediates, these may name storage, and it may have put
//! the number there.

use crate::passes::stack::ALIGN;
use crate::passes::stack::frames::immediates::has_immediates;
use crate::passes::stack::frames::locals::{Locals, Merged};
use crate::passes::stack::frames::state::{Arrival, Block, Level, State};
use crate::passes::stack::frames::value::{Range, Value};
use crate::passes::stack::frames::{Bound, CalleeFacts, Lowered, Operand, PointerAccess, StackFrame, Unproved};
use crate::passes::walk::access::access;
use crate::passes::walk::arity::Arity;
use std::collections::HashMap;
use wasmparser::{MemArgTarget, Operator};

pub(super) const RAISED: &str = "it may set the pointer above where it found it";
pub(super) const UNKNOWN: &str = "it sets the pointer to a number that does not come from the pointer";
pub(super) const NOT_BACK: &str = "it returns without having set the pointer back to where it found it";
pub(super) const LOST: &str =
    "it returns with the pointer at a place that cannot be followed back to where it found it";
pub(super) const ABOVE: &str = "it accesses memory above where it found the pointer";
pub(super) const BELOW: &str = "it hands on an address below the pointer";
pub(super) const NO_FRAME: &str = "it hands on an address that it derives from the pointer, and has no frame";
pub(super) const DEAD_FRAME: &str = "it returns an address that it derives from the pointer";
pub(super) const UNKNOWN_INSTRUCTION: &str = "it has an instruction that is not known";
pub(in crate::passes::stack) const UNBOUNDED: &str =
    "accesses memory at an address that it derives from the pointer, lower by what is known only when it runs";

/// To whom a number is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Receiver {
    /// To a memory, or to other storage.
    Store,
    /// To a global.
    Global,
    /// To a function that is called.
    Call,
    /// To the caller.
    Return,
}

/// How many bytes are accessed from an address on.
#[derive(Debug, Clone, Copy)]
enum Extent {
    /// So many, from so far behind the address on.
    Static { offset: u64, size: u64 },
    /// As many as this number.
    Length(Value),
}

pub(super) struct FrameWalk<'w> {
    /// The indices of the global that may be a stack pointer.
    globals: &'w [u32],
    calls: &'w mut dyn CalleeFacts,
    /// So many parameters are followed, as numbers of their own.
    params: u32,
    /// What holds where loops begin, by where that is.
    pub(super) loops: HashMap<u32, Arrival>,
    pub(super) merged: Merged,
    /// Whether numbers of the pointer may be in a memory, and whether an unknown number may have moved some of them down.
    spilled: Option<bool>,
    /// Whether any of both changed since this pass began.
    pub(super) changed: bool,
    /// Whether everything is possible where loops begin.
    pub(super) last: bool,
    /// `None` where control does not come.
    pub(super) state: Option<State>,
    /// The outermost one is the body.
    pub(super) blocks: Vec<Block>,
    /// Blocks that are open and from which exceptions are caught.
    pub(super) tries: Vec<usize>,
    pub(super) frame: StackFrame,
    pub(super) breach: Option<&'static str>,
    pub(super) makes_frame: bool,
    pub(super) accesses: bool,
    /// What is returned, if it is one number.
    pub(super) returned: Option<Value>,
}

impl<'w> FrameWalk<'w> {
    pub(super) fn new(globals: &'w [u32], calls: &'w mut dyn CalleeFacts, params: u32) -> Self {
        FrameWalk {
            globals,
            calls,
            params,
            loops: HashMap::new(),
            merged: Merged::default(),
            spilled: None,
            changed: false,
            last: false,
            state: None,
            blocks: Vec::new(),
            tries: Vec::new(),
            frame: StackFrame::default(),
            breach: None,
            makes_frame: false,
            accesses: false,
            returned: None,
        }
    }

    /// Begins a pass over a function with so many results.
    pub(super) fn begin(&mut self, results: usize, last: bool) {
        self.changed = false;
        self.last = last;
        self.merged = Merged::default();
        let mut locals = Locals::all(Value::Other);
        for param in 0..self.params {
            locals.set(param, Value::Param(param, 0));
        }
        self.state = Some(State { pointer: Level::ENTRY, locals });
        self.blocks.clear();
        self.tries.clear();
        self.open_body(results);
        self.frame = StackFrame::default();
        self.breach = None;
        (self.makes_frame, self.accesses) = (false, false);
        self.returned = None;
    }

    pub(super) fn operator(&mut self, at: u32, operator: &Operator<'_>, arity: &Arity<'_>) {
        if self.structure(at, operator, arity) || self.state.is_none() || self.jump(operator, arity) {
            return;
        }
        match *operator {
            Operator::GlobalGet { global_index } if self.globals.contains(&global_index) => self.get_pointer(),
            Operator::GlobalSet { global_index } if self.globals.contains(&global_index) => {
                let value = self.pop();
                self.set_pointer(at, value);
            }
            Operator::GlobalSet { .. } => {
                let value = self.pop();
                self.hands_on(value, Receiver::Global);
            }
            Operator::LocalGet { local_index } => {
                let value = self.state.as_ref().map_or(Value::Other, |state| state.locals.get(local_index));
                self.push(value);
            }
            Operator::LocalSet { local_index } => {
                let value = self.pop();
                self.set_local(local_index, value);
            }
            Operator::LocalTee { local_index } => {
                let value = self.pop();
                self.set_local(local_index, value);
                self.push(value);
            }
            Operator::Drop => _ = self.pop(),
            Operator::Nop => {}
            Operator::Select | Operator::TypedSelect { .. } => {
                self.pop();
                let (other, one) = (self.pop(), self.pop());
                self.push(one.join(other));
            }
            Operator::I32Const { value } => self.push(Value::Num(Range::of(value))),
            Operator::I64Const { value } => self.push(Value::Num(Range::of(value as i32))),
            Operator::F32Const { .. } | Operator::F64Const { .. } => self.push(Value::Other),
            Operator::I32Add => self.binary(Value::add),
            Operator::I32Sub => self.binary(Value::sub),
            Operator::I32And => self.binary(Value::and),
            Operator::I32Or => self.binary(Value::or),
            // The lower half of a number stays what it is.
            Operator::I64ExtendI32U | Operator::I32WrapI64 => {}
            Operator::I64Add => self.binary(|one, other| one.wide(other, Value::add)),
            Operator::I64Or => self.binary(|one, other| one.wide(other, Value::or)),
            Operator::I64Shl => self.binary(Value::wide_shl),
            Operator::I32Eqz | Operator::I64Eqz => {
                self.pop();
                self.push(Value::BOOL);
            }
            Operator::I32Eq
            | Operator::I32Ne
            | Operator::I32LtS
            | Operator::I32LtU
            | Operator::I32GtS
            | Operator::I32GtU
            | Operator::I32LeS
            | Operator::I32LeU
            | Operator::I32GeS
            | Operator::I32GeU
            | Operator::I64Eq
            | Operator::I64Ne
            | Operator::I64LtS
            | Operator::I64LtU
            | Operator::I64GtS
            | Operator::I64GtU
            | Operator::I64LeS
            | Operator::I64LeU
            | Operator::I64GeS
            | Operator::I64GeU => self.binary(|_, _| Value::BOOL),
            Operator::Call { function_index } => match self.calls.pointer(function_index) {
                Some(PointerAccess::Get) => self.get_pointer(),
                Some(PointerAccess::Set) => {
                    let value = self.pop();
                    self.set_pointer(at, value);
                }
                None => self.call(function_index, operator, arity),
            },
            Operator::CallIndirect { .. } | Operator::CallRef { .. } => {
                self.pass_all(operator, arity, Receiver::Call);
                self.throws();
                let results = operator.operator_arity(arity).map_or(0, |(_, pushes)| pushes);
                self.push_all(results, Value::Other);
            }
            Operator::MemoryFill { .. } | Operator::MemoryInit { .. } => {
                let (length, what, to) = (self.pop(), self.pop(), self.pop());
                self.access(at, to, Extent::Length(length), Operand::To);
                self.hands_on(what, Receiver::Store);
            }
            Operator::MemoryCopy { .. } => {
                let (length, from, to) = (self.pop(), self.pop(), self.pop());
                self.access(at, to, Extent::Length(length), Operand::To);
                self.access(at, from, Extent::Length(length), Operand::From);
            }
            _ => self.unlisted(at, operator, arity),
        }
    }

    fn call(&mut self, function: u32, operator: &Operator<'_>, arity: &Arity<'_>) {
        let args = self.pass_all(operator, arity, Receiver::Call);
        self.throws();
        let results = operator.operator_arity(arity).map_or(0, |(_, pushes)| pushes);
        let followed = args.iter().any(|arg| arg.is_of_pointer() || matches!(arg, Value::Param(..)));
        if results == 1
            && followed
            && let Some((param, offset)) = self.calls.returns(function)
        {
            let argument = args.get(param as usize).copied().unwrap_or(Value::Any { down: true });
            return self.push(argument.add(Value::Num(Range::of(offset))));
        }
        self.push_all(results, Value::Other);
    }

    fn unlisted(&mut self, at: u32, operator: &Operator<'_>, arity: &Arity<'_>) {
        let Some((pops, pushes)) = operator.operator_arity(arity) else {
            return self.breach(UNKNOWN_INSTRUCTION);
        };
        let operands = self.pop_all(pops as usize);
        if let Some(access) = access(operator)
            && let MemArgTarget::Memory(_) = access.memarg.target
            && let [address, others @ ..] = &operands[..]
        {
            // The natural alignment of an access is its size.
            let (offset, size) = (access.memarg.offset, 1 << access.memarg.max_align);
            let operand = Operand::Address { offset, size, above: (access.name, others.len()) };
            self.access(at, *address, Extent::Static { offset, size: size.into() }, operand);
            for value in others {
                self.hands_on(*value, Receiver::Store);
                // What is only a part of an address is no address in the frame.
                if value.low().is_some() && !matches!(access.name, "I32Store" | "I64Store") {
                    self.hands_on(Value::Mixed, Receiver::Store);
                }
            }
            return self.push_all(pushes, self.in_memory());
        }
        let of_pointer = operands.iter().any(|value| value.is_of_pointer());
        for value in &operands {
            self.used(*value);
        }
        let result = match has_immediates(operator) {
            true => {
                // It may find what is in some storage, and may throw.
                for value in operands {
                    self.hands_on(value, Receiver::Store);
                }
                self.throws();
                if of_pointer { Value::Mixed } else { self.in_memory() }
            }
            false if of_pointer => Value::Mixed,
            false => Value::Other,
        };
        self.push_all(pushes, result);
    }

    /// What may be in memory.
    fn in_memory(&self) -> Value {
        self.spilled.map_or(Value::Other, |down| Value::Any { down })
    }

    pub(super) fn pop(&mut self) -> Value {
        // Below the known part of the operand stack there may be any value.
        self.blocks.last_mut().and_then(|block| block.stack.pop()).unwrap_or(Value::Any { down: true })
    }

    /// Takes so many operands, in their order.
    pub(super) fn pop_all(&mut self, count: usize) -> Vec<Value> {
        if self.state.is_none() {
            return Vec::new();
        }
        let mut values: Vec<Value> = (0..count).map(|_| self.pop()).collect();
        values.reverse();
        values
    }

    fn push(&mut self, value: Value) {
        if let Some(block) = self.blocks.last_mut() {
            block.stack.push(value);
        }
    }

    fn push_all(&mut self, count: u32, value: Value) {
        (0..count).for_each(|_| self.push(value));
    }

    fn binary(&mut self, of: fn(Value, Value) -> Value) {
        let (right, left) = (self.pop(), self.pop());
        let value = of(left, right);
        match value {
            Value::At(Range { low, .. }) => self.reaches(low),
            // What is based on an address counts from there.
            Value::Near { .. } | Value::Any { .. } => {
                self.used(left);
                self.used(right);
            }
            _ => {}
        }
        self.push(value);
    }

    fn set_local(&mut self, local: u32, value: Value) {
        if let Some(state) = &mut self.state {
            state.locals.set(local, value);
        }
    }

    /// Passes all operands of an instruction to a receiver.
    pub(super) fn pass_all(&mut self, operator: &Operator<'_>, arity: &Arity<'_>, way: Receiver) -> Vec<Value> {
        let Some((pops, _)) = operator.operator_arity(arity) else {
            self.breach(UNKNOWN_INSTRUCTION);
            return Vec::new();
        };
        let operands = self.pop_all(pops as usize);
        for value in &operands {
            self.hands_on(*value, way);
        }
        operands
    }

    /// The function passes a number on.
    fn hands_on(&mut self, value: Value, way: Receiver) {
        let Some(Level { low, high, framed, .. }) = self.state.as_ref().map(|state| state.pointer) else { return };
        if !value.is_of_pointer() {
            return;
        }
        self.accesses = true;
        self.used(value);
        // Known only if both are: there is room down to each number that is known.
        let (in_frame, below) = match value {
            Value::At(range) => {
                (range.low >= low.unwrap_or(high) && range.high <= 0, low.is_some_and(|low| range.high < low))
            }
            _ => (false, false),
        };
        match way {
            // `Any` may be another number, and it is: no function returns an address in a frame that is gone.
            Receiver::Return if matches!(value, Value::Any { .. }) => {}
            Receiver::Return => self.breach(DEAD_FRAME),
            // An address in the frame: code that reads it keeps to the frame. Or a number that no code makes an address again.
            Receiver::Store | Receiver::Global if high < 0 && (in_frame || value == Value::Mixed) => {}
            Receiver::Store => self.spill(value.down()),
            Receiver::Global | Receiver::Call if !framed => self.breach(NO_FRAME),
            Receiver::Global | Receiver::Call if below => self.breach(BELOW),
            Receiver::Global => self.spill(value.down()),
            Receiver::Call => {}
        }
    }

    fn spill(&mut self, down: bool) {
        let spilled = Some(down | self.spilled.unwrap_or(false));
        if self.spilled != spilled {
            self.spilled = spilled;
            self.changed = true;
        }
    }

    fn access(&mut self, at: u32, address: Value, extent: Extent, operand: Operand) {
        if !address.is_of_pointer() {
            return;
        }
        self.accesses = true;
        self.used(address);
        let bound = match address {
            Value::At(Range { low, high }) => {
                let (offset, size) = match extent {
                    Extent::Static { offset, size } => (i128::from(offset), Some(i128::from(size))),
                    Extent::Length(Value::Num(Range { low: 0.., high })) => (0, Some(i128::from(high))),
                    Extent::Length(_) => (0, None),
                };
                if size.is_some_and(|size| i128::from(high) + offset + size <= 0) {
                    return;
                }
                if size.is_some_and(|size| i128::from(low) + offset + size > 0 && i128::from(low) + offset >= 0) {
                    return self.breach(ABOVE);
                }
                Bound::Frame
            }
            Value::Near { .. } => Bound::Frame,
            _ => Bound::Anywhere,
        };
        if address.down() {
            self.frame.unbounded = true;
        }
        self.frame.unproved.push(Unproved { at, operand, bound });
    }

    /// The function uses a number, and does not only pass it on: the place at this address may be below the pointer.
    fn used(&mut self, value: Value) {
        if let Some(low) = value.low()
            && let Some(pointer) = self.state.as_ref().map(|state| state.pointer)
        {
            self.reaches_from(pointer, Some(low));
        }
    }

    /// The function uses the place `low` bytes from E while the pointer is at `pointer`.
    pub(super) fn reaches_from(&mut self, pointer: Level, low: Option<i32>) {
        let Some(low) = low else { return };
        self.reaches(low);
        let below = i64::from(pointer.high) - i64::from(low);
        self.frame.below = self.frame.below.max(below.max(0).unsigned_abs());
    }

    fn reaches(&mut self, low: i32) {
        self.frame.depth = self.frame.depth.max(low.min(0).unsigned_abs().into());
    }

    fn get_pointer(&mut self) {
        let level = self.state.as_ref().map_or(Level::ENTRY, |state| state.pointer);
        self.push(match level {
            Level { low: Some(low), high, .. } => Value::At(Range { low, high }),
            Level { low: None, sum: true, .. } => Value::Near { down: true },
            // It was set to a number of unknown origin, or is where a callee left it.
            Level { low: None, sum: false, .. } => Value::Any { down: true },
        });
    }

    fn set_pointer(&mut self, at: u32, value: Value) {
        let Some(state) = &mut self.state else { return };
        match value {
            Value::At(Range { high: 1.., .. }) => self.breach(RAISED),
            Value::At(Range { low, high }) => {
                state.pointer = Level { low: Some(low), high, framed: high < 0, sum: true };
                if state.pointer != Level::ENTRY {
                    let by = u64::from(low.unsigned_abs());
                    self.frame.lowered.push(Lowered { at, by: Some(by), ceiling: high });
                    self.makes_frame |= by > 0 && by.is_multiple_of(ALIGN);
                    self.reaches(low);
                }
            }
            Value::Num(_) | Value::Param(..) => self.breach(UNKNOWN),
            Value::Other | Value::Near { .. } | Value::Mixed | Value::Any { .. } => {
                // A check when it runs: not above the highest place where it can be now, which is never above where it was at entry.
                let ceiling = state.pointer.high;
                let sum = matches!(value, Value::Near { .. });
                state.pointer = Level { low: None, high: ceiling, framed: true, sum };
                self.frame.lowered.push(Lowered { at, by: None, ceiling });
            }
        }
    }

    pub(super) fn breach(&mut self, what: &'static str) {
        if self.state.is_some() {
            self.breach.get_or_insert(what);
        }
    }

    /// The function returns.
    pub(super) fn returns(&mut self, values: &[Value]) {
        let Some(pointer) = self.state.as_ref().map(|state| state.pointer) else { return };
        if pointer != Level::ENTRY {
            self.breach(if pointer.low.is_none() { LOST } else { NOT_BACK });
        }
        for value in values {
            self.hands_on(*value, Receiver::Return);
        }
        self.returned = match values {
            [value] => Some(*value),
            _ => None,
        };
    }
}
