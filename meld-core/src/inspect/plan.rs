//! The plan in print.
//!
//! In: the composition and the plan. Out: in text one line per decision, without empty sections; in JSON all decisions.

use super::handles::space;
use super::values::{core_def, core_item, id, ids, width};
use crate::dfg::{ComponentDfg, ComponentFunc, CoreDef, CoreItem};
use crate::handle_tables::{HandleSpace, HandleTableInfo};
use crate::ids::{ComponentInstanceId, ResourceId};
use crate::options::StackSize;
use crate::plan::{FusionPlan, MemoryPlan, TrampolinePlan, WordStorage};
use crate::synth::HostImport;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Each resource with the routing of one view. All its views agree on what is printed of them here.
fn resources(plan: &FusionPlan) -> BTreeMap<ResourceId, &HandleTableInfo> {
    let mut infos = BTreeMap::new();
    for (_, info) in plan.handles.iter() {
        infos.entry(info.resource).or_insert(info);
    }
    infos
}

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
    let spaces = dfg.component_instances.ids().filter_map(|id| match plan.handles.space(id) {
        HandleSpace::None => None,
        HandleSpace::Direct => Some(format!("{}: the host's table", name(id))),
        HandleSpace::Tabled => Some(format!("{}: a table in the module", name(id))),
    });
    let storage = plan.handles.any_tabled().then(|| match (plan.storage.storage, plan.storage.revisable) {
        (WordStorage::Memory, true) => {
            "memories, or a table if not more than one memory of the input is live".to_string()
        }
        (WordStorage::Memory, false) if plan.memory.shared().is_some() => "regions of the one memory".to_string(),
        (storage, _) => storage.name().to_string(),
    });
    let resources = resources(plan).into_iter().map(|(id, info)| {
        let holders: Vec<_> = plan.handles.holders(id).map(|holder| holder.to_string()).collect();
        let known = if info.known_to_host { ", known to the host" } else { "" };
        format!("{id} {:?}: tag {}, held by [{}]{known}", dfg.resources[id].name, info.tag, holders.join(", "))
    });
    let uses = plan
        .principal
        .instance
        .map(|id| format!("{}: its tasks are those of the component around the module", name(id)));
    let tasks = plan.principal.tasks.iter().flat_map(|tasks| &tasks.instances);
    let tasks = tasks.map(|id| format!("{}: its tasks are in the module", name(*id)));
    let leaves = plan.principal.leaves.iter().map(|id| {
        let owner = dfg.options[dfg.lifts[*id].options].instance;
        let func = dfg.func_name(&ComponentFunc::Lift(*id));
        format!("{id} {func:?}: a leaf, because nothing suspends or enters {} while it runs", name(owner))
    });
    [
        section("one memory", memory(dfg, &plan.memory).into_iter()),
        section("trampolines", trampolines),
        section("exports", exports),
        section("state of component instances", states),
        section("tasks", uses.into_iter().chain(tasks).chain(leaves)),
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
    let several = shared.domains.are_several();
    for domain in shared.domains.domains.values() {
        let of = if several { format!(" of {:?}", domain.name) } else { String::new() };
        lines.extend(domain.zero.iter().map(|zero| format!("{}: at address 0{of}", name(zero))));
    }
    for (memory, domain) in shared.domains.placed() {
        lines.push(format!("{}: in the domain {:?}", name(&memory), domain.name));
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
        (shared.aligned, "sizes are powers of two, and everything begins at a multiple of its size"),
    ];
    lines.extend(choices.iter().filter(|(chosen, _)| *chosen).map(|(_, what)| (*what).to_string()));
    lines.push(format!("handle tables: room for {} handles each", shared.handles));
    lines.extend(shared.tasks.map(|tasks| format!("tasks: room for {tasks} records")));
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
        TrampolinePlan::Dead => "never called".to_string(),
        TrampolinePlan::Builtin => "built-in carried out in the module".to_string(),
        TrampolinePlan::Task => "task in the module".to_string(),
        TrampolinePlan::Unsupported(reason) => format!("unsupported: {reason}"),
    }
}

fn host_import(dfg: &ComponentDfg<'_>, import: &HostImport) -> String {
    match import {
        HostImport::Lower(import, _) => format!("{:?}", dfg.func_name(&ComponentFunc::Import(*import))),
        HostImport::ResourceDrop(resource) => format!("resource.drop {resource}"),
        HostImport::ResourceNew(resource) => format!("resource.new {resource}"),
        HostImport::ResourceRep(resource) => format!("resource.rep {resource}"),
        HostImport::Builtin(id) => format!("{id}"),
        HostImport::ContextGet(slot, _) => format!("context.get {slot}"),
        HostImport::ContextSet(slot, _) => format!("context.set {slot}"),
        HostImport::Waker(call) => call.name().to_string(),
        HostImport::BackpressureInc => "backpressure.inc".to_string(),
        HostImport::BackpressureDec => "backpressure.dec".to_string(),
    }
}

