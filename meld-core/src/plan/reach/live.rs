//! Which trampolines a run of the composition might call.
//!
//! In: the dfg. Out: the trampolines that something reaches: exports of the root, start functions and destructors, along calls inside
//! of component instances and, through lowered functions, from one instance to the next. The graph is that of [`super`], in which an
//! indirect call finds only functions of its own type. So it is closer than liveness in the merged module, which keeps whatever
//! is in a table that is called through: a guest of today has asynchronous built-ins in its table whether it uses them or not.

use super::ReachWalk;
use crate::dfg::{ComponentDfg, ComponentFunc, Export, ResourceDef, Trampoline};
use crate::ids::{LiftId, OptionsId, TrampolineId};
use indexmap::IndexSet;

/// What is live.
pub(in crate::plan) struct LiveCalls {
    /// Trampolines that might be called.
    pub(in crate::plan) trampolines: IndexSet<TrampolineId>,
    /// Lifted functions that might be called: by the host, or through one of those trampolines.
    pub(in crate::plan) lifts: IndexSet<LiftId>,
    /// Lifted functions that the root exports.
    pub(in crate::plan) of_host: IndexSet<LiftId>,
}

pub(in crate::plan) fn live(dfg: &ComponentDfg<'_>) -> LiveCalls {
    let mut live = LiveCalls { trampolines: IndexSet::new(), lifts: IndexSet::new(), of_host: IndexSet::new() };
    let mut walk = ReachWalk::new(dfg);
    let inner = dfg.exported_instances.values().flat_map(|exports| exports.values());
    for export in dfg.exports.values().chain(inner) {
        if let Export::Func(ComponentFunc::Lift(lift)) = export {
            live.of_host.insert(*lift);
            live.lift(dfg, *lift, &mut walk);
        }
    }
    for (instance, core) in dfg.core_instances.iter() {
        if let Some(index) = dfg.modules[core.module].start {
            walk.reach(dfg.core_func(instance, index));
        }
    }
    // Whatever holds a handle last may drop it.
    for resource in dfg.resources.values() {
        if let ResourceDef::Defined { dtor: Some(dtor), .. } = resource.def {
            walk.reach(dtor);
        }
    }
    loop {
        walk.run();
        let found: Vec<TrampolineId> = walk.trampolines().filter(|id| !live.trampolines.contains(id)).collect();
        if found.is_empty() {
            return live;
        }
        for id in found {
            live.trampolines.insert(id);
            match dfg.trampolines[id] {
                Trampoline::Lower { func, options } => {
                    reach_options(dfg, options, &mut walk);
                    if let ComponentFunc::Lift(lift) = func {
                        live.lift(dfg, lift, &mut walk);
                    }
                }
                Trampoline::Host(builtin) => {
                    if let Some(options) = builtin.options {
                        reach_options(dfg, options, &mut walk);
                    }
                }
                _ => {}
            }
        }
    }
}

impl LiveCalls {
    fn lift(&mut self, dfg: &ComponentDfg<'_>, id: LiftId, walk: &mut ReachWalk<'_, '_>) {
        if self.lifts.insert(id) {
            walk.reach(dfg.lifts[id].func);
            reach_options(dfg, dfg.lifts[id].options, walk);
        }
    }
}

fn reach_options(dfg: &ComponentDfg<'_>, options: OptionsId, walk: &mut ReachWalk<'_, '_>) {
    let options = &dfg.options[options];
    for def in [options.realloc, options.post_return, options.callback].into_iter().flatten() {
        walk.reach(def);
    }
}
