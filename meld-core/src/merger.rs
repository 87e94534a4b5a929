//! Stage 6: every core instance in one index space.
//!
//! In: the [`ComponentDfg`], the [`FusionPlan`] and [`Adapted`]. Out: a [`MergedModule`]: arenas of entities.
//! A function body is either input bytes with the scope that says what its indices mean, or synthesized.
//! A module that is instantiated k times is here k times; one that is never instantiated, not at all.
//! The merger knows nothing of component types.

use crate::adapter::Adapted;
use crate::dfg::ComponentDfg;
use crate::error::MergeError;
use crate::plan::FusionPlan;

/// A module in the making.
pub struct MergedModule<'d> {
    placeholder: std::marker::PhantomData<&'d ()>,
}

/// Merges everything.
pub fn merge<'d>(
    _dfg: &'d ComponentDfg<'_>,
    _plan: &FusionPlan,
    _adapted: Adapted,
) -> Result<MergedModule<'d>, MergeError> {
    Err(MergeError::Placeholder)
}
