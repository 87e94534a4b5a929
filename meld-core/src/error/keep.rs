//! Errors of keeping what cannot be fused.

/// Why something that cannot be fused cannot be kept as it is, either.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeepError {
    /// An option asks for something that only a fused component has.
    #[error("{reason}; it cannot be kept as it is, because the options ask for {option}; leave that option out")]
    Demanded {
        /// What is asked for.
        option: &'static str,
        /// Why it cannot be fused.
        reason: String,
    },
    /// The inputs do not fit into one component.
    #[error(
        "{reason}; the {parts} inputs cannot be kept as they are, because one component cannot contain that many core \
         modules and components; compose fewer of them at once"
    )]
    Apart {
        /// How many inputs there are.
        parts: usize,
        /// Why they cannot be fused.
        reason: String,
    },
}
