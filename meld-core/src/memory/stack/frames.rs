//! What a function does with its stack pointer.
//!
//! In: a body of the input, and the index of the global that is the stack pointer. Out: a [`Frame`]: how far below the place
//! where the pointer stood when the function was entered it goes, and where it lowers the pointer; or why it is not
//! plain that the function keeps to the rules. The rules are two: the pointer is never
//! above the place where it stood at entry, and stands there again whenever the function returns. Functions that all
//! keep to them can share a pointer, whoever calls whom.
//!
//! The body is interpreted downwards, over what is known of numbers: that one is as far from the pointer at entry as
//! some range says ([`Level`]), that one is a constant, or nothing. Where ways meet, what holds on all of them is kept. At the
//! beginning of a loop, what holds is what comes from above and is the same wherever the loop comes round, which is known when the
//! body has been passed; so it is passed again until nothing changes, which takes two or three times. After [`PASSES`], a loop
//! keeps nothing of a local that it writes: code that wants more is not what compilers make. An exception leaves
//! the pointer somewhere below; whoever catches it has to set it.
//!
//! Nobody is asked to believe a prologue by its looks. Rejected: patterns of instructions, for each compiler and each
//! optimizer has its own.

use super::ALIGN;
use crate::error::MergeError;
use crate::memory::access::access;
use crate::memory::arity::Arity;
use crate::memory::extents::Extents;
use crate::parse::Body;
use std::collections::{BTreeMap, HashMap};
use wasmparser::{BinaryReader, Catch, Handle, Operator, OperatorsReader};

/// What a function does with the stack pointer.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    /// Bytes below the pointer at entry, as far as they are constant: those that a function uses without setting the
    /// pointer, because it calls nobody, included.
    pub(super) depth: u64,
    /// Bytes below the pointer as it stands that are used, because nobody is called meanwhile.
    pub(super) below: u64,
    /// Where the pointer is lowered, in order.
    pub(super) lowered: Vec<Lowered>,
}

/// A `global.set` that lowers the stack pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lowered {
    /// The instruction's offset in the body.
    pub(super) at: u32,
    /// Bytes below the pointer at entry, at most. `None` if that is decided when it runs.
    pub(super) by: Option<u64>,
}

/// What a function does with a global that may be a stack pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Usage {
    /// What it does, or why it does not provably keep to the rules.
    pub(super) frame: Result<Frame, &'static str>,
    /// Whether it lowers the global somewhere by what could be the size of a frame: a multiple of [`ALIGN`].
    pub(super) makes_frame: bool,
    /// Whether it loads or stores something at an address that it derives from the global.
    pub(super) accesses: bool,
}

/// Where a number is, in bytes from the stack pointer at entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Level {
    /// At least; `None` if there is no telling.
    low: Option<i64>,
    /// At most.
    high: i64,
}

impl Level {
    const ENTRY: Level = Level { low: Some(0), high: 0 };
    const BELOW: Level = Level { low: None, high: 0 };

    fn moved(self, by: i64) -> Self {
        Level { low: self.low.map(|low| low + by), high: self.high + by }
    }

    fn join(self, other: Self) -> Self {
        let low = self.low.zip(other.low).map(|(one, other)| one.min(other));
        Level { low, high: self.high.max(other.high) }
    }
}

/// What is known of a value on the operand stack.
#[derive(Debug, Clone, Copy)]
enum Value {
    Unknown,
    Const(i32),
    Pointer(Level),
}

/// What holds at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
struct State {
    pointer: Level,
    /// Locals that hold such numbers.
    locals: BTreeMap<u32, Level>,
}

impl State {
    fn join(self, other: Self) -> Self {
        let locals =
            self.locals.iter().filter_map(|(local, level)| Some((*local, level.join(*other.locals.get(local)?))));
        State { pointer: self.pointer.join(other.pointer), locals: locals.collect() }
    }

    /// What is the same in both: going round must come to an end.
    fn same(mut self, other: &Self) -> Self {
        self.locals.retain(|local, level| other.locals.get(local) == Some(level));
        if self.pointer != other.pointer {
            self.pointer = Level::BELOW;
        }
        self
    }
}

/// How often a body is passed.
const PASSES: usize = 8;

/// A block that is open.
struct Block {
    /// Where it begins, if it is a loop.
    loop_start: Option<u32>,
    /// What holds where its branches arrive: after it.
    exit: Option<State>,
    /// What holds at its `else`, or where it catches exceptions.
    other: Option<State>,
    /// Whether what is in `other` holds after it too: an `if` without an `else`.
    may_be_passed: bool,
}

