//! Errors of the inline stage.

use super::LimitError;

/// Why instantiation could not be carried out statically. `at` is the path of the component instance
/// and the item in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InlineError {
    /// Something that is known only to the host would have to be instantiated.
    #[error(
        "{at}: instantiates the imported {what} `{import}`, whose code is not in the input; compose the {what} in first"
    )]
    ImportedCode {
        /// Where.
        at: String,
        /// `core module` or `component`.
        what: &'static str,
        /// The import, from the root inwards.
        import: String,
    },
    /// Part of the component model that meld does not carry out.
    #[error("{at}: {what} not supported; build the component without it")]
    Unsupported {
        /// Where.
        at: String,
        /// What, with its verb.
        what: String,
    },
    /// More would be made than there may be.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// A lookup missed although the validator accepted the input.
    #[error("{at}: there is no {what}; the input is valid, so this is a bug in meld")]
    Missing {
        /// Where.
        at: String,
        /// What was looked for.
        what: String,
    },
}
