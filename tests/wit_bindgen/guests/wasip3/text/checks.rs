//! What runners look at.

use crate::meld::text::text::{deep, shout, sorted};
use alloc::format;
use core::hint::black_box;
use wasip3_guests::{stack_in_use, stacks};

/// Calls, with something on the stack that must be there afterwards.
pub(crate) fn text() {
    let numbers = black_box([0x5eed_u32; 40]);
    let before = (stacks(), stack_in_use());
    assert!(shout("hello").as_str() == "HELLO");
    // What is allocated for the result runs on a stack of its own, beside this one.
    let long = format!("{:>90}", "a long one");
    assert!(shout(&long).as_str() == format!("{:>90}", "A LONG ONE"));
    assert!(sorted(&[3, 1, 2]) == [1, 2, 3]);
    assert!(sorted(&[]).is_empty());
    assert!(deep(20) == 210);
    assert!(deep(20) == 210);
    // One stack there, and no more of it than there was before.
    assert!(crate::meld::text::text::stacks() == (1, 0));
    assert!(numbers == [0x5eed; 40]);
    assert!((stacks(), stack_in_use()) == before);
}
