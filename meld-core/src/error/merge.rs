//! Errors of the merge stage.

/// Why the merge stage failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
    /// Until the stage is written.
    #[error("not written yet")]
    Placeholder,
}
