//! Errors of the resource graph. Each is a bug in the inliner, caught before it can reach the output.

/// Why the resource graph is not one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResourceGraphError {
    /// Two views have one key.
    #[error("bug in meld: two views of a resource are both named {view}; please report it with the input")]
    DuplicateView {
        /// (component instance, interface, resource)
        view: String,
    },
    /// A view was obtained from itself.
    #[error("bug in meld: the view {view} of a resource was obtained from itself; please report it with the input")]
    Cycle {
        /// (component instance, interface, resource)
        view: String,
    },
    /// The graph and the inliner disagree about what a view is.
    #[error(
        "bug in meld: the owner of the view {view} is not the owner of its resource; please report it with the input"
    )]
    IdentityMismatch {
        /// (component instance, interface, resource)
        view: String,
    },
}
