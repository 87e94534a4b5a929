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
}
