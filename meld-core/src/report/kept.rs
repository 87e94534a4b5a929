//! The report on a component that is kept as it is.
//!
//! In: the composition, if its instantiation can be carried out, and the reason why it is not fused. Out: a [`Report`] in which every
//! call between components is listed as kept.

use super::crossings::{callee, function_name, instances_with_code};
use super::{Boundary, Fate, Fusion, Kept, Lowering, MemoryChoice, ModuleReport, Output, Report};
use crate::dfg::{ComponentDfg, CoreDef, CoreInstance};
use crate::ids::ComponentInstanceId;
use indexmap::IndexSet;

/// Reports that the composition is kept as it is. `dfg` is `None` if instantiation cannot be carried out statically: then the calls
/// between components are not known.
pub(crate) fn kept(dfg: Option<&ComponentDfg<'_>>, reason: String, component_bytes: usize) -> Report {
    let kept = dfg.map(|dfg| kept_calls(dfg, &reason)).unwrap_or_default();
    let before = dfg.map(instances_with_code);
    Report {
        version: Report::VERSION,
        memory: MemoryChoice { mode: "kept", reason: "the component is kept as it is, with its memories".to_owned() },
        boundaries: dfg.map(|dfg| boundaries(dfg, dfg.core_instances.values())).unwrap_or_default(),
        modules: dfg.map(|dfg| modules(dfg, dfg.core_instances.values())).unwrap_or_default(),
        fusion: Fusion {
            fused_crossings: 0,
            kept_crossings: dfg.map(|_| kept.len()),
            instances_before: before,
            instances_after: before,
        },
        kept,
        kept_whole: Some(reason),
        output: Output { component_bytes: Some(component_bytes), ..Output::default() },
        ..Report::default()
    }
}

fn kept_calls(dfg: &ComponentDfg<'_>, reason: &str) -> Vec<Kept> {
    let path = |id: ComponentInstanceId| dfg.component_instances[id].path.clone();
    let crossing = |(id, trampoline)| {
        let callee = callee(dfg, trampoline)?;
        Some(Kept {
            caller: path(dfg.trampoline_instance(id)),
            callee: path(callee),
            function: function_name(dfg, trampoline),
            reason: reason.to_owned(),
        })
    };
    dfg.trampolines.iter().filter_map(crossing).collect()
}

/// Every trampoline that one of these core instances imports.
pub(super) fn boundaries<'d>(dfg: &'d ComponentDfg<'_>, of: impl Iterator<Item = &'d CoreInstance>) -> Vec<Boundary> {
    let imported = of.flat_map(|core| &core.args).filter_map(|arg| match arg {
        CoreDef::Trampoline(id) => Some(*id),
        CoreDef::Item(_) => None,
    });
    let path = |id: ComponentInstanceId| dfg.component_instances[id].path.clone();
    let boundary = |id| {
        let trampoline = &dfg.trampolines[id];
        Boundary {
            caller: path(dfg.trampoline_instance(id)),
            callee: callee(dfg, trampoline).map(path),
            function: function_name(dfg, trampoline),
            lowering: Lowering::Kept,
            target: None,
            adapter_bytes: 0,
        }
    };
    imported.collect::<IndexSet<_>>().into_iter().map(boundary).collect()
}

pub(super) fn modules<'d>(dfg: &'d ComponentDfg<'_>, of: impl Iterator<Item = &'d CoreInstance>) -> Vec<ModuleReport> {
    let module = |core: &CoreInstance| {
        let functions = dfg.modules[core.module].bodies.len();
        let component = Some(dfg.component_instances[core.owner].path.clone());
        ModuleReport { instance: core.path.clone(), component, fate: Fate::Kept, functions, live_functions: functions }
    };
    of.map(module).collect()
}
