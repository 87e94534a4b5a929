//! Errors of routing handles.

/// Why handles cannot be routed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandleTableError {
    /// An instance holds a resource of which it has no view.
    #[error(
        "bug in meld: component instance `{instance}` holds handles of resource `{resource}`, but no import, export or \
         definition gives it that type; please report it with the input"
    )]
    NoView {
        /// Path of the component instance.
        instance: String,
        /// Name of the resource.
        resource: String,
    },
}
