//! The lifted functions that the root exports.
//!
//! In: the root's export tree. Out: one [`ExportPlan`] per lifted function, in export order, at any depth.
//! A root export that is not a lifted function is expressible only by a component around the core module;
//! without one it is refused here.

use super::{Edge, ExportPlan, HandlePlan, InstancePlan, MemoryPlan};
use crate::abi::Abi;
use crate::abi::signature::Side;
use crate::dfg::{ComponentDfg, ComponentFunc, Export};
use crate::error::PlanError;
use crate::ids::{Arena, ComponentInstanceId, ExportFuncId, LiftId};
use crate::options::Options;
use indexmap::IndexMap;

pub(super) fn exports(dfg: &ComponentDfg<'_>, options: &Options) -> Result<Arena<ExportFuncId, ExportPlan>, PlanError> {
    let mut walk = Walk { dfg, component: options.component, path: Vec::new(), found: Arena::new() };
    walk.exports(&dfg.exports)?;
    Ok(walk.found)
}

/// Whether the core function of a lifted function can be exported as it is.
pub(super) fn is_direct(
    dfg: &ComponentDfg<'_>,
    instances: &Arena<ComponentInstanceId, InstancePlan>,
    (handles, memory): (&HandlePlan, &MemoryPlan),
    abi: &Abi<'_>,
    lift: LiftId,
) -> bool {
    let lift = &dfg.lifts[lift];
    let options = &dfg.options[lift.options];
    let state = instances[options.instance];
    !state.may_leave
        && !state.throws
        && state.context.is_empty()
        && !Edge::new(handles, memory, options).concerns(abi, &dfg.types[lift.ty], Side::Lift)
}

struct Walk<'d, 'a> {
    dfg: &'d ComponentDfg<'a>,
    component: bool,
    path: Vec<String>,
    found: Arena<ExportFuncId, ExportPlan>,
}

impl<'d> Walk<'d, '_> {
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
                let lift = &self.dfg.lifts[*id];
                let options = &self.dfg.options[lift.options];
                if options.is_async || self.dfg.types[lift.ty].is_async {
                    return Err(PlanError::AsyncExport { path: self.path.join("/") });
                }
                // Not known before memories have been planned, for which the exports have to be.
                self.found.push(ExportPlan { path: self.path.clone(), lift: *id, direct: false });
                return Ok(());
            }
            Export::Instance(items) => return self.exports(items),
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
