//! The error of a limit of what a fusion makes.

use crate::limits::Limit;

/// More is to be made than there may be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{item}: {count} {} or more, and the limit is {most}; if the input is meant to be like that, raise \
     the limit `{limit}`", limit.what()
)]
#[non_exhaustive]
pub struct LimitError {
    /// What there is too much of.
    pub limit: Limit,
    /// How many there are: at least, where counting ended there.
    pub count: u64,
    /// How many there may be.
    pub most: u64,
    /// Where they are.
    pub item: String,
}