/// The plan in JSON.
pub(super) fn json(dfg: &ComponentDfg<'_>, plan: &FusionPlan) -> Value {
    let trampolines = plan.trampolines.iter().map(|(own, how)| {
        let mut value = trampoline_json(dfg, how);
        value["id"] = id(own);
        value["guarded"] = plan.guarded.contains(own).into();
        value
    });
    let exports = plan.exports.iter().map(
        |(own, export)| json!({ "id": id(own), "path": export.path, "lift": id(export.lift), "direct": export.direct }),
    );
    let instances = plan.instances.iter().map(|(own, state)| {
        let context = state.context.iter().map(|(slot, of)| json!({ "slot": slot, "type": width(of) }));
        json!({
            "id": id(own),
            "path": dfg.component_instances[own].path,
            "may_leave": state.may_leave,
            "context": context.collect::<Value>(),
            "exception_barriers": state.throws,
            "handles": space(plan.handles.space(own)),
        })
    });
    let resources = resources(plan).into_iter().map(|(own, info)| {
        let holders: Vec<_> = plan.handles.holders(own).collect();
        json!({
            "id": id(own),
            "name": dfg.resources[own].name,
            "tag": info.tag,
            "holders": ids(&holders),
            "host": info.known_to_host,
        })
    });
    let root = |position: &usize| dfg.world.imports[*position].name.as_str();
    json!({
        "trampolines": trampolines.collect::<Value>(),
        "exports": exports.collect::<Value>(),
        "instances": instances.collect::<Value>(),
        "resources": resources.collect::<Value>(),
        "memory": memory_json(&plan.memory),
        "tasks": {
            "principal": plan.principal.instance.map(id),
            "leaves": ids(plan.principal.leaves.iter()),
            "in_module": ids(plan.principal.tasks.iter().flat_map(|tasks| tasks.instances.iter())),
        },
        "storage": { "kind": plan.storage.storage.name(), "revisable": plan.storage.revisable },
        "passthrough": {
            "renamed": plan.passthrough.renamed.iter().map(root).collect::<Vec<_>>(),
            "provided": plan.passthrough.provided.as_ref().map(root),
        },
        "simd": plan.simd,
    })
}

fn trampoline_json(dfg: &ComponentDfg<'_>, plan: &TrampolinePlan) -> Value {
    match plan {
        TrampolinePlan::Direct(def) => json!({ "how": "direct", "func": core_def(def) }),
        TrampolinePlan::Adapter(lift) => json!({ "how": "adapter", "lift": id(lift) }),
        TrampolinePlan::Traps(class) => json!({ "how": "trap", "trap": class.name() }),
        TrampolinePlan::Host(import) => json!({ "how": "host", "import": host_import_json(dfg, import) }),
        TrampolinePlan::HostAdapter(import) => {
            json!({ "how": "host-adapter", "import": host_import_json(dfg, import) })
        }
        TrampolinePlan::Arena(memory) => json!({ "how": "arena", "memory": core_item(memory) }),
        TrampolinePlan::Dead => json!({ "how": "dead" }),
        TrampolinePlan::Builtin => json!({ "how": "builtin" }),
        TrampolinePlan::Task => json!({ "how": "task" }),
        TrampolinePlan::Unsupported(reason) => json!({ "how": "unsupported", "reason": reason }),
    }
}

fn host_import_json(dfg: &ComponentDfg<'_>, import: &HostImport) -> Value {
    match import {
        HostImport::Lower(import, options) => json!({
            "kind": "function",
            "function": id(import),
            "options": id(options),
            "name": dfg.func_name(&ComponentFunc::Import(*import)),
        }),
        HostImport::ResourceDrop(resource) => json!({ "kind": "resource-drop", "resource": id(resource) }),
        HostImport::ResourceNew(resource) => json!({ "kind": "resource-new", "resource": id(resource) }),
        HostImport::ResourceRep(resource) => json!({ "kind": "resource-rep", "resource": id(resource) }),
        HostImport::Builtin(builtin) => json!({ "kind": "builtin", "trampoline": id(builtin) }),
        HostImport::ContextGet(slot, _) => json!({ "kind": "context-get", "slot": slot }),
        HostImport::ContextSet(slot, _) => json!({ "kind": "context-set", "slot": slot }),
        HostImport::Waker(call) => json!({ "kind": "waker", "name": call.name() }),
        HostImport::BackpressureInc => json!({ "kind": "backpressure-inc" }),
        HostImport::BackpressureDec => json!({ "kind": "backpressure-dec" }),
    }
}

fn memory_json(plan: &MemoryPlan) -> Value {
    let MemoryPlan::Shared(shared) = plan else { return json!({ "mode": "multi" }) };
    let bounds = shared.bounds.iter().map(|(memory, bytes)| json!({ "memory": core_item(memory), "bytes": bytes }));
    json!({
        "mode": "shared",
        "zero": shared.domains.domains.values().find_map(|domain| domain.zero.as_ref()).map(core_item),
        "domains": shared.domains.domains.values().map(|domain| json!({
            "name": domain.name,
            "zero": domain.zero.as_ref().map(core_item),
        })).collect::<Value>(),
        "in_domains": shared.domains.placed().map(|(memory, domain)| json!({
            "memory": core_item(&memory),
            "domain": domain.name,
        })).collect::<Value>(),
        "bounds": bounds.collect::<Value>(),
        "handles": shared.handles,
        "tasks": shared.tasks,
        "arena": shared.arena,
        "arena_users": shared.arena_users.iter().map(core_item).collect::<Value>(),
        "isolate": shared.isolate,
        "pack": shared.pack,
        "byte_pages": shared.byte_pages,
        "aligned": shared.aligned,
        "stack": match shared.share_stack {
            None => Value::Null,
            Some(StackSize::Proved) => "proved".into(),
            Some(StackSize::Bytes(bytes)) => bytes.into(),
        },
    })
}
