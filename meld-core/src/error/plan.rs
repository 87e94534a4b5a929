//! Errors of the plan stage.

/// Why the plan stage failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// Until the stage is written.
    #[error("not written yet")]
    Placeholder,
}
