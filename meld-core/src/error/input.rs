//! Errors in taking inputs, before any component is read.

#[cfg(feature = "text")]
use super::Cause;
use super::Remedy;
use crate::recognize::Foreign;

/// Why an input cannot be taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// The input is a core module that says its world, and the library is built without what makes a component of it.
    #[error(
        "`{input}` is a core module, of which this build of meld-core makes no component; build it with the feature `wit`"
    )]
    NoWit {
        /// The name of the input.
        input: String,
    },
    /// The input is in the text format, and the library is built without what reads it.
    #[error(
        "`{input}` is WebAssembly text, which this build of meld-core does not read; build it with the feature `text`"
    )]
    NoText {
        /// The name of the input.
        input: String,
    },
    /// The input begins like the text format and cannot be parsed as such.
    #[cfg(feature = "text")]
    #[error("`{input}` is not well-formed WebAssembly text")]
    Text {
        /// The name of the input.
        input: String,
        /// Where and why.
        source: Cause,
    },
    /// The input is neither binary nor text.
    #[error(
        "`{input}` is not WebAssembly: it begins neither with the magic number of the binary format nor with a \
         parenthesis"
    )]
    Unknown {
        /// The name of the input.
        input: String,
    },
    /// The input is something else than a component that people have at hand beside components.
    #[error("`{input}` is {what}")]
    Foreign {
        /// The input.
        input: String,
        /// What it is, and the way to a component.
        what: Foreign,
    },
    /// Two inputs have one name, so that an explicit link could not tell which is meant.
    #[error("two inputs are called `{input}`; give each a name of its own")]
    DuplicateName {
        /// The name.
        input: String,
    },
    /// There is nothing to fuse.
    #[error("there is no input; give at least one component")]
    None,
}

impl InputError {
    pub(super) fn remedies(&self) -> Vec<Remedy> {
        match self {
            InputError::Foreign { what: Foreign::CoreModule, .. } => vec![Remedy::Componentize],
            InputError::Foreign { what: Foreign::Wasip1, .. } => vec![Remedy::Adapt],
            InputError::Foreign { what: Foreign::FusedModule, .. } => vec![Remedy::Component],
            _ => Vec::new(),
        }
    }
}
