//! What an embedder does between the stages.
//!
//! In: what a stage has made, to change it. Out: the same, changed. [`crate::pipeline::run_with`] calls every method of every
//! [`Extension`] at its place, in the order of the list. What an extension makes is checked as everything is: the module is validated
//! when it is written.
//!
//! An extension runs before the passes that refuse what cannot be fused, and never after them: so it cannot undo what they have found.
//! An extension adds functions and globals, and core modules ([`OwnModule`](crate::runtime::OwnModule)).

use crate::adapter::Adapted;
use crate::dfg::ComponentDfg;
use crate::error::{AdapterError, MergeError};
use crate::module::MergedModule;
use crate::passes::PassPoint;
use crate::plan::FusionPlan;

/// What an embedder does between the stages. Each method does nothing unless it is written.
///
/// The pipeline may do a stage again, when it has learned that handles are stored elsewhere: then it calls these methods again, with a
/// new value.
pub trait Extension {
    /// Changes what adapters there are: adds bodies, or gives a trampoline another function.
    ///
    /// # Errors
    ///
    /// What the extension cannot do ends the fusion.
    fn adapters(
        &mut self,
        dfg: &ComponentDfg<'_>,
        plan: &FusionPlan,
        adapted: &mut Adapted,
    ) -> Result<(), AdapterError> {
        let _ = (dfg, plan, adapted);
        Ok(())
    }

    /// Is a pass over the module, between two of ours: this is called once at each point.
    ///
    /// # Errors
    ///
    /// What the extension cannot do ends the fusion.
    fn pass(&mut self, point: PassPoint, module: &mut MergedModule<'_>) -> Result<(), MergeError> {
        let _ = (point, module);
        Ok(())
    }
}
