//! What a stage made, in print: for `meld inspect` and for tests of a stage.
//!
//! In: the inputs. Out: an [`Inspection`], as text or as JSON. The stages up to the one asked for are run,
//! and no other.

use crate::{Error, Input, Options};
use std::fmt;

/// A stage whose result can be printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// [`crate::parse`]: the static components.
    Parse,
    /// [`crate::inline`]: the composition with all instantiation carried out.
    Dfg,
    /// [`crate::plan`]: the decisions.
    Plan,
    /// [`crate::merger`]: the entities of the fused module.
    Merged,
}

/// The printed result of a stage.
#[derive(Debug, Clone)]
pub struct Inspection {
    text: String,
    json: serde_json::Value,
}

impl Inspection {
    /// The result as JSON, ending in a newline.
    pub fn to_json(&self) -> String {
        format!("{:#}\n", self.json)
    }
}

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Runs the stages up to `stage` and prints the last one's result.
pub(crate) fn inspect(_inputs: &[Input<'_>], _options: &Options, _stage: Stage) -> Result<Inspection, Error> {
    Err(crate::error::MergeError::Placeholder.into())
}
