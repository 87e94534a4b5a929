//! Errors of writing the instances of a composition as components of their own.

use super::{Cause, LimitError};

/// Why a composition could not be split into clusters.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// Components side by side cannot express it.
    #[error("{reason}")]
    Inexpressible {
        /// What, and why.
        reason: String,
    },
    /// More would be made than there may be.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// Something that a component instance needs is nowhere. A bug in meld.
    #[error("{item}: nothing provides {what} (this is a bug in meld)")]
    Missing {
        /// The component instance or the cluster.
        item: String,
        /// What it needs.
        what: String,
    },
    /// The validator refuses what was written. A bug in meld.
    #[error("the component of {item} is not valid (this is a bug in meld)")]
    Invalid {
        /// The component instance or the cluster.
        item: String,
        /// Why.
        #[source]
        source: Cause,
    },
}

impl ClusterError {
    pub(crate) fn inexpressible(reason: impl Into<String>) -> Self {
        Self::Inexpressible { reason: reason.into() }
    }

    pub(crate) fn missing(item: impl Into<String>, what: impl Into<String>) -> Self {
        Self::Missing { item: item.into(), what: what.into() }
    }
}
