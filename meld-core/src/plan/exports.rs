//! The lifted functions that the root exports.
//!
//! In: the root's exports. Out: one [`ExportPlan`] per lifted function, in export order, at any depth. In a core module a
//! function is exported by each of its names, and there may be exponentially many: they are counted before the
//! first is made. A component around it needs each function of each instance once.
//! A root export that is not a lifted function is expressible only by a component around the core module;
//! without one it is refused here.

use super::{Edge, ExportPlan, InstancePlan, MemoryPlan};
use crate::abi::Abi;
use crate::abi::signature::CanonSide;
use crate::dfg::{ComponentDfg, ComponentFunc, Export};
use crate::error::PlanError;
use crate::handle_tables::HandleTables;
use crate::ids::{Arena, ComponentInstanceId, ExportFuncId, ExportedInstanceId, Id, LiftId};
use crate::limits::Limit;
use crate::options::Options;
use indexmap::IndexMap;
use std::collections::BTreeSet;

pub(super) fn exports(dfg: &ComponentDfg<'_>, options: &Options) -> Result<Arena<ExportFuncId, ExportPlan>, PlanError> {
    let component = options.component;
    let items = items(dfg);
    let mut walk = ExportWalk { dfg, component, items, seen: BTreeSet::new(), path: Vec::new(), found: Arena::new() };
    if !component {
        for (name, export) in &dfg.exports {
            let count = walk.count(export);
            dfg.limits.check(Limit::Exports, count, || format!("export `{name}` of the root"))?;
        }
        let all = dfg.exports.values().map(|export| walk.count(export)).fold(0, u64::saturating_add);
        dfg.limits.check(Limit::Exports, all, || "the exports of the root")?;
    }
    walk.exports(&dfg.exports)?;
    Ok(walk.found)
}

/// How many items other than types there are in each exported instance, by all their paths.
fn items(dfg: &ComponentDfg<'_>) -> Vec<u64> {
    // An instance comes after those that it exports.
    let mut items: Vec<u64> = Vec::with_capacity(dfg.exported_instances.len());
    for exports in dfg.exported_instances.values() {
        let counts = exports.values().map(|export| count(&items, export));
        items.push(counts.fold(0, u64::saturating_add));
    }
    items
}

/// How many of them an export is, given those of instances.
fn count(items: &[u64], export: &Export) -> u64 {
    match export {
        Export::Instance(id) => items[id.index()],
        Export::Type(_) => 0,
        Export::Func(_) | Export::Module(_) | Export::Reexport(_) | Export::Component => 1,
    }
}

/// Whether the core function of a lifted function can be exported as it is.
pub(super) fn is_direct(
    dfg: &ComponentDfg<'_>,
    instances: &Arena<ComponentInstanceId, InstancePlan>,
    (handles, memory): (&HandleTables, &MemoryPlan),
    abi: &Abi<'_>,
    lift: LiftId,
) -> bool {
    let lift = &dfg.lifts[lift];
    let options = &dfg.options[lift.options];
    let state = instances[options.instance];
    !state.may_leave
        && !state.throws
        && state.context.is_empty()
        && !Edge::new(handles, memory, options).concerns(abi, &dfg.types[lift.ty], CanonSide::Lift)
}

struct ExportWalk<'d, 'a> {
    dfg: &'d ComponentDfg<'a>,
    component: bool,
    /// See [`items`].
    items: Vec<u64>,
    /// Instances that have been walked through.
    seen: BTreeSet<ExportedInstanceId>,
    path: Vec<String>,
    found: Arena<ExportFuncId, ExportPlan>,
}

impl<'d> ExportWalk<'d, '_> {
    fn count(&self, export: &Export) -> u64 {
        count(&self.items, export)
    }

    fn exports(&mut self, exports: &'d IndexMap<String, Export>) -> Result<(), PlanError> {
        for (name, export) in exports {
            self.path.push(name.clone());
            self.export(export)?;
            self.path.pop();
        }
        Ok(())
    }

    fn export(&mut self, export: &'d Export) -> Result<(), PlanError> {
        let kind = match export {
            Export::Func(ComponentFunc::Lift(id)) => {
                // Not known before memories have been planned, for which the exports have to be.
                self.found.push(ExportPlan { path: self.path.clone(), lift: *id, direct: false });
                return Ok(());
            }
            Export::Instance(id) => {
                let again = !self.seen.insert(*id);
                if self.count(export) == 0 || (again && self.component) {
                    return Ok(());
                }
                return self.exports(&self.dfg.exported_instances[*id]);
            }
            Export::Type(_) => return Ok(()),
            Export::Func(ComponentFunc::Import(_)) => "an imported function",
            Export::Module(_) => "a core module",
            Export::Reexport(_) => "an imported item",
            Export::Component => return Err(PlanError::ComponentExport { path: self.path.join("/") }),
        };
        if self.component {
            return Ok(());
        }
        Err(PlanError::CoreCannotExport { path: self.path.join("/"), kind })
    }
}