/// What the function `body` does with global `global`.
pub(super) fn usage(body: &Body<'_>, global: u32, arity: &Arity<'_>) -> Result<Usage, MergeError> {
    let mut walk = Walk { global, extents: Extents::new(body)?, ..Walk::default() };
    for pass in 1.. {
        walk.begin(pass >= PASSES);
        let start = body.code_start as usize;
        let mut operators = OperatorsReader::new(BinaryReader::new(&body.bytes[start..], start as u64));
        while !operators.eof() {
            let at = operators.original_position() as u32;
            let operator = operators.read()?;
            walk.operator(at, &operator, arity);
        }
        if !walk.changed {
            break;
        }
    }
    let Walk { frame, breach, makes_frame, accesses, .. } = walk;
    Ok(Usage { frame: breach.map_or(Ok(frame), Err), makes_frame, accesses })
}

#[derive(Default)]
struct Walk {
    global: u32,
    extents: Extents,
    /// What holds where loops come round, by where they begin.
    round: HashMap<u32, State>,
    /// Whether that changed since this pass began.
    changed: bool,
    /// Whether a loop keeps nothing of what it writes.
    last: bool,
    /// `None` where control does not come.
    state: Option<State>,
    /// The topmost values; nothing is known of what lies below.
    stack: Vec<Value>,
    /// The outermost one is the body.
    blocks: Vec<Block>,
    frame: Frame,
    breach: Option<&'static str>,
    makes_frame: bool,
    accesses: bool,
}

const RAISED: &str = "it may set the pointer above where it found it";
const UNKNOWN: &str = "it sets the pointer to a number that is not derived from the pointer in a known way";
const NOT_BACK: &str = "it returns without having set the pointer back to where it found it";

impl Walk {
    /// Begins a pass.
    fn begin(&mut self, last: bool) {
        self.changed = false;
        self.last = last;
        self.state = Some(State { pointer: Level::ENTRY, locals: BTreeMap::new() });
        self.stack.clear();
        self.blocks.clear();
        self.open(None, None, false);
        self.frame = Frame::default();
        self.breach = None;
        (self.makes_frame, self.accesses) = (false, false);
    }

    fn operator(&mut self, at: u32, operator: &Operator<'_>, arity: &Arity<'_>) {
        match *operator {
            Operator::GlobalGet { global_index } if global_index == self.global => {
                let pointer = self.state.as_ref().map_or(Value::Unknown, |state| Value::Pointer(state.pointer));
                self.stack.push(pointer);
            }
            Operator::GlobalSet { global_index } if global_index == self.global => {
                let value = self.pop();
                self.set_pointer(at, value);
            }
            Operator::LocalGet { local_index } => {
                let known = self.state.as_ref().and_then(|state| state.locals.get(&local_index));
                self.stack.push(known.map_or(Value::Unknown, |level| Value::Pointer(*level)));
            }
            Operator::LocalSet { local_index } => {
                let value = self.pop();
                self.set_local(local_index, value);
            }
            Operator::LocalTee { local_index } => {
                let value = self.pop();
                self.set_local(local_index, value);
                self.stack.push(value);
            }
            Operator::I32Const { value } => self.stack.push(Value::Const(value)),
            Operator::I32Add | Operator::I32Sub | Operator::I32And => {
                let (right, left) = (self.pop(), self.pop());
                let value = computed(operator, left, right);
                if !matches!(value, Value::Pointer(_)) {
                    self.used(&[left, right]);
                }
                if let Value::Pointer(Level { low: Some(low), .. }) = value {
                    self.reaches(low);
                }
                self.stack.push(value);
            }
            _ if access(operator).is_some() => {
                let Some((pops, pushes)) = operator.operator_arity(arity) else { return self.forget() };
                let address = self.stack.len().checked_sub(pops as usize).map(|at| self.stack[at]);
                self.accesses |= matches!(address, Some(Value::Pointer(_)));
                self.replace(pops, pushes);
            }
            _ if is_control(operator) => {
                // What is on the stack now goes wherever control goes.
                self.forget();
                self.control(at, operator);
            }
            _ => match operator.operator_arity(arity) {
                Some((pops, pushes)) => self.replace(pops, pushes),
                None => self.forget(),
            },
        }
    }

    fn pop(&mut self) -> Value {
        self.stack.pop().unwrap_or(Value::Unknown)
    }

    fn replace(&mut self, pops: u32, pushes: u32) {
        let used = self.stack.split_off(self.stack.len().saturating_sub(pops as usize));
        self.used(&used);
        self.stack.extend((0..pushes).map(|_| Value::Unknown));
    }

    /// Nothing is known of what is on the stack any more.
    fn forget(&mut self) {
        let used = std::mem::take(&mut self.stack);
        self.used(&used);
    }

