//! Errors of the wrap stage.

/// Why the wrap stage failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WrapError {
    /// Until the stage is written.
    #[error("not written yet")]
    Placeholder,
}
