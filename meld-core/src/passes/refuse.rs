//! What is live and cannot be fused exactly is refused.
//!
//! In: a module and what of it is live. Out: nothing, or an error that names what is live, by what it is reached, and a way out.
//! Only what is live counts: what nothing reaches is no obstacle.

mod growth;
mod packed;
mod unsupported;

use crate::error::MergeError;
use crate::module::MergedModule;
use crate::module::reach::Marks;

/// Refuses what cannot be fused.
pub(crate) fn refuse(module: &MergedModule<'_>, marks: &Marks) -> Result<(), MergeError> {
    unsupported::refuse(module, marks)?;
    packed::refuse(module, marks)?;
    growth::refuse(module, marks)
}
