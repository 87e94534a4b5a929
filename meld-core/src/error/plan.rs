//! Errors of planning.

/// Why a plan cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The root exports something that a core module cannot.
    #[error(
        "export `{path}` is {kind}, which a core module cannot export; \
         ask for a component instead (`--component`)"
    )]
    CoreCannotExport {
        /// Export names from the root inwards.
        path: String,
        /// What it is.
        kind: &'static str,
    },
    /// The root exports a component.
    #[error("export `{path}` is a component; exporting components is not supported, remove the export")]
    ComponentExport {
        /// Export names from the root inwards.
        path: String,
    },
    /// The root exports an async function.
    #[error("export `{path}` is an `async` function, which is not supported yet; export a synchronous one")]
    AsyncExport {
        /// Export names from the root inwards.
        path: String,
    },
    /// An option that says something about windows, without windows.
    #[error("`{option}` is about the windows of one memory; it needs `--memory shared --address-rebase`")]
    NeedsRebase {
        /// The option, as the command line has it.
        option: &'static str,
    },
    /// Two options that exclude each other.
    #[error("`{one}` and `{other}` exclude each other: {reason}")]
    Conflict {
        /// One, as the command line has it.
        one: &'static str,
        /// The other.
        other: &'static str,
        /// Why.
        reason: &'static str,
    },
    /// More handles than a memory has room for, or none.
    #[error("`--handles {handles}`: a handle table has room for 1 to {maximum} handles")]
    Handles {
        /// How many were asked for.
        handles: u32,
        /// How many there may be.
        maximum: u32,
    },
    /// Two bounds for one name.
    #[error("`--heap` is given twice for `{instance}`")]
    HeapTwice {
        /// The name.
        instance: String,
    },
    /// A bound for an instance that there is not.
    #[error("`--heap {instance}=…`: no instance of that path has a memory; those that have one are {known}")]
    HeapName {
        /// The name.
        instance: String,
        /// Paths of instances with memories.
        known: String,
    },
    /// A bound for an instance all of whose memories have bounds by closer names.
    #[error(
        "`--heap {instance}=…` bounds nothing: every memory in that instance has a `--heap` by its own name, {closer}; \
         leave one of them out"
    )]
    HeapShadowed {
        /// The name.
        instance: String,
        /// Paths of core instances.
        closer: String,
    },
    /// A bound that is no whole number of pages.
    #[error(
        "`--heap`: {bytes} bytes are no whole number of pages for the memory of `{instance}`, whose pages have {page} bytes"
    )]
    HeapPages {
        /// Path of the core instance.
        instance: String,
        /// The bound.
        bytes: u64,
        /// Bytes of a page.
        page: u64,
    },
}
