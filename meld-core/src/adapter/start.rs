//! Start functions of core modules.
//!
//! In: core instances. Out: for each whose start function needs state or a barrier around it, the function that is called
//! instead. A start function is called as a synchronous function of its component instance (`Concurrency.md`,
//! "Interaction with the start function"): with context slots of its own, and a core exception that leaves it is a
//! trap.

use super::boundary::Wrapping;
use super::{Adapters, func_ref};
use crate::ids::CoreInstanceId;
use crate::synth::FuncRef;
use indexmap::IndexMap;

impl Adapters<'_> {
    /// What is called instead of start functions, by their instances.
    pub(super) fn starts(&mut self) -> IndexMap<CoreInstanceId, FuncRef> {
        let dfg = self.dfg;
        let mut starts = IndexMap::new();
        for (id, core) in dfg.core_instances.iter() {
            let Some(index) = dfg.modules[core.module].start else { continue };
            let func = func_ref(dfg.core_func(id, index));
            let called = self.wrap(func, core.owner, Wrapping::Start, &format!("start {}", core.path), &[], &[]);
            if called != func {
                starts.insert(id, called);
            }
        }
        starts
    }
}
