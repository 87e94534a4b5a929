//! Errors in saying a world in WIT.

/// Why a world cannot be said in WIT.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WitError {
    /// The world has no form in WIT. The component itself can be fused all the same.
    #[error("the world of the input has no form in WIT: {reason}; do without the WIT of the result")]
    Inexpressible {
        /// What cannot be said.
        reason: String,
    },
    /// A core module that standard tools cannot make a component of.
    #[error(
        "functions at the outer boundary use several {what}, and tools that make components of core modules know one; \
         let meld make the component, with `--component`"
    )]
    Boundary {
        /// What there are several of.
        what: &'static str,
    },
}
