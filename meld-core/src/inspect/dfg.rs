//! The composition in JSON.
//!
//! In: the dataflow form. Out: a list for each kind of entity. [`crate::inline::print_dfg`] is its text.

use super::types::{func_type, type_def, val_type};
use super::values::{component_func, core_def, core_item, encoding, id, import_path, width};
use crate::dfg::{CanonOptions, ComponentDfg, Effect, Export, HostBuiltin, Interface, ResourceDef, Trampoline};
use crate::ids::Id;
use serde_json::{Value, json};
use std::fmt::Display;

pub(super) fn json(dfg: &ComponentDfg<'_>) -> Value {
    json!({
        "component_instances": list(dfg.component_instances.iter(), |instance| json!({
            "parent": instance.parent.map(id),
            "path": instance.path,
        })),
        "types": list(dfg.types.defs.iter(), type_def),
        "function_types": list(dfg.types.funcs.iter(), func_type),
        "resources": list(dfg.resources.iter(), |resource| match &resource.def {
            ResourceDef::Imported(path) => json!({ "name": resource.name, "import": import_path(dfg, path) }),
            ResourceDef::Defined { instance, dtor } => json!({
                "name": resource.name,
                "instance": id(instance),
                "destructor": dtor.as_ref().map(core_def),
            }),
        }),
        "views": list(dfg.views.iter(), |view| json!({
            "resource": id(view.resource),
            "component": id(view.key.component),
            "interface": interface(&view.key.interface),
            "name": view.key.resource,
            "from": view.from.map(id),
        })),
        "imported_functions": list(dfg.import_funcs.iter(), |import| json!({
            "path": import_path(dfg, &import.path),
            "type": id(import.ty),
        })),
        "modules": list(dfg.modules.iter(), |module| json!({ "name": module.name })),
        "core_instances": list(dfg.core_instances.iter(), |instance| {
            let imports = dfg.modules[instance.module].imports.iter().zip(&instance.args);
            let args: Value = imports.map(|(import, arg)| json!({
                "module": import.module,
                "name": import.name,
                "value": core_def(arg),
            })).collect();
            json!({ "path": instance.path, "module": id(instance.module), "owner": id(instance.owner), "args": args })
        }),
        "options": list(dfg.options.iter(), options),
        "lifts": list(dfg.lifts.iter(), |lift| json!({
            "func": core_def(&lift.func),
            "type": id(lift.ty),
            "options": id(lift.options),
        })),
        "trampolines": list(dfg.trampolines.iter(), trampoline),
        "effects": dfg.effects.iter().map(|effect| match effect {
            Effect::Instantiate(instance) => json!({ "instantiate": id(instance) }),
            Effect::Resource(resource) => json!({ "define": id(resource) }),
        }).collect::<Value>(),
        "exported_instances": list(dfg.exported_instances.iter(), |exports| json!({
            "exports": exports.iter().map(|(name, item)| export(dfg, name, item)).collect::<Value>(),
        })),
        "exports": dfg.exports.iter().map(|(name, item)| export(dfg, name, item)).collect::<Value>(),
    })
}

/// Entities, each with its id.
fn list<'a, I: Id + Display, T: 'a>(items: impl Iterator<Item = (I, &'a T)>, fields: impl Fn(&'a T) -> Value) -> Value {
    let item = |(own, item)| {
        let mut value = fields(item);
        value["id"] = id(own);
        value
    };
    items.map(item).collect()
}

/// Where a view sees its type.
pub(super) fn interface(interface: &Interface) -> Value {
    let kind = match interface {
        Interface::Definition => "definition",
        Interface::Import(_) => "import",
        Interface::Export(_) => "export",
        Interface::Instance(_) => "instance",
    };
    json!({ "kind": kind, "path": interface.path() })
}

fn options(options: &CanonOptions) -> Value {
    json!({
        "instance": id(options.instance),
        "encoding": encoding(options.encoding),
        "memory": options.memory.as_ref().map(core_item),
        "memory64": options.memory64,
        "realloc": options.realloc.as_ref().map(core_def),
        "post_return": options.post_return.as_ref().map(core_def),
        "callback": options.callback.as_ref().map(core_def),
        "async": options.is_async,
    })
}

fn trampoline(trampoline: &Trampoline) -> Value {
    let resource =
        |name, instance, resource| json!({ "builtin": name, "instance": id(instance), "resource": id(resource) });
    match *trampoline {
        Trampoline::Lower { ref func, options } => {
            json!({ "builtin": "lower", "func": component_func(func), "options": id(options) })
        }
        Trampoline::ResourceNew { instance, resource: of } => resource("resource.new", instance, of),
        Trampoline::ResourceRep { instance, resource: of } => resource("resource.rep", instance, of),
        Trampoline::ResourceDrop { instance, resource: of } => resource("resource.drop", instance, of),
        Trampoline::ContextGet { instance, slot, width: of } => {
            json!({ "builtin": "context.get", "instance": id(instance), "slot": slot, "slot_type": width(of) })
        }
        Trampoline::ContextSet { instance, slot, width: of } => {
            json!({ "builtin": "context.set", "instance": id(instance), "slot": slot, "slot_type": width(of) })
        }
        Trampoline::BackpressureInc { instance } => json!({ "builtin": "backpressure.inc", "instance": id(instance) }),
        Trampoline::BackpressureDec { instance } => json!({ "builtin": "backpressure.dec", "instance": id(instance) }),
        Trampoline::Host(HostBuiltin { instance, kind, ref ty, options, start }) => json!({
            "builtin": kind.name(),
            "instance": id(instance),
            "type": ty.as_ref().map(val_type),
            "options": options.map(id),
            "start": start.map(|start| json!({
                "table": core_item(&start.table),
                "index": width(start.index),
                "closure": width(start.closure),
            })),
        }),
        Trampoline::Unsupported { instance, name, ordinal, ref ty } => json!({
            "builtin": name,
            "instance": id(instance),
            "unsupported": ordinal,
            "type": ty.as_ref().map(val_type),
        }),
    }
}

fn export(dfg: &ComponentDfg<'_>, name: &str, export: &Export) -> Value {
    let (kind, value) = match export {
        Export::Func(func) => ("func", component_func(func)),
        Export::Instance(instance) => ("instance", id(instance)),
        Export::Type(resource) => ("type", resource.map(id).into()),
        Export::Module(module) => ("module", id(module)),
        Export::Reexport(path) => ("import", import_path(dfg, path)),
        Export::Component => ("component", Value::Null),
    };
    json!({ "name": name, "kind": kind, "value": value })
}
