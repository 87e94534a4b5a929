//! Static components in JSON.
//!
//! In: the static components. Out: every component with its items in order, and every core module. Indices are those of the
//! binary, and `index` of an item is the one that it gets in its index space. [`crate::parse::print_component`] is the text.

use super::types::{raw_type, raw_val_type};
use super::values::{core_kind, id};
use crate::parse::print::{Counters, core_kind as core_space, count, kind_name, ref_text};
use crate::parse::{Component, CoreModule, Item, builtin_name, builtin_options, builtin_type};
use serde_json::{Value, json};
use wasmparser::{
    CanonicalFunction, CanonicalOption, ComponentAlias, ComponentExternalKind, ComponentInstance,
    ComponentOuterAliasKind, CoreType, ExternalKind, Instance,
};

pub(super) fn json(component: &Component<'_>) -> Value {
    let components = component.components.iter().map(|(own, component)| {
        let mut counters = Counters::default();
        json!({
            "id": id(own),
            "name": component.names.component,
            "parent": component.parent.map(id),
            "items": component.items.iter().map(|one| item(one, &mut counters)).collect::<Value>(),
        })
    });
    json!({
        "root": id(component.root),
        "bytes": component.bytes,
        "components": components.collect::<Value>(),
        "modules": component.modules.iter().map(|(own, one)| module(id(own), one)).collect::<Value>(),
    })
}

fn module(own: Value, module: &CoreModule<'_>) -> Value {
    let imports = module.imports.iter().map(|import| json!({ "module": import.module, "name": import.name }));
    let exports = module
        .exports
        .iter()
        .map(|(name, export)| json!({ "name": name, "kind": core_kind(export.kind), "index": export.index }));
    json!({
        "id": own,
        "name": module.name,
        "imports": imports.collect::<Value>(),
        "exports": exports.collect::<Value>(),
        "functions": module.bodies.len(),
        "relocations": module.bodies.iter().map(|body| module.relocations(body).count()).sum::<usize>(),
        "start": module.start,
    })
}

/// An item, with the index that it gets, such as `core func 3`.
fn item(item: &Item<'_>, counters: &mut Counters) -> Value {
    match item {
        Item::Module(module) => {
            json!({ "item": "module", "index": counters.define(ComponentExternalKind::Module), "module": id(module) })
        }
        Item::CoreInstance(instance) => core_instance(count(&mut counters.core_instances), instance),
        Item::CoreType(ty) => {
            let (types, kind) = match ty {
                CoreType::Rec(group) => (group.types().len() as u32, "rec"),
                CoreType::Module(_) => (1, "module"),
            };
            let index = counters.core_types;
            counters.core_types += types;
            json!({ "item": "core-type", "index": format!("core type {index}"), "kind": kind, "types": types })
        }
        Item::Component(component) => json!({
            "item": "component",
            "index": counters.define(ComponentExternalKind::Component),
            "component": id(component),
        }),
        Item::Instance(one) => instance(&counters.define(ComponentExternalKind::Instance), one),
        Item::Alias(one) => alias(one, counters),
        Item::Type(ty) => {
            let index = counters.define(ComponentExternalKind::Type);
            json!({ "item": "type", "index": index, "type": raw_type(ty) })
        }
        Item::Canon(one) => canon(one, counters),
        Item::Import(import) => json!({
            "item": "import",
            "index": counters.define(import.ty.kind()),
            "name": import.name.name,
            "type": ref_text(&import.ty),
        }),
        Item::Export(export) => json!({
            "item": "export",
            "index": counters.define(export.kind),
            "name": export.name.name,
            "of": format!("{} {}", kind_name(export.kind), export.index),
            "type": export.ty.as_ref().map(ref_text),
        }),
    }
}

/// A core export, such as `core func 3`.
fn core(kind: ExternalKind, index: u32) -> String {
    format!("core {} {index}", core_space(kind).0)
}

fn core_instance(index: u32, instance: &Instance<'_>) -> Value {
    let index = format!("core instance {index}");
    match instance {
        Instance::Instantiate { module_index, args } => {
            let args =
                args.iter().map(|arg| json!({ "name": arg.name, "value": format!("core instance {}", arg.index) }));
            json!({
                "item": "core-instance",
                "index": index,
                "instantiates": format!("core module {module_index}"),
                "args": args.collect::<Value>(),
            })
        }
        Instance::FromExports(exports) => {
            let exports =
                exports.iter().map(|export| json!({ "name": export.name, "value": core(export.kind, export.index) }));
            json!({ "item": "core-instance", "index": index, "exports": exports.collect::<Value>() })
        }
    }
}

