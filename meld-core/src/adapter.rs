//! Stage 5: adapter bodies.
//!
//! In: the [`ComponentDfg`] and the [`FusionPlan`]. Out: [`Adapted`]: for every live trampoline the function
//! that stands for it, symbolic bodies for those that must be synthesized, the runtime instances they
//! call, and the face of the fused module. One recursive walk per value: source place to destination
//! place, where the host is just another side.

use crate::dfg::ComponentDfg;
use crate::error::AdapterError;
use crate::ids::{Arena, SynthId, TrampolineId};
use crate::plan::{FusionPlan, OuterFace};
use crate::runtime::RuntimeInstances;
use crate::synth::{FuncRef, SynthFunc};
use indexmap::IndexMap;

/// What the adapter stage produces.
#[derive(Debug, Default)]
pub struct Adapted {
    /// Bodies.
    pub synths: Arena<SynthId, SynthFunc>,
    /// What each live trampoline stands for. Never [`FuncRef::Trampoline`].
    pub trampolines: IndexMap<TrampolineId, FuncRef>,
    /// Runtime instances that bodies call.
    pub runtime: RuntimeInstances,
    /// What the fused core module imports and exports.
    pub face: OuterFace,
}

/// Writes all adapters.
pub fn adapt(_dfg: &ComponentDfg<'_>, _plan: &FusionPlan) -> Result<Adapted, AdapterError> {
    Err(AdapterError::Placeholder)
}
