//! Checks in print: what is put into bodies when they are written.
//!
//! In: the module after the last pass. Out: for each live function with insertions: instructions at its beginning, locals,
//! and instructions in front of an offset in its body.

use super::values::{self, id, val_types};
use crate::adapter::{InstNames, inst_text};
use crate::error::MergeError;
use crate::ids::{DataId, FuncId, GlobalId, Id, MemoryId};
use crate::module::{FuncDef, Op};
use crate::passes::{After, Inserter};
use serde_json::{Value, json};
use std::fmt::Write;

/// The text and the JSON.
pub(super) fn print(after: &After<'_, '_>) -> Result<(String, Value), MergeError> {
    let module = after.module;
    let mut inserter = Inserter::new(module);
    let (mut text, mut functions) = (String::new(), Vec::new());
    for (func, definition) in module.funcs.iter() {
        let is_live = after.marks.is_none_or(|live| live.funcs[func.index()]);
        let has_body = matches!(definition.def, FuncDef::Guest { .. } | FuncDef::Synth(_));
        if !is_live || !has_body || module.canonical(func) != func {
            continue;
        }
        let insertions = inserter.insertions(func)?;
        if insertions.entry.is_empty() && insertions.before.is_empty() {
            continue;
        }
        let types = |types: &[wasm_encoder::ValType]| match val_types(types) {
            Value::Array(types) => types.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
            _ => String::new(),
        };
        let mut line = |depth: usize, line: &str| {
            writeln!(text, "{:1$}{line}", "", depth * 2).expect("a string takes whatever is written to it");
        };
        line(0, &format!("{func} {}", module.func_name(func)));
        if !insertions.front.is_empty() {
            line(1, &format!("local {} in front", types(&insertions.front)));
        }
        if !insertions.locals.is_empty() {
            line(1, &format!("local {}", types(&insertions.locals)));
        }
        let before = insertions.before.iter().map(|(at, ops)| (format!("+{at}"), ops));
        let entry = (!insertions.entry.is_empty()).then(|| ("entry".to_owned(), &insertions.entry));
        for (at, ops) in entry.into_iter().chain(before) {
            line(1, &at);
            ops.iter().for_each(|op| line(2, &op_text(op)));
        }
        let json_ops = |ops: &[Op]| ops.iter().map(op_json).collect::<Value>();
        let before = insertions.before.iter().map(|(at, ops)| json!({ "at": at, "ops": json_ops(ops) }));
        functions.push(json!({
            "id": id(func),
            "name": module.func_name(func).to_string(),
            "front": val_types(&insertions.front),
            "locals": val_types(&insertions.locals),
            "entry": json_ops(&insertions.entry),
            "before": before.collect::<Value>(),
        }));
    }
    Ok((text, json!({ "functions": functions })))
}

fn op_text(op: &Op) -> String {
    let names = InstNames {
        func: &FuncId::to_string,
        global: &GlobalId::to_string,
        memory: &MemoryId::to_string,
        data: &DataId::to_string,
    };
    inst_text(op, &names)
}

fn op_json(op: &Op) -> Value {
    values::inst(op, &InstNames { func: &|of| id(of), global: &|of| id(of), memory: &|of| id(of), data: &|of| id(of) })
}
