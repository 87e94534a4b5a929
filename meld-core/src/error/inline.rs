//! Errors of the inline stage.

/// Why the inline stage failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InlineError {
    /// Until the stage is written.
    #[error("not written yet")]
    Placeholder,
}
