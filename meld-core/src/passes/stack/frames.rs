//! What a function does with its stack pointer.
//!
//! In: a body of the input, and the index of the global that is the stack pointer. Out: a [`StackFrame`]: how far below the place
//! where the pointer stood when the function was entered (E) it goes, where it lowers the pointer, and which accesses
//! are not proved to stay where they may be; or why it is not plain that the function keeps to the rules.
//!
//! # The rules
//!
//! 1. The pointer is never above E, and is E again whenever the function returns.
//! 2. What the function accesses by a number of the pointer lies below E, and not below what is its room.
//! 3. A number of the pointer that is given to a call, or to a global, is an address in the frame: the function has lowered
//!    the pointer, and the number is not known to lie below it. None is returned that is known to be one.
//!
//! Where the walk cannot prove the first or the second one, the place is noted and checked when it runs; where
//! it knows that one does not hold, or cannot prove the third one, the function is refused.
//!
//! # The analysis
//!
//! It is an abstract interpretation of the body: over what is known of each local, of each operand and of the pointer
//! ([`value`] has the domain, the concretization and the transfer of the instructions that are listed; any other one makes
//! `Mixed` of what is of the pointer), with joins where ways meet and widening where they come round ([`control`]). A
//! body is passed until nothing changes. What is noted in the last pass holds of every run:
//!
//! - Transfers are sound: for numbers v and w in the concretizations of operands, what the instruction computes of them
//!   is in the concretization of the result. Sums are of classes modulo 2^32, and so are the elements, so that wrapping
//!   needs no case of its own. `Near - Near` is no number of the pointer, because the factors of E cancel.
//! - A memory is one cell: what is read of it is `Other` as long as nothing of the pointer is in it but addresses in the
//!   frame, and `Any` from then on, anywhere in the body.
//! - What is known of an address becomes a claim about the access only if it is `At(r)`: v = E + k for some k in r, and this does not
//!   wrap, since k ≥ -depth, and the room below E is at least depth: that is what [`super`] proves or checks of each call. So the
//!   access is below E if the end of it is, for the highest k; and inside of the room, for the lowest.
//! - Nothing is claimed of `Near`, `Mixed` and `Any`: these accesses are in [`StackFrame::unproved`]. `Near` can only be in the frame, or below;
//!   the others may be another address altogether, and of the guest's own memory.
//! - `Other` is not of the pointer. If it is an address in a frame nevertheless, it was handed on as one, by rule 3.
//!
//! No prologue is believed because of its form. Rejected: patterns of instructions, for each compiler and each
//! optimizer has its own; refusing what is not proved, which would be every array that is indexed; and bounds on loops, by
//! relating locals to each other: a check in front of the access costs less than it would take to explain them.

mod control;
mod immediates;
mod locals;
mod state;
mod value;
mod walk;

use crate::error::MergeError;
use crate::input::Body;
pub(super) use crate::module::remap::PointerAccess;
pub(super) use crate::module::stack::{Bound, Lowered, Operand, Unproved};
use crate::passes::walk::arity::Arity;
use control::PASSES;
use walk::FrameWalk;
pub(super) use walk::UNBOUNDED;

/// What a function does with the stack pointer.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct StackFrame {
    /// Bytes below the pointer at entry, as far as they are constant: those that a function uses without setting the
    /// pointer, because it makes no calls, included.
    pub(super) depth: u64,
    /// Bytes below the current pointer that are used, because no call happens meanwhile.
    pub(super) below: u64,
    /// Where the pointer is lowered, in order.
    pub(super) lowered: Vec<Lowered>,
    /// Accesses that are not proved to be where they may be, in order.
    pub(super) unproved: Vec<Unproved>,
    /// Whether one of them is at an address that was moved down by what is known only when it runs.
    pub(super) unbounded: bool,
}

/// What a function does with a global that may be a stack pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Usage {
    /// What it does, or why it does not provably keep to the rules.
    pub(super) frame: Result<StackFrame, &'static str>,
    /// Whether it lowers the global somewhere by what could be the size of a frame: a multiple of [`crate::passes::stack::ALIGN`].
    pub(super) makes_frame: bool,
    /// Whether it loads or stores something at an address that it derives from the global, or hands such an address on.
    pub(super) accesses: bool,
}

/// What is known of functions that are called.
pub(super) trait CalleeFacts {
    /// The parameter of a function, by the index in the caller's module, that it always returns, and what it adds to it.
    fn returns(&mut self, function: u32) -> Option<(u32, i32)>;

    /// Whether a function does nothing but get or set what is looked at.
    fn pointer(&mut self, function: u32) -> Option<PointerAccess>;
}

/// What the function `body`, function `index` of its module, does with the global that has the indices `globals`.
pub(super) fn usage(
    body: &Body<'_>,
    index: u32,
    globals: &[u32],
    arity: &Arity<'_>,
    calls: &mut dyn CalleeFacts,
) -> Result<Usage, MergeError> {
    let mut walk = FrameWalk::new(globals, calls, 0);
    walk_through(body, index, arity, &mut walk)?;
    let FrameWalk { frame, breach, makes_frame, accesses, .. } = walk;
    Ok(Usage { frame: breach.map_or(Ok(frame), Err), makes_frame, accesses })
}

/// The parameter that the function `body` always returns, and what it adds to it.
pub(super) fn returned(
    body: &Body<'_>,
    index: u32,
    arity: &Arity<'_>,
    calls: &mut dyn CalleeFacts,
) -> Result<Option<(u32, i32)>, MergeError> {
    let Some((params, 1)) = arity.func(index) else { return Ok(None) };
    let mut walk = FrameWalk::new(&[], calls, params as u32);
    walk_through(body, index, arity, &mut walk)?;
    Ok(match walk.returned {
        Some(value::Value::Param(param, offset)) if walk.breach.is_none() => Some((param, offset)),
        _ => None,
    })
}

fn walk_through(body: &Body<'_>, index: u32, arity: &Arity<'_>, walk: &mut FrameWalk<'_>) -> Result<(), MergeError> {
    let results = arity.func(index).map_or(0, |(_, results)| results);
    for pass in 1.. {
        walk.begin(results, pass >= PASSES);
        let mut operators = body.operators();
        while !operators.eof() {
            let at = operators.original_position() as u32;
            let operator = operators.read()?;
            walk.operator(at, &operator, arity);
        }
        if !walk.changed {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
