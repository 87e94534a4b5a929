//! Errors of the merge stage: merging, liveness and emission.

use super::{Cause, LimitError, Remedy, WayOut};
use crate::passthrough::CoreName;

/// Why the merge stage failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
    /// More would be made than there may be.
    #[error(transparent)]
    TooMany(#[from] LimitError),
    /// An earlier stage named something that does not exist. A bug in meld, never the user's fault.
    #[error("bug in meld: {item} refers to {missing}, which does not exist")]
    Missing {
        /// What refers to it.
        item: String,
        /// What is missing.
        missing: String,
    },
    /// Something live cannot be merged exactly.
    #[error("{item} cannot be fused: {reason}; {way_out}")]
    Unsupported {
        /// The path of the item.
        item: String,
        /// Why not.
        reason: String,
        /// What the user can do about it.
        way_out: WayOut,
    },
    /// Memories that may grow without a bound, in one memory.
    #[error(
        "memory.grow is live, and a window of the one memory has a size that is known:{instances}\n  \
         ways out: bound the growth of all memories or of one of the above; use an allocator that never grows in the guest \
         (`meld-guest`); or have one allocator for all guests in an arena"
    )]
    UnboundedGrowth {
        /// One paragraph an instance: its functions that grow, and how each is reached.
        instances: String,
    },
    /// The fused module would exceed a limit that every engine has.
    #[error(
        "the fused module would have {count} {what}, and engines accept at most {limit}; fuse fewer components at once"
    )]
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
    /// An item of the fused module would exceed a limit that every engine has.
    #[error("{item} would have {count} {what} in the fused module, and engines accept at most {limit}; {way_out}")]
    ItemLimit {
        /// The item.
        item: String,
        /// What there is too much of.
        what: &'static str,
        /// How much there is.
        count: u64,
        /// How much there may be.
        limit: u64,
        /// What the user can do about it.
        way_out: WayOut,
    },
    /// Bytes that validation accepted could not be decoded or encoded again.
    #[error("bug in meld: cannot re-encode {item}: {reason}")]
    Reencode {
        /// What was being re-encoded.
        item: String,
        /// What went wrong.
        reason: String,
    },
    /// The emitted module is not valid.
    #[error("bug in meld: the fused module is not valid")]
    Invalid(#[source] Cause),
}

impl MergeError {
    pub(super) fn remedies(&self) -> Vec<Remedy> {
        match self {
            MergeError::Unsupported { way_out, .. } | MergeError::ItemLimit { way_out, .. } => way_out.remedies.clone(),
            MergeError::UnboundedGrowth { .. } => {
                vec![Remedy::BoundHeaps, Remedy::KeepImport(CoreName::arena()), Remedy::Arena]
            }
            _ => Vec::new(),
        }
    }
}

impl From<wasmparser::Error> for MergeError {
    fn from(error: wasmparser::Error) -> Self {
        MergeError::Reencode { item: format!("the code at offset {}", error.offset()), reason: error.to_string() }
    }
}

impl From<wasm_encoder::reencode::Error<MergeError>> for MergeError {
    fn from(error: wasm_encoder::reencode::Error<MergeError>) -> Self {
        match error {
            wasm_encoder::reencode::Error::UserError(error) => error,
            wasm_encoder::reencode::Error::ParseError(error) => error.into(),
            other => MergeError::Reencode { item: "an item of a core module".to_string(), reason: other.to_string() },
        }
    }
}
