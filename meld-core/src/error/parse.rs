//! Errors of the parse stage.

use super::Cause;

/// Why an input could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// The bytes do not begin like a WebAssembly binary.
    #[error("`{input}` is not a WebAssembly binary")]
    NotWasm {
        /// Name of the input.
        input: String,
    },
    /// A core module where a component is wanted.
    #[error("`{input}` is a core module; make a component of it first")]
    CoreModule {
        /// Name of the input.
        input: String,
    },
    /// The validator refuses it.
    #[error("`{input}` is not valid, in {at}")]
    Invalid {
        /// Name of the input.
        input: String,
        /// Where: the way from the outermost component, by position.
        at: String,
        /// What the validator says, with the offset.
        source: Cause,
    },
    /// Valid, and of the part of the component model that meld does not carry out.
    #[error("`{input}`, offset {offset:#x} in {at}: {what} are not supported; build the component without them")]
    Unsupported {
        /// Name of the input.
        input: String,
        /// Where: the way from the outermost component, by position.
        at: String,
        /// Offset in the input.
        offset: u64,
        /// What it is, in the plural.
        what: &'static str,
    },
}

/// Why bytes are not accepted as WebAssembly.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ValidationError {
    /// The validator refuses them.
    #[error(transparent)]
    Invalid(Cause),
    /// Valid, perhaps, and more than the validator can handle.
    #[error("{what} are not supported; build the component without them (at offset {offset:#x})")]
    Unsupported {
        /// Offset in the bytes.
        offset: u64,
        /// What it is, in the plural.
        what: &'static str,
    },
}

impl From<wasmparser::Error> for ValidationError {
    fn from(error: wasmparser::Error) -> Self {
        ValidationError::Invalid(error.into())
    }
}
