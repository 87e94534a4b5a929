//! What a function does with its stack pointer.
//!
//! In: a body of the input, and the index of the global that is the stack pointer. Out: a [`StackFrame`]: how far the function goes below
//! E, the value of the pointer at entry; where it lowers the pointer; and which accesses are not proved to stay where they may
//! be. Or the reason why the function might break the rules.
//!
//! # The rules
//!
//! 1. The pointer is never above E, and is E again whenever the function returns.
//! 2. An access at a number of the pointer (a number that is derived from it) lies below E, and inside of the function's room.
//! 3. If a call or a global is given a number of the pointer, this is an address in the frame: the function has lowered
//!    the pointer, and the number is not known to lie below it. The function returns nothing that is known to be such a number.
//!
//! If the walk cannot prove the first or the second rule at a place, it notes the place, and the code is checked when it runs. If
//! it knows that a rule is broken, or cannot prove the third one, the function is refused.
//!
//! # The analysis
//!
//! It is an abstract interpretation of the body. The state is what is known of each local, of each operand and of the pointer.
//! [`value`] has the domain, the concretization and the transfer of the listed instructions; any other instruction makes
//! `Mixed` of a number of the pointer. [`control`] joins states where paths meet, and widens them where a loop begins again. The walk
//! passes a body until nothing changes. What it notes in the last pass holds for every run:
//!
//! - Transfers are sound: for numbers v and w in the concretizations of operands, what the instruction computes of them
//!   is in the concretization of the result. Sums are of classes modulo 2^32, and so are the elements, so that wrapping
//!   needs no case of its own. `Near - Near` is no number of the pointer, because the factors of E cancel.
//! - A memory is one cell. What is read from it is `Other` as long as it has no numbers of the pointer but addresses in the
//!   frame. Otherwise it is `Any`, everywhere in the body.
//! - Only an address that is `At(r)` gives a claim about an access: v = E + k for some k in r. This does not
//!   wrap, since k ≥ -depth, and the room below E is at least depth: [`super`] proves or checks that for each call. So the
//!   access is below E if its end is below E for the highest k; and it is inside of the room if its start is for the lowest k.
//! - There is no claim about `Near`, `Mixed` and `Any`: these accesses are in [`StackFrame::unproved`]. `Near` can only be in the frame, or below;
//!   the others may be any other address, and one in the guest's own memory.
//! - `Other` is not of the pointer. If it is an address in a frame nevertheless, another function passed it on as one, by rule 3.
//!
//! The analysis trusts no prologue because of its form. Rejected: patterns of instructions, because each compiler and each
//! optimizer has its own; to refuse what is not proved, because that would be every array that is indexed; and bounds on loops, by
//! relations between locals: a check in front of the access costs less than their explanation.

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
    /// Whether the address of one of them was moved down by a number that is known only when it runs.
    pub(super) unbounded: bool,
}

/// What a function does with a global that may be a stack pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Usage {
    /// What it does, or why it is not proved that it keeps to the rules.
    pub(super) frame: Result<StackFrame, &'static str>,
    /// Whether it lowers the global somewhere by a number that could be the size of a frame: a multiple of [`crate::passes::stack::ALIGN`].
    pub(super) makes_frame: bool,
    /// Whether it loads or stores something at an address that it derives from the global, or hands such an address on.
    pub(super) accesses: bool,
}

/// What is known of functions that are called.
pub(super) trait CalleeFacts {
    /// The parameter that a function always returns, and what the function adds to it. `function`: an index in the caller's module.
    fn returns(&mut self, function: u32) -> Option<(u32, i32)>;

    /// Whether a function only gets or sets the pointer in question.
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