fn instance(index: &str, instance: &ComponentInstance<'_>) -> Value {
    let value = |kind, index: u32| format!("{} {index}", kind_name(kind));
    match instance {
        ComponentInstance::Instantiate { component_index, args } => {
            let args = args.iter().map(|arg| json!({ "name": arg.name, "value": value(arg.kind, arg.index) }));
            json!({
                "item": "instance",
                "index": index,
                "instantiates": format!("component {component_index}"),
                "args": args.collect::<Value>(),
            })
        }
        ComponentInstance::FromExports(exports) => {
            let exports = exports
                .iter()
                .map(|export| json!({ "name": export.name.name, "value": value(export.kind, export.index) }));
            json!({ "item": "instance", "index": index, "exports": exports.collect::<Value>() })
        }
    }
}

fn alias(alias: &ComponentAlias<'_>, counters: &mut Counters) -> Value {
    match alias {
        ComponentAlias::InstanceExport { kind, instance_index, name } => json!({
            "item": "alias",
            "index": counters.define(*kind),
            "instance": format!("instance {instance_index}"),
            "name": name,
        }),
        ComponentAlias::CoreInstanceExport { kind, instance_index, name } => json!({
            "item": "alias",
            "index": counters.define_core(*kind),
            "instance": format!("core instance {instance_index}"),
            "name": name,
        }),
        ComponentAlias::Outer { kind, count: up, index } => {
            let kind = match kind {
                ComponentOuterAliasKind::CoreModule => Some(ComponentExternalKind::Module),
                ComponentOuterAliasKind::Type => Some(ComponentExternalKind::Type),
                ComponentOuterAliasKind::Component => Some(ComponentExternalKind::Component),
                ComponentOuterAliasKind::CoreType => None,
            };
            let (own, name) = match kind {
                Some(kind) => (counters.define(kind), kind_name(kind)),
                None => (format!("core type {}", count(&mut counters.core_types)), "core type"),
            };
            json!({ "item": "alias", "index": own, "outer": up, "of": format!("{name} {index}") })
        }
    }
}

fn canon(canon: &CanonicalFunction, counters: &mut Counters) -> Value {
    let index = match canon {
        CanonicalFunction::Lift { .. } => counters.define(ComponentExternalKind::Func),
        _ => counters.define_core(ExternalKind::Func),
    };
    let mut value = json!({ "item": "canon", "index": index, "builtin": builtin_name(canon) });
    match canon {
        CanonicalFunction::Lift { core_func_index, type_index, .. } => {
            value["func"] = format!("core func {core_func_index}").into();
            value["type"] = json!(type_index);
        }
        CanonicalFunction::Lower { func_index, .. } => {
            value["func"] = format!("func {func_index}").into();
        }
        CanonicalFunction::ResourceNew { resource }
        | CanonicalFunction::ResourceRep { resource }
        | CanonicalFunction::ResourceDrop { resource } => {
            value["resource"] = json!(resource);
        }
        CanonicalFunction::ContextGet { ty, slot } | CanonicalFunction::ContextSet { ty, slot } => {
            value["slot"] = json!(slot);
            value["slot_type"] = ty.to_string().into();
        }
        _ => {}
    }
    if let Some(ty) = builtin_type(canon) {
        value["type"] = raw_val_type(&ty);
    }
    value["options"] = builtin_options(canon).unwrap_or_default().iter().map(option).collect();
    value
}

/// A canonical option: its name, and the index that it has.
fn option(option: &CanonicalOption) -> Value {
    match option {
        CanonicalOption::UTF8 => json!({ "option": "utf8" }),
        CanonicalOption::UTF16 => json!({ "option": "utf16" }),
        CanonicalOption::CompactUTF16 => json!({ "option": "latin1+utf16" }),
        CanonicalOption::Memory(index) => json!({ "option": "memory", "index": index }),
        CanonicalOption::Realloc(index) => json!({ "option": "realloc", "index": index }),
        CanonicalOption::PostReturn(index) => json!({ "option": "post-return", "index": index }),
        CanonicalOption::Callback(index) => json!({ "option": "callback", "index": index }),
        CanonicalOption::Async => json!({ "option": "async" }),
        CanonicalOption::CoreType(index) => json!({ "option": "core-type", "index": index }),
        CanonicalOption::Gc => json!({ "option": "gc" }),
    }
}
