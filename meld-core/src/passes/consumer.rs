//! What the program that reads the module needs, beyond that it is valid.
//!
//! In: the live module with its [`ConsumerNeeds`](crate::plan::ConsumerNeeds). Out: the same, in which [functions have one
//! result](one_result) and [names differ](names), if that is needed. If nothing is needed, the pass changes nothing.
//! What is needed of the memory is done by [`crate::passes::layout`], and what is needed of the start by [`super::run`].

mod names;
mod one_result;

pub(super) use one_result::moves;

use crate::error::MergeError;
use crate::module::MergedModule;
use crate::module::reach::Marks;

/// Meets the needs.
pub(super) fn meet(module: &mut MergedModule<'_>, marks: &mut Marks) -> Result<(), MergeError> {
    if module.needs.unique_names {
        names::imports(module, marks)?;
        names::exports(module, marks)?;
    }
    if module.needs.one_result {
        one_result::split(module, marks)?;
    }
    Ok(())
}
