//! Errors in writing a header in C.

/// Why there is no header.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CHeaderError {
    /// The name of the module makes no identifier of C.
    #[error(
        "C has no identifier like `{name}`, by which the header would call the module; let a letter be the first of the name"
    )]
    Name {
        /// The name.
        name: String,
    },
    /// The module cannot be read.
    #[error("the module cannot be read")]
    Module(#[from] wasmparser::BinaryReaderError),
    /// The module is not the one that is described.
    #[error("the module does not have `{name}`, which its description has; describe this module")]
    Missing {
        /// What is missing.
        name: String,
    },
    /// A function that C cannot call.
    #[error("`{name}` takes or gives a value that C has no type for, or several results; no function of a world does")]
    Signature {
        /// The function.
        name: String,
    },
}
