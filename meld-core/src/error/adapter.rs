//! Errors of the adapter stage.

/// Why the adapter stage failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdapterError {
    /// Until the stage is written.
    #[error("not written yet")]
    Placeholder,
}
