//! Values that several stages have in their JSON.
//!
//! In: ids, definitions and instructions. Out: JSON. An id is a string, as the text form prints it.

use crate::abi::Pointer;
use crate::adapter::{InstNames, mnemonic, plain};
use crate::core_interface::CoreOptions;
use crate::dfg::{ComponentDfg, ComponentFunc, CoreDef, CoreItem, CoreKind, ImportPath, StringEncoding};
use crate::synth::{Address, Inst};
use serde_json::{Value, json};
use std::fmt::Display;
use wasm_encoder::ValType;

/// Removes fields that are null, at any depth: a field that does not apply is absent.
pub(super) fn without_null(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(without_null);
        }
        Value::Array(items) => items.iter_mut().for_each(without_null),
        _ => {}
    }
}

/// An id.
pub(super) fn id(id: impl Display) -> Value {
    Value::String(id.to_string())
}

/// Ids.
pub(super) fn ids<T: Display>(all: impl IntoIterator<Item = T>) -> Value {
    all.into_iter().map(id).collect()
}

/// The name of an index space of core items.
pub(super) fn core_kind(kind: CoreKind) -> &'static str {
    match kind {
        CoreKind::Func => "func",
        CoreKind::Table => "table",
        CoreKind::Memory => "memory",
        CoreKind::Global => "global",
        CoreKind::Tag => "tag",
    }
}

/// An item of a core instance.
pub(super) fn core_item(item: &CoreItem) -> Value {
    json!({ "instance": id(item.instance), "kind": core_kind(item.kind), "index": item.index })
}

/// A core definition: an item, or what a canonical built-in makes.
pub(super) fn core_def(def: &CoreDef) -> Value {
    match def {
        CoreDef::Item(item) => core_item(item),
        CoreDef::Trampoline(trampoline) => json!({ "trampoline": id(trampoline) }),
    }
}

/// A component function.
pub(super) fn component_func(func: &ComponentFunc) -> Value {
    match func {
        ComponentFunc::Import(import) => id(import),
        ComponentFunc::Lift(lift) => id(lift),
    }
}

/// The names from an import of the root to an item in it.
pub(super) fn import_path(dfg: &ComponentDfg<'_>, path: &ImportPath) -> Value {
    let root = dfg.world.imports.get(path.import).map(|import| import.name.as_str());
    root.into_iter().chain(path.exports.iter().map(String::as_str)).collect()
}

/// A string encoding.
pub(super) fn encoding(encoding: StringEncoding) -> &'static str {
    match encoding {
        StringEncoding::Utf8 => "utf8",
        StringEncoding::Utf16 => "utf16",
        StringEncoding::CompactUtf16 => "latin1+utf16",
    }
}

/// The core type of a pointer or a slot.
pub(super) fn width(width: Pointer) -> &'static str {
    match width {
        Pointer::W32 => "i32",
        Pointer::W64 => "i64",
    }
}

/// Core value types.
pub(super) fn val_types(types: &[ValType]) -> Value {
    types.iter().map(|ty| format!("{ty:?}").to_lowercase()).collect()
}

/// Canonical options, as names of core exports.
pub(super) fn core_options(options: &CoreOptions) -> Value {
    json!({
        "encoding": encoding(options.encoding),
        "memory": options.memory,
        "realloc": options.realloc,
        "post_return": options.post_return,
    })
}

/// An address that depends on the layout.
pub(super) fn address<M>(address: &Address<M>, memory: impl Fn(&M) -> Value) -> Value {
    match address {
        Address::WindowBase(of) => json!({ "kind": "window-base", "memory": memory(of) }),
        Address::WindowStart(of) => json!({ "kind": "window-start", "memory": memory(of) }),
        Address::ArenaBase(of) => json!({ "kind": "arena-base", "memory": memory(of) }),
        Address::ArenaEnd(of) => json!({ "kind": "arena-end", "memory": memory(of) }),
        Address::StackLimit(of) => json!({ "kind": "stack-limit", "memory": memory(of) }),
        Address::StackTop(of) => json!({ "kind": "stack-top", "memory": memory(of) }),
    }
}

/// An instruction: its name with constants, locals and labels, and what it refers to.
pub(super) fn inst<F, G, M, D>(inst: &Inst<F, G, M, D>, names: &InstNames<'_, F, G, M, D, Value>) -> Value {
    let InstNames { func, global, memory, data } = names;
    match inst {
        Inst::Plain(inst) => json!({ "op": plain(inst) }),
        Inst::Call(of) => json!({ "op": "call", "func": func(of) }),
        Inst::RefFunc(of) => json!({ "op": "ref.func", "func": func(of) }),
        Inst::GlobalGet(of) => json!({ "op": "global.get", "global": global(of) }),
        Inst::GlobalSet(of) => json!({ "op": "global.set", "global": global(of) }),
        Inst::Access { op, memory: of, offset, align } => json!({
            "op": mnemonic(&format!("{op:?}")),
            "memory": memory(of),
            "offset": offset,
            "align": 1u64 << align,
        }),
        Inst::MemorySize(of) => json!({ "op": "memory.size", "memory": memory(of) }),
        Inst::OwnSize(of) => json!({ "op": "memory.size", "memory": memory(of), "own": true }),
        Inst::Address(of) => json!({ "op": "address", "address": address(of, memory) }),
        Inst::MemoryCopy { dst, src } => json!({ "op": "memory.copy", "memory": memory(dst), "source": memory(src) }),
        Inst::MemoryFill(of) => json!({ "op": "memory.fill", "memory": memory(of) }),
        Inst::MemoryInit { memory: of, data: segment } => {
            json!({ "op": "memory.init", "memory": memory(of), "data": data(segment) })
        }
    }
}