    /// Notes numbers that are used for something, and not only handed on: what they point to may be below the pointer.
    fn used(&mut self, values: &[Value]) {
        let Some(state) = &self.state else { return };
        for value in values {
            if let Value::Pointer(Level { low: Some(low), .. }) = *value {
                let below = (state.pointer.high - low).max(0);
                self.frame.below = self.frame.below.max(below.unsigned_abs());
            }
        }
    }

    fn reaches(&mut self, low: i64) {
        if self.state.is_some() && low < 0 {
            self.frame.depth = self.frame.depth.max(low.unsigned_abs());
        }
    }

    fn set_local(&mut self, local: u32, value: Value) {
        let Some(state) = &mut self.state else { return };
        match value {
            Value::Pointer(level) => state.locals.insert(local, level),
            Value::Unknown | Value::Const(_) => state.locals.remove(&local),
        };
    }

    fn set_pointer(&mut self, at: u32, value: Value) {
        let Some(state) = &mut self.state else { return };
        let Value::Pointer(level) = value else { return self.breach(UNKNOWN) };
        if level.high > 0 {
            return self.breach(RAISED);
        }
        state.pointer = level;
        if level != Level::ENTRY {
            let by = level.low.map(i64::unsigned_abs);
            self.frame.lowered.push(Lowered { at, by });
            self.makes_frame |= by.is_some_and(|by| by > 0 && by.is_multiple_of(ALIGN));
            self.frame.depth = by.map_or(self.frame.depth, |by| self.frame.depth.max(by));
        }
    }

    fn breach(&mut self, what: &'static str) {
        self.breach.get_or_insert(what);
    }

    /// Passes an instruction that says how control goes on.
    fn control(&mut self, at: u32, operator: &Operator<'_>) {
        match operator {
            Operator::Block { .. } => self.open(None, None, false),
            Operator::Loop { .. } => {
                self.state = self.state.take().map(|state| match self.round.get(&at) {
                    _ if self.last => self.within(at, state),
                    Some(round) => state.same(round),
                    None => state,
                });
                self.open(Some(at), None, false);
            }
            Operator::If { .. } => {
                let other = self.state.clone();
                self.open(None, other, true);
            }
            Operator::Else => self.begin_other(false),
            Operator::Try { .. } => {
                let caught = self.caught(at);
                self.open(None, caught, false);
            }
            Operator::Catch { .. } | Operator::CatchAll => self.begin_other(true),
            Operator::TryTable { try_table } => {
                let caught = self.caught(at);
                for catch in &try_table.catches {
                    let (Catch::One { label, .. }
                    | Catch::OneRef { label, .. }
                    | Catch::All { label }
                    | Catch::AllRef { label }) = *catch;
                    self.arrive(label, caught.clone());
                }
                self.open(None, None, false);
            }
            Operator::End | Operator::Delegate { .. } => self.end(),
            Operator::Br { relative_depth } => {
                self.branch(*relative_depth);
                self.state = None;
            }
            Operator::BrTable { targets } => {
                for target in targets.targets().flatten().chain([targets.default()]) {
                    self.branch(target);
                }
                self.state = None;
            }
            Operator::Resume { resume_table, .. }
            | Operator::ResumeThrow { resume_table, .. }
            | Operator::ResumeThrowRef { resume_table, .. } => {
                let state = self.state.clone().map(|state| State { pointer: Level::BELOW, ..state });
                for handler in &resume_table.handlers {
                    if let Handle::OnLabel { label, .. } = *handler {
                        self.arrive(label, state.clone());
                    }
                }
            }
            Operator::Return
            | Operator::ReturnCall { .. }
            | Operator::ReturnCallIndirect { .. }
            | Operator::ReturnCallRef { .. } => {
                self.branch(self.blocks.len() as u32 - 1);
                self.state = None;
            }
            Operator::Unreachable | Operator::Throw { .. } | Operator::ThrowRef | Operator::Rethrow { .. } => {
                self.state = None;
            }
            _ => {
                if let Some(depth) = branch_depth(operator) {
                    self.branch(depth);
                }
            }
        }
    }

    /// What of `state` holds wherever control is inside of the block that begins at `start`.
    fn within(&self, start: u32, mut state: State) -> State {
        state.locals.retain(|local, _| !self.extents.writes_local(start, *local));
        if self.extents.writes_global(start, self.global) {
            state.pointer = Level::BELOW;
        }
        state
    }

    /// What holds where an exception from inside of the block that begins at `start` is caught.
    fn caught(&self, start: u32) -> Option<State> {
        self.state.clone().map(|state| State { pointer: Level::BELOW, ..self.within(start, state) })
    }

    fn open(&mut self, loop_start: Option<u32>, other: Option<State>, may_be_passed: bool) {
        self.blocks.push(Block { loop_start, exit: None, other, may_be_passed });
    }

