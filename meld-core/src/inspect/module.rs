//! The fused module in JSON, between two passes.
//!
//! In: the module, and what is live once that is known. Out: its entities. The module's own `Display` is the text.

use super::values::{address, id, ids};
use crate::ids::{FuncId, Id};
use crate::module::reach::Marks;
use crate::module::{ExportItem, FuncDef, GlobalDef, InitStep, MergedModule, ModuleKey};
use serde_json::{Value, json};

pub(super) fn json(module: &MergedModule<'_>, live: Option<&Marks>) -> Value {
    let scopes = module.scopes.iter().map(|(own, scope)| {
        let of = module.module(scope.module);
        json!({
            "id": id(own),
            "path": scope.path,
            "module": of.name,
            "runtime": matches!(scope.module, ModuleKey::Runtime(_)),
            "funcs": ids(&scope.funcs),
            "tables": ids(&scope.tables),
            "memories": ids(&scope.memories),
            "globals": ids(&scope.globals),
            "tags": ids(&scope.tags),
            "elems": ids(&scope.elems),
            "datas": ids(&scope.datas),
        })
    });
    let globals = module.globals.iter().map(|(own, global)| {
        let mut value = self::global(global);
        value["id"] = id(own);
        value["live"] = live.map(|live| live.globals[own.index()]).into();
        value
    });
    let exports = module.exports.iter().map(|(name, export)| {
        let item = match export.item {
            ExportItem::Func(func) => id(func),
            ExportItem::Table(table) => id(table),
            ExportItem::Memory(memory) => id(memory),
            ExportItem::Global(global) => id(global),
        };
        json!({ "name": name, "item": item })
    });
    let init = module.init.iter().map(|step| match step {
        InitStep::Elem(elem) => json!({ "elem": id(elem) }),
        InitStep::Data(data) => json!({ "data": id(data) }),
        InitStep::Call(func) => json!({ "call": id(func) }),
    });
    json!({
        "scopes": scopes.collect::<Value>(),
        "functions": module.funcs.ids().map(|own| func(module, live, own)).collect::<Value>(),
        "globals": globals.collect::<Value>(),
        "exports": exports.collect::<Value>(),
        "init": init.collect::<Value>(),
        "stack": module.stack.as_ref().map(|stack| json!({ "bytes": stack.bytes, "pointer": id(stack.pointer) })),
        "layout": module.layout.as_ref().map(|layout| {
            let windows = layout.regions().map(|region| json!({
                "memory": id(region.memory),
                "base": region.base,
                "freed": region.freed,
                "initial": region.initial,
                "capacity": region.capacity,
                "end": region.end,
                "runtime": region.runtime,
            }));
            json!({
                "windows": windows.collect::<Value>(),
                "memories": layout.memories.iter().map(|memory| json!({
                    "domain": id(memory.domain),
                    "windows": memory.regions.iter().map(|region| id(region.memory)).collect::<Value>(),
                    "stack": [memory.stack.0, memory.stack.1],
                    "arena": [memory.arena.0, memory.arena.1],
                    "pages": memory.pages,
                })).collect::<Value>(),
                "stack": layout.memories.first().map(|memory| [memory.stack.0, memory.stack.1]),
                "arena": layout.memories.first().map(|memory| [memory.arena.0, memory.arena.1]),
                "pages": layout.memories.first().map(|memory| memory.pages),
                "page_size": 1u64 << layout.page_size_log2,
            })
        }),
    })
}

fn func(module: &MergedModule<'_>, live: Option<&Marks>, own: FuncId) -> Value {
    let func = &module.funcs[own];
    let (kind, calls) = match &func.def {
        FuncDef::Import(_) => ("import", &[][..]),
        FuncDef::Guest { calls, .. } => ("input", &**calls),
        FuncDef::Synth(_) => ("synthesized", &[][..]),
        FuncDef::Trap(_) => ("trap", &[][..]),
        FuncDef::Init => ("init", &[][..]),
    };
    let calls = calls.iter().map(|call| json!({ "at": call.call, "func": id(call.callee) }));
    let called = module.canonical(own);
    json!({
        "id": id(own),
        "type": id(func.ty),
        "name": module.func_name(own).to_string(),
        "kind": kind,
        "live": live.map(|live| live.funcs[own.index()]),
        "replaced_by": (called != own).then(|| id(called)),
        "direct_calls": calls.collect::<Value>(),
    })
}

fn global(global: &GlobalDef) -> Value {
    match global {
        GlobalDef::Guest(origin) => json!({ "kind": "input", "scope": id(origin.scope), "index": origin.index }),
        GlobalDef::Flag(meaning, initial) => {
            json!({ "kind": "state", "meaning": format!("{meaning:?}"), "initial": initial })
        }
        GlobalDef::Constant(value) => json!({ "kind": "constant", "value": value }),
        GlobalDef::Address(of) => json!({ "kind": "address", "address": address(of, |memory| id(memory)) }),
        GlobalDef::StackPointer => json!({ "kind": "stack-pointer" }),
        GlobalDef::Passed(ty) => json!({ "kind": "passed", "type": format!("{ty:?}") }),
    }
}
