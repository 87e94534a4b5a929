//! Errors of the parse stage.

/// Why the parse stage failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// Until the stage is written.
    #[error("not written yet")]
    Placeholder,
}
