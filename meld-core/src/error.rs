//! Errors: one enum per stage, wrapped once in [`Error`].
//!
//! Every variant names the item by its path, the reason, and a way out where there is one. Whatever the
//! input is, an error is the worst that can happen: a panic is a bug in meld.

mod adapter;
mod componentize;
mod handle_table;
mod inline;
mod input;
mod keep;
mod limit;
mod link;
mod merge;
mod parse;
mod plan;
mod resource_graph;
mod wit;
mod world;
mod wrap;

pub use adapter::AdapterError;
pub use componentize::ComponentizeError;
pub use handle_table::HandleTableError;
pub use inline::InlineError;
pub use input::InputError;
pub use keep::KeepError;
pub use limit::LimitError;
pub use link::{LinkEnds, LinkError};
pub use merge::MergeError;
pub use parse::{ParseError, ValidationError};
pub use plan::{PlanError, SharedRegion};
pub use resource_graph::ResourceGraphError;
pub use wit::WitError;
pub use world::TypeEncodeError;
pub use wrap::WrapError;

/// Why a fusion failed: the stage, and in the source chain what and why.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The inputs could not be taken.
    #[error("cannot take the inputs")]
    Input(#[from] InputError),
    /// An input could not be read.
    #[error("cannot read the input")]
    Parse(#[from] ParseError),
    /// Inputs could not be linked.
    #[error("cannot link the inputs")]
    Link(#[from] LinkError),
    /// Instantiation could not be carried out statically.
    #[error("cannot instantiate statically")]
    Inline(#[from] InlineError),
    /// The views of resources do not make a graph.
    #[error("cannot resolve the owners of resources")]
    ResourceGraph(#[from] ResourceGraphError),
    /// Handles cannot be routed.
    #[error("cannot route handles")]
    HandleTable(#[from] HandleTableError),
    /// Something cannot be fused exactly.
    #[error("cannot fuse")]
    Plan(#[from] PlanError),
    /// An adapter could not be written.
    #[error("cannot write an adapter")]
    Adapter(#[from] AdapterError),
    /// Core instances could not be merged, or the result could not be emitted.
    #[error("cannot merge")]
    Merge(#[from] MergeError),
    /// The fused core module could not be wrapped into a component.
    #[error("cannot wrap into a component")]
    Wrap(#[from] WrapError),
    /// The world could not be said in WIT.
    #[error("cannot print the world")]
    Wit(#[from] WitError),
    /// No component could be made of a core module.
    #[error("cannot make a component")]
    Componentize(#[from] ComponentizeError),
    /// Something cannot be fused, and cannot be kept as it is.
    #[error("cannot fuse")]
    Keep(#[from] KeepError),
}

impl Error {
    /// Why something in right inputs cannot be part of one core module; `None` for any other error. A component can keep it as it
    /// is: [`crate::Fuser::fuse_component`] does.
    pub fn unfusable(&self) -> Option<String> {
        match self {
            Error::Inline(InlineError::ImportedCode { at, what, import }) => {
                Some(format!("{at}: instantiates the imported {what} `{import}`, whose code is not in the input"))
            }
            Error::Inline(InlineError::Unsupported { at, what }) => Some(format!("{at}: {what} not supported")),
            Error::Plan(PlanError::AsyncExport { path }) => Some(format!("export `{path}` is an `async` function")),
            Error::Plan(PlanError::ComponentExport { path }) => Some(format!("export `{path}` is a component")),
            Error::Merge(MergeError::Unsupported { item, reason, .. }) => Some(format!("{item}: {reason}")),
            Error::Merge(error @ (MergeError::Limit { .. } | MergeError::ItemLimit { .. })) => Some(error.to_string()),
            Error::Wrap(error @ (WrapError::Unsupported { .. } | WrapError::Limit { .. })) => Some(error.to_string()),
            _ => None,
        }
    }
}
