//! The plan in print.
//!
//! In: the composition and the plan. Out: one line per decision; sections without any are left out.

use crate::dfg::{ComponentDfg, ComponentFunc, CoreDef, CoreItem};
use crate::ids::ComponentInstanceId;
use crate::options::StackSize;
use crate::plan::{FusionPlan, HandleSpace, MemoryPlan, TrampolinePlan, WordStorage};
use crate::synth::HostImport;

/// A text print of the plan.
pub(super) fn print(dfg: &ComponentDfg<'_>, plan: &FusionPlan) -> String {
    let name = |id: ComponentInstanceId| match dfg.component_instances[id].path.as_str() {
        "" => format!("{id} (the root)"),
        path => format!("{id} {path:?}"),
    };
    let trampolines = plan.trampolines.iter().map(|(id, how)| {
        let guard = if plan.guarded.contains(id) { ", guarded by may_leave" } else { "" };
        format!("{id}: {}{guard}", trampoline(dfg, how))
    });
    let exports = plan.exports.values().map(|export| {
        let path: Vec<_> = export.path.iter().map(|name| format!("{name:?}")).collect();
        let how = if export.direct { "directly" } else { "through a host adapter" };
        format!("{} = {}, {how}", path.join(" "), export.lift)
    });
    let states = plan.instances.iter().filter_map(|(id, state)| {
        let all = [
            (state.may_leave, "a may_leave flag"),
            (!state.context.is_empty(), "context slots"),
            (state.throws, "exception barriers"),
        ];
        let kept: Vec<_> = all.iter().filter(|(kept, _)| *kept).map(|(_, what)| *what).collect();
        (!kept.is_empty()).then(|| format!("{}: {}", name(id), kept.join(", ")))
    });
    let spaces = plan.handles.spaces.iter().filter_map(|(id, space)| match space {
        HandleSpace::None => None,
        HandleSpace::Direct => Some(format!("{}: the host's table", name(id))),
        HandleSpace::Tabled => Some(format!("{}: a table in the module", name(id))),
    });
    let tabled = plan.handles.spaces.values().any(|space| *space == HandleSpace::Tabled);
    let storage = tabled.then(|| match (plan.storage.storage, plan.storage.revisable) {
        (WordStorage::Memory, true) => {
            "memories, or a table if not more than one memory of the input is live".to_string()
        }
        (WordStorage::Memory, false) if plan.memory.shared().is_some() => "regions of the one memory".to_string(),
        (storage, _) => storage.name().to_string(),
    });
    let resources = plan.handles.resources.iter().map(|(id, resource)| {
        let holders: Vec<_> = resource.holders.iter().map(ToString::to_string).collect();
        let known = if resource.known_to_host { ", known to the host" } else { "" };
        format!("{id} {:?}: tag {}, held by [{}]{known}", dfg.resources[id].name, resource.tag, holders.join(", "))
    });
    [
        section("one memory", memory(dfg, &plan.memory).into_iter()),
        section("trampolines", trampolines),
        section("exports", exports),
        section("state of component instances", states),
        section("handle spaces", spaces),
        section("storage of handle tables", storage.into_iter()),
        section("resources", resources),
    ]
    .concat()
}

/// What is decided of one memory; nothing where each memory of the input stays one.
fn memory(dfg: &ComponentDfg<'_>, plan: &MemoryPlan) -> Vec<String> {
    let shared = match plan {
        MemoryPlan::Multi => return Vec::new(),
        MemoryPlan::Shared(shared) => shared,
    };
    let name = |memory: &CoreItem| format!("memory {} of {:?}", memory.index, dfg.core_instances[memory.instance].path);
    let mut lines = Vec::new();
    if let Some(zero) = &shared.zero {
        lines.push(format!("{}: at address 0", name(zero)));
    }
    for (memory, bytes) in &shared.bounds {
        lines.push(format!("{}: may grow by {bytes} bytes", name(memory)));
    }
    for memory in &shared.arena_users {
        lines.push(format!("{}: its guest allocates in the arena", name(memory)));
    }
    if shared.arena > 0 {
        lines.push(format!("the embedder's arena: {} bytes", shared.arena));
    }
    match shared.share_stack {
        None => {}
        Some(StackSize::Proved) => lines.push("one stack, as large as is proved to be enough".to_string()),
        Some(StackSize::Bytes(bytes)) => lines.push(format!("one stack of {bytes} bytes")),
    }
    let choices = [
        (shared.isolate, "accesses outside of their windows trap"),
        (shared.pack, "windows end at `__heap_base`, on the assumption that nothing beyond it is used"),
        (shared.byte_pages, "pages of one byte"),
    ];
    lines.extend(choices.iter().filter(|(chosen, _)| *chosen).map(|(_, what)| (*what).to_string()));
    lines.push(format!("handle tables: room for {} handles each", shared.handles));
    lines
}

fn section(title: &str, lines: impl Iterator<Item = String>) -> String {
    let lines: String = lines.map(|line| format!("  {line}\n")).collect();
    if lines.is_empty() { lines } else { format!("{title}\n{lines}") }
}

fn trampoline(dfg: &ComponentDfg<'_>, plan: &TrampolinePlan) -> String {
    match plan {
        TrampolinePlan::Direct(CoreDef::Item(item)) => {
            format!("call {:?} function {} directly", dfg.core_instances[item.instance].path, item.index)
        }
        TrampolinePlan::Direct(CoreDef::Trampoline(id)) => format!("call {id} directly"),
        TrampolinePlan::Adapter(lift) => {
            format!("adapter to {lift} {:?}", dfg.func_name(&ComponentFunc::Lift(*lift)))
        }
        TrampolinePlan::Traps(class) => format!("trap {:?}", class.name()),
        TrampolinePlan::Host(import) => format!("host {}", host_import(dfg, import)),
        TrampolinePlan::HostAdapter(import) => format!("host adapter to {}", host_import(dfg, import)),
        TrampolinePlan::Arena(memory) => {
            format!("allocator, for the memory of {:?}", dfg.core_instances[memory.instance].path)
        }
        TrampolinePlan::Builtin => "built-in carried out in the module".to_string(),
        TrampolinePlan::Unsupported(reason) => format!("unsupported: {reason}"),
    }
}

fn host_import(dfg: &ComponentDfg<'_>, import: &HostImport) -> String {
    match import {
        HostImport::Lower(import, _) => format!("{:?}", dfg.func_name(&ComponentFunc::Import(*import))),
        HostImport::ResourceDrop(resource) => format!("resource.drop {resource}"),
        HostImport::ResourceNew(resource) => format!("resource.new {resource}"),
        HostImport::ResourceRep(resource) => format!("resource.rep {resource}"),
    }
}
