//! Errors of the adapter stage.

use super::LimitError;

/// Why the adapter stage failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdapterError {
    /// More would be made than there may be.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// A function of a kind that is not supported. Where it is not an export of the root, it is an error
    /// only if something live calls it, and then the merge stage reports it with this text.
    #[error("{item}: {reason}")]
    Unsupported {
        /// The function, with both ends.
        item: String,
        /// Why, and the way out.
        reason: String,
    },
    /// The plan has nothing to say about a trampoline that something refers to.
    #[error("the plan has no decision for {0}")]
    Unplanned(String),
    /// A trampoline that leads to itself.
    #[error("{0} leads to itself, by way of other trampolines")]
    Cycle(String),
    /// The plan asks for something that the trampoline cannot be.
    #[error("the plan for {trampoline} does not fit it: {reason}")]
    Misplanned {
        /// The trampoline.
        trampoline: String,
        /// What does not fit.
        reason: &'static str,
    },
    /// A component instance handles a resource of which the handle tables know nothing.
    #[error("the handle tables have no route for resource `{resource}` in component instance `{instance}`")]
    NoRoute {
        /// The component instance.
        instance: String,
        /// The resource.
        resource: String,
    },
    /// A canonical option that the type needs is missing, which validation should have refused.
    #[error("{item}: the canonical options lack `{option}`, which the function's type needs")]
    MissingOption {
        /// The function, with both ends.
        item: String,
        /// The option.
        option: &'static str,
    },
    /// A value whose type nests deeper in memory than 32-bit addresses reach.
    #[error("{item}: a value of its type is larger than a 32-bit memory")]
    Oversized {
        /// The function, with both ends.
        item: String,
    },
}