    /// The other way through a block begins: an `else`, or one of several places that catch exceptions.
    fn begin_other(&mut self, again: bool) {
        let state = self.state.take();
        if let Some(block) = self.blocks.last_mut() {
            block.exit = joined(block.exit.take(), state);
            block.may_be_passed = false;
            self.state = if again { block.other.clone() } else { block.other.take() };
        }
    }

    fn end(&mut self) {
        // There is a block for each `end`, as in every valid body.
        let Some(block) = self.blocks.pop() else { return };
        self.state = joined(self.state.take(), block.exit);
        if block.may_be_passed {
            self.state = joined(self.state.take(), block.other);
        }
        if self.blocks.is_empty() {
            self.returns();
        }
    }

    /// Goes to the block at `depth`.
    fn branch(&mut self, depth: u32) {
        let state = self.state.clone();
        self.arrive(depth, state);
    }

    /// Brings `state` to where branches to the block at `depth` arrive.
    fn arrive(&mut self, depth: u32, state: Option<State>) {
        let Some(at) = self.blocks.len().checked_sub(depth as usize + 1) else { return };
        let block = &mut self.blocks[at];
        match (block.loop_start, state) {
            (None, state) => block.exit = joined(block.exit.take(), state),
            (Some(_), None) => {}
            (Some(start), Some(state)) => {
                let known = self.round.get(&start);
                let round = known.map_or_else(|| state.clone(), |known| state.clone().same(known));
                if known != Some(&round) && !self.last {
                    self.round.insert(start, round);
                    self.changed = true;
                }
            }
        }
    }

    fn returns(&mut self) {
        if self.state.as_ref().is_some_and(|state| state.pointer != Level::ENTRY) {
            self.breach(NOT_BACK);
        }
    }
}

fn joined(one: Option<State>, other: Option<State>) -> Option<State> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.join(other)),
        (one, other) => one.or(other),
    }
}

/// Whether an instruction says how control goes on.
fn is_control(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::Else
            | Operator::Try { .. }
            | Operator::Catch { .. }
            | Operator::CatchAll
            | Operator::TryTable { .. }
            | Operator::End
            | Operator::Delegate { .. }
            | Operator::BrTable { .. }
            | Operator::Resume { .. }
            | Operator::ResumeThrow { .. }
            | Operator::ResumeThrowRef { .. }
            | Operator::Return
            | Operator::ReturnCall { .. }
            | Operator::ReturnCallIndirect { .. }
            | Operator::ReturnCallRef { .. }
            | Operator::Unreachable
            | Operator::Throw { .. }
            | Operator::ThrowRef
            | Operator::Rethrow { .. }
    ) || branch_depth(operator).is_some()
}

fn computed(operator: &Operator<'_>, left: Value, right: Value) -> Value {
    match (operator, left, right) {
        (Operator::I32Add, Value::Pointer(level), Value::Const(by))
        | (Operator::I32Add, Value::Const(by), Value::Pointer(level)) => Value::Pointer(level.moved(by.into())),
        (Operator::I32Sub, Value::Pointer(level), Value::Const(by)) => Value::Pointer(level.moved(-i64::from(by))),
        // So much room as is known when it runs, if the result becomes the pointer; it need not.
        (Operator::I32Sub, Value::Pointer(level), Value::Unknown) => Value::Pointer(Level { low: None, ..level }),
        // Aligned downwards.
        (Operator::I32And, Value::Pointer(level), Value::Const(mask))
        | (Operator::I32And, Value::Const(mask), Value::Pointer(level))
            if mask < 0 && mask.unsigned_abs().is_power_of_two() =>
        {
            let less = i64::from(mask.unsigned_abs()) - 1;
            Value::Pointer(Level { low: level.low.map(|low| low - less), ..level })
        }
        _ => Value::Unknown,
    }
}

/// Defines `immediate!(name value)`: the label of a branch.
macro_rules! immediate {
    (relative_depth $value:ident) => {
        return Some($value)
    };
    ($name:ident $value:ident) => {};
}

macro_rules! branches {
    ($( @$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($arity:tt)*) )*) => {
        /// The label of an instruction that may branch to one.
        #[allow(unused_variables, reason = "only labels are looked at")]
        fn branch_depth(operator: &Operator<'_>) -> Option<u32> {
            match operator.clone() {
                $( Operator::$op $({ $($arg),* })? => { $( $( immediate!($arg $arg); )* )? } )*
                // New instructions with a known kind of immediate are in the table.
                _ => {}
            }
            None
        }
    };
}
wasmparser::for_each_operator!(branches);

#[cfg(test)]
mod tests;
