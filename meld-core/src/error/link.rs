//! Errors of the link stage.

/// Why the link stage failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// Until the stage is written.
    #[error("not written yet")]
    Placeholder,
}
