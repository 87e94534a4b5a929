//! What holds at a place of a body, and what blocks are open there.
//!
//! The join of two states is above both. The widening of one by another forgets what has changed.

use crate::passes::stack::frames::locals::{Locals, Merge, Merged, lowest};
use crate::passes::stack::frames::value::Value;

/// Where the pointer is, in bytes from E.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Level {
    /// At least; `None` where nothing bounds it.
    pub(super) low: Option<i32>,
    /// At most; never above 0.
    pub(super) high: i32,
    /// Whether the function has surely lowered it, or set it to what may be lower.
    pub(super) framed: bool,
    /// Whether it is E and something that is not of the pointer.
    pub(super) sum: bool,
}

impl Level {
    pub(super) const ENTRY: Level = Level { low: Some(0), high: 0, framed: false, sum: true };

    pub(super) fn join(self, other: Self) -> Self {
        let low = self.low.zip(other.low).map(|(one, other)| one.min(other));
        Level { low, high: self.high.max(other.high), framed: self.framed & other.framed, sum: self.sum & other.sum }
    }

    fn widened(self, other: Self) -> Self {
        let joined = self.join(other);
        let low = joined.low.filter(|low| Some(*low) == self.low);
        let high = if joined.high == self.high { self.high } else { 0 };
        Level { low, high, ..joined }
    }
}

/// What holds at a place.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) pointer: Level,
    pub(super) locals: Locals,
}

/// What arrives somewhere: a state, and operands.
#[derive(Debug, Clone)]
pub(super) struct Arrival {
    pub(super) state: State,
    pub(super) values: Vec<Value>,
}

impl Arrival {
    /// Both, and the lowest distance from E that is no longer known then.
    pub(super) fn merge(&self, other: &Self, how: Merge, merged: &mut Merged) -> (Arrival, Option<i32>) {
        let (locals, mut lost) = self.state.locals.merge(&other.state.locals, how, merged);
        let mut value = |(one, other): (&Value, &Value)| {
            let (value, more) = how.of(*one, *other);
            lost = lowest(lost, more);
            value
        };
        let values = self.values.iter().zip(&other.values).map(&mut value).collect();
        let pointer = match how {
            Merge::Join => self.state.pointer.join(other.state.pointer),
            Merge::Widen => self.state.pointer.widened(other.state.pointer),
        };
        (Arrival { state: State { pointer, locals }, values }, lost)
    }

    pub(super) fn same(&self, other: &Self) -> bool {
        self.state.pointer == other.state.pointer
            && self.values == other.values
            && self.state.locals.same(&other.state.locals)
    }
}

/// What a block is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    /// A loop that begins at an offset.
    Loop(u32),
    /// A block from which exceptions are caught, by the labels of those who do; legacy ones have none.
    Try(Vec<u32>),
}

/// A block that is open.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) kind: Kind,
    /// How many operands a branch to it takes.
    pub(super) label: usize,
    /// How many it leaves.
    pub(super) results: usize,
    /// What it has on the operand stack.
    pub(super) stack: Vec<Value>,
    /// What arrives behind it.
    pub(super) exit: Option<Arrival>,
    /// What arrives at its `else`, or behind it if there is none.
    pub(super) other: Option<Arrival>,
    /// What is caught.
    pub(super) thrown: Option<State>,
}
