//! Calls between components, and what they are called in the report.

use crate::dfg::{ComponentDfg, ComponentFunc, Trampoline};
use crate::ids::{ComponentInstanceId, ResourceId};
use std::collections::BTreeSet;

/// Component instances that have core code.
pub(super) fn instances_with_code(dfg: &ComponentDfg<'_>) -> usize {
    let with_code = dfg.core_instances.values().filter(|core| !dfg.modules[core.module].bodies.is_empty());
    with_code.map(|core| core.owner).collect::<BTreeSet<ComponentInstanceId>>().len()
}

/// How many calls of one component by another there are: each lowered function that another component instance lifts.
pub(super) fn crossing_count(dfg: &ComponentDfg<'_>) -> usize {
    dfg.trampolines.iter().filter(|(_, trampoline)| callee(dfg, trampoline).is_some()).count()
}

/// The component instance that a trampoline calls, if it is in the composition.
pub(super) fn callee(dfg: &ComponentDfg<'_>, trampoline: &Trampoline) -> Option<ComponentInstanceId> {
    match trampoline {
        Trampoline::Lower { func: ComponentFunc::Lift(lift), .. } => {
            Some(dfg.options[dfg.lifts[*lift].options].instance)
        }
        _ => None,
    }
}

/// A lowered function or a built-in, for people.
pub(super) fn function_name(dfg: &ComponentDfg<'_>, trampoline: &Trampoline) -> String {
    let of = |builtin: &str, resource: ResourceId| format!("{builtin} {}", dfg.resources[resource].name);
    match trampoline {
        Trampoline::Lower { func, .. } => dfg.func_name(func),
        Trampoline::ResourceNew { resource, .. } => of("resource.new", *resource),
        Trampoline::ResourceRep { resource, .. } => of("resource.rep", *resource),
        Trampoline::ResourceDrop { resource, .. } => of("resource.drop", *resource),
        Trampoline::ContextGet { slot, .. } => format!("context.get {slot}"),
        Trampoline::ContextSet { slot, .. } => format!("context.set {slot}"),
        Trampoline::BackpressureInc { .. } => "backpressure.inc".to_string(),
        Trampoline::BackpressureDec { .. } => "backpressure.dec".to_string(),
        Trampoline::Host(builtin) => builtin.kind.name().to_string(),
        Trampoline::Unsupported { name, .. } => (*name).to_string(),
    }
}
