//! Errors of writing out component types.

use super::{LimitError, Remedy};

/// Why a component type could not be written out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TypeEncodeError {
    /// A handle to a resource that is neither imported nor exported under any name.
    #[error("a type mentions a resource that is neither imported nor exported before it")]
    UnknownResource,
    /// A core type beyond what a core module type can hold.
    #[error("{0}, which is not supported; remove that core module from the imports and exports of the root")]
    CoreType(&'static str),
    /// More would be written than there may be.
    #[error(transparent)]
    Limit(#[from] LimitError),
}

impl TypeEncodeError {
    pub(super) fn remedies(&self) -> Vec<Remedy> {
        match self {
            TypeEncodeError::Limit(limit) => vec![Remedy::RaiseLimit(limit.limit)],
            TypeEncodeError::UnknownResource | TypeEncodeError::CoreType(_) => Vec::new(),
        }
    }
}
