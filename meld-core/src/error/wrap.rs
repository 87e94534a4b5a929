//! Errors of the wrap stage.

use super::{Cause, TypeEncodeError};
use crate::dfg::ImportPath;

/// Why the fused core module could not be wrapped into a component.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WrapError {
    /// A type of the world cannot be written out.
    #[error("`{path}`: its type cannot be written out")]
    Type {
        /// Names from the root inwards.
        path: String,
        /// Why.
        source: TypeEncodeError,
    },
    /// Something of the root that a component around a core module cannot have.
    #[error("export `{path}`: {reason}")]
    Unsupported {
        /// Names from the root inwards.
        path: String,
        /// Why, and the way out.
        reason: &'static str,
    },
    /// The component would exceed a limit that validators have.
    #[error(
        "the component would have {count} {what}, and engines accept at most {limit}; let the root export and import \
         less, or take the core module"
    )]
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// How many there are.
        count: u32,
        /// How many there may be.
        limit: u32,
    },
    /// The world has an export that the composition does not have. A bug in an earlier stage.
    #[error("export `{path}` is declared, but nothing provides it (this is a bug in meld)")]
    Missing {
        /// Names from the root inwards.
        path: String,
    },
    /// An export of the composition is of another kind than the world says. A bug in an earlier stage.
    #[error("export `{path}` is not what it is declared to be (this is a bug in meld)")]
    Mismatch {
        /// Names from the root inwards.
        path: String,
    },
    /// A path that leads nowhere in the world. A bug in an earlier stage.
    #[error("import {import} has no item `{path}` of that kind (this is a bug in meld)")]
    NoImport {
        /// Its position among the imports of the root.
        import: usize,
        /// Export names from the import inwards.
        path: String,
    },
    /// An import of the fused module is nothing in the world. A bug in an earlier stage.
    #[error("the fused module imports `{field}`, which is no import of the world (this is a bug in meld)")]
    NoPath {
        /// Field name of the core import.
        field: String,
    },
    /// The validator refuses the component. A bug in meld.
    #[error("the wrapper component is not valid (this is a bug in meld)")]
    Invalid(#[source] Cause),
}

impl WrapError {
    pub(crate) fn ty(path: &[String], source: TypeEncodeError) -> Self {
        Self::Type { path: path.join("/"), source }
    }

    pub(crate) fn unsupported(path: &[String], reason: &'static str) -> Self {
        Self::Unsupported { path: path.join("/"), reason }
    }

    pub(crate) fn no_import(path: &ImportPath) -> Self {
        Self::NoImport { import: path.import, path: path.exports.join("/") }
    }

    pub(crate) fn missing(path: &[String]) -> Self {
        Self::Missing { path: path.join("/") }
    }

    pub(crate) fn mismatch(path: &[String]) -> Self {
        Self::Mismatch { path: path.join("/") }
    }
}
