//! Adapters in JSON.
//!
//! In: what the adapter stage wrote. Out: the function behind each trampoline, the imports and exports of the module, and
//! every synthesized body, an object for each instruction. [`crate::adapter::print_adapted`] is the text.

use super::values::{self, core_item, core_options, id, val_types};
use crate::adapter::{Adapted, InstNames};
use crate::synth::{FuncRef, GlobalRef, Inst, MemoryRef};
use serde_json::{Value, json};
use std::convert::Infallible;

pub(super) fn json(adapted: &Adapted) -> Value {
    let (interface, exported) = (&adapted.interface, &adapted.exports);
    let func = |func| func_ref(adapted, func);
    let trampolines = adapted.trampolines.iter().map(|(own, to)| json!({ "id": id(own), "func": func(*to) }));
    let runtime = adapted.runtime.iter().map(|(own, of)| json!({ "id": id(own), "kind": format!("{:?}", of.kind) }));
    let imports = interface.imports.values().map(|import| {
        json!({
            "module": import.module,
            "field": import.field,
            "params": val_types(&import.params),
            "results": val_types(&import.results),
            "options": core_options(&import.options),
        })
    });
    let exports = interface.exports.iter().map(|export| {
        json!({
            "path": export.path,
            "field": export.field,
            "func": func(exported.funcs[&export.field]),
            "options": core_options(&export.options),
        })
    });
    let memories =
        exported.memories.iter().map(|(name, memory)| json!({ "field": name, "memory": memory_ref(*memory) }));
    let tables =
        exported.tables.iter().map(|(name, table)| json!({ "field": name, "table": values::core_item(table) }));
    let funcs = exported.options.iter().map(|(name, of)| json!({ "field": name, "func": func(*of) }));
    let dtors = interface
        .dtors
        .iter()
        .map(|(resource, name)| json!({ "field": name, "func": func(exported.funcs[name]), "resource": id(resource) }));
    let addresses = exported
        .addresses
        .iter()
        .map(|(name, of)| json!({ "field": name, "address": values::address(of, |memory| memory_ref(*memory)) }));
    let starts = adapted.starts.iter().map(|(instance, of)| json!({ "instance": id(instance), "func": func(*of) }));
    let bodies = adapted.synths.iter().map(|(own, of)| {
        json!({
            "id": id(own),
            "name": of.name,
            "params": val_types(&of.params),
            "results": val_types(&of.results),
            "locals": val_types(&of.locals),
            "unsupported": of.unsupported,
            "body": of.body.iter().map(|one| inst(adapted, one)).collect::<Value>(),
        })
    });
    json!({
        "trampolines": trampolines.collect::<Value>(),
        "runtime": runtime.collect::<Value>(),
        "imports": imports.collect::<Value>(),
        "exports": exports.collect::<Value>(),
        "memories": memories.collect::<Value>(),
        "tables": tables.collect::<Value>(),
        "functions": funcs.collect::<Value>(),
        "destructors": dtors.collect::<Value>(),
        "addresses": addresses.collect::<Value>(),
        "starts": starts.collect::<Value>(),
        "bodies": bodies.collect::<Value>(),
    })
}

fn func_ref(adapted: &Adapted, func: FuncRef) -> Value {
    match func {
        FuncRef::Core(item) => core_item(&item),
        FuncRef::Trampoline(trampoline) => json!({ "trampoline": id(trampoline) }),
        FuncRef::Synth(synth) => json!({ "body": id(synth) }),
        FuncRef::Runtime(instance, name) => json!({ "runtime": id(instance), "name": name }),
        FuncRef::Host(import) => match adapted.interface.imports.get(&import) {
            Some(import) => json!({ "module": import.module, "field": import.field }),
            None => json!({ "import": format!("{import:?}") }),
        },
        FuncRef::Trap(class) => json!({ "trap": class.name() }),
    }
}

fn memory_ref(memory: MemoryRef) -> Value {
    match memory {
        MemoryRef::Core(item) => core_item(&item),
        MemoryRef::Runtime(instance) => json!({ "runtime": id(instance) }),
    }
}

fn global(global: &GlobalRef) -> Value {
    let slot = |name, instance, slot: &u32| json!({ "global": name, "instance": id(instance), "slot": slot });
    match global {
        GlobalRef::MayLeave(instance) => json!({ "global": "may-leave", "instance": id(instance) }),
        GlobalRef::Context(instance, number, _) => slot("context", instance, number),
        GlobalRef::LeftContext(instance, number, _) => slot("left-context", instance, number),
        GlobalRef::Backpressure(instance) => json!({ "global": "backpressure", "instance": id(instance) }),
        GlobalRef::SuppressDtor => json!({ "global": "suppress-destructor" }),
        GlobalRef::Returned => json!({ "global": "returned" }),
        GlobalRef::WrongPointer => json!({ "global": "wrong-pointer" }),
        GlobalRef::BorrowScope => json!({ "global": "borrow-scope" }),
        GlobalRef::Extension(number) => json!({ "global": "extension", "number": number }),
    }
}

/// An instruction of an adapter.
fn inst(adapted: &Adapted, inst: &Inst) -> Value {
    let names = InstNames {
        func: &|func: &FuncRef| func_ref(adapted, *func),
        global: &global,
        memory: &|memory: &MemoryRef| memory_ref(*memory),
        data: &|data: &Infallible| match *data {},
    };
    values::inst(inst, &names)
}
