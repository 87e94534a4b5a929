//! Errors: one enum per stage, wrapped once in [`Error`].
//!
//! Every variant names the item by its path, the reason, and a way out where there is one. Whatever the
//! input is, an error is the worst that can happen: a panic is a bug in meld.

mod adapter;
mod c_header;
mod cause;
mod cluster;
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
mod remedy;
mod resource_graph;
mod wit;
mod world;
mod wrap;

pub use adapter::AdapterError;
pub use c_header::CHeaderError;
pub use cause::Cause;
pub use cluster::ClusterError;
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
pub use remedy::{Remedy, WayOut};
pub use resource_graph::ResourceGraphError;
pub use wit::WitError;
pub use world::TypeEncodeError;
pub use wrap::WrapError;

/// Why a fusion failed. The message is that of the stage: its first line says what is wrong, and the source chain says why.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The inputs could not be taken.
    #[error(transparent)]
    Input(#[from] InputError),
    /// An input could not be read.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// Inputs could not be linked.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// Instantiation could not be carried out statically.
    #[error(transparent)]
    Inline(#[from] InlineError),
    /// The views of resources do not make a graph.
    #[error(transparent)]
    ResourceGraph(#[from] ResourceGraphError),
    /// Handles cannot be routed.
    #[error(transparent)]
    HandleTable(#[from] HandleTableError),
    /// Something cannot be fused exactly.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// An adapter could not be written.
    #[error(transparent)]
    Adapter(#[from] AdapterError),
    /// Core instances could not be merged, or the result could not be emitted.
    #[error(transparent)]
    Merge(#[from] MergeError),
    /// The fused core module could not be wrapped into a component.
    #[error(transparent)]
    Wrap(#[from] WrapError),
    /// The world could not be said in WIT.
    #[error(transparent)]
    Wit(#[from] WitError),
    /// No component could be made of a core module.
    #[error(transparent)]
    Componentize(#[from] ComponentizeError),
    /// The instances of a composition could not be written as components beside each other.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// Something cannot be fused, and cannot be kept as it is.
    #[error(transparent)]
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
            Error::Plan(PlanError::Async { reason }) => Some(reason.clone()),
            Error::Plan(PlanError::ComponentExport { path }) => Some(format!("export `{path}` is a component")),
            Error::Merge(MergeError::Unsupported { item, reason, .. }) => Some(format!("{item}: {reason}")),
            Error::Merge(error @ (MergeError::Limit { .. } | MergeError::ItemLimit { .. })) => Some(error.to_string()),
            Error::Wrap(error @ (WrapError::Unsupported { .. } | WrapError::Limit { .. })) => Some(error.to_string()),
            Error::Cluster(ClusterError::Inexpressible { reason }) => Some(reason.clone()),
            _ => None,
        }
    }

    /// The limit that was exceeded, if that is what is wrong.
    pub(crate) fn limit(&self) -> Option<&LimitError> {
        match self {
            Error::Inline(InlineError::Limit(limit))
            | Error::Plan(PlanError::Limit(limit))
            | Error::Adapter(AdapterError::Limit(limit))
            | Error::Cluster(ClusterError::Limit(limit))
            | Error::Merge(MergeError::TooMany(limit)) => Some(limit),
            Error::Wrap(WrapError::Type { source: TypeEncodeError::Limit(limit), .. }) => Some(limit),
            _ => None,
        }
    }

    /// What the caller can do about it by options, if there is something. The message says it in words.
    pub fn remedies(&self) -> Vec<Remedy> {
        if let Some(limit) = self.limit() {
            return vec![Remedy::RaiseLimit(limit.limit)];
        }
        match self {
            Error::Input(error) => error.remedies(),
            Error::Parse(ParseError::CoreModule { .. }) => vec![Remedy::Componentize],
            Error::Link(error) => error.remedies(),
            Error::Plan(error) => error.remedies(),
            Error::Merge(error) => error.remedies(),
            Error::Wrap(WrapError::Limit { .. }) => vec![Remedy::CoreModule],
            Error::Wrap(WrapError::Type { source, .. }) => source.remedies(),
            _ => Vec::new(),
        }
    }
}
