//! Which trampolines a run of the composition might call.
//!
//! In: the dfg. Out: the trampolines that something reaches: exports of the root, start functions and destructors, along calls inside
//! of component instances and, through lowered functions, from one instance to the next. The graph is that of [`super`], in which an
//! indirect call finds only functions of its own type. So it is closer than liveness in the merged module, which keeps whatever
//! is in a table that is called through: a guest of today has asynchronous built-ins in its table whether it uses them or not.

use super::ReachWalk;
use crate::dfg::{ComponentDfg, ComponentFunc, CoreDef, Export, ResourceDef, Trampoline};
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
    live.follow(dfg, &mut walk);
    live
}

/// The trampolines that a run of these functions might call, through other instances too.
pub(in crate::plan) fn reached(
    dfg: &ComponentDfg<'_>,
    starts: impl IntoIterator<Item = CoreDef>,
) -> IndexSet<TrampolineId> {
    let mut live = LiveCalls { trampolines: IndexSet::new(), lifts: IndexSet::new(), of_host: IndexSet::new() };
    let mut walk = ReachWalk::new(dfg);
    for start in starts {
        walk.reach(start);
    }
    live.follow(dfg, &mut walk);
    live.trampolines
}

impl LiveCalls {
    /// Follows the walk from instance to instance until nothing new is found.
    fn follow(&mut self, dfg: &ComponentDfg<'_>, walk: &mut ReachWalk<'_, '_>) {
        loop {
            walk.run();
            let found: Vec<TrampolineId> = walk.trampolines().filter(|id| !self.trampolines.contains(id)).collect();
            if found.is_empty() {
                return;
            }
            for id in found {
                self.trampolines.insert(id);
                match dfg.trampolines[id] {
                    Trampoline::Lower { func, options } => {
                        reach_options(dfg, options, walk);
                        if let ComponentFunc::Lift(lift) = func {
                            self.lift(dfg, lift, walk);
                        }
                    }
                    Trampoline::Host(builtin) => {
                        if let Some(options) = builtin.options {
                            reach_options(dfg, options, walk);
                        }
                        if let Some(start) = builtin.start {
                            walk.thread(builtin.instance, start);
                        }
                    }
                    _ => {}
                }
            }
        }
    }

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
