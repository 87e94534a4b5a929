//! The written core module in print.
//!
//! In: the emitted module. Out: its sections, its imports and exports with their canonical options, and what liveness left
//! out. The module itself is the output of `meld fuse`.

use super::sections::{SectionSize, sections};
use super::values::{core_options, encoding, val_types};
use crate::core_interface::CoreOptions;
use crate::emit::Emitted;
use crate::error::MergeError;
use serde_json::{Value, json};
use std::fmt::Write;

/// The text and the JSON.
pub(super) fn print(emitted: &Emitted) -> Result<(String, Value), MergeError> {
    let mut text = format!("module: {} bytes, {} functions\n", emitted.bytes.len(), emitted.functions);
    let mut line = |line: String| writeln!(text, "{line}").expect("a string takes whatever is written to it");
    let sections = sections(&emitted.bytes).map_err(|error| MergeError::Invalid(error.into()))?;
    for section in &sections {
        line(section.to_string());
    }
    let interface = &emitted.interface;
    let types = |types: &[_]| match val_types(types) {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
        _ => String::new(),
    };
    let mut imports = Vec::new();
    for import in interface.imports.values() {
        let signature = format!("({}) -> ({})", types(&import.params), types(&import.results));
        line(format!("import `{}` `{}`: {signature}{}", import.module, import.field, options_text(&import.options)));
        imports.push(json!({
            "module": import.module,
            "field": import.field,
            "params": val_types(&import.params),
            "results": val_types(&import.results),
            "options": core_options(&import.options),
        }));
    }
    let mut exports = Vec::new();
    for export in &interface.exports {
        line(format!("export `{}`: {}{}", export.field, export.path.join(" "), options_text(&export.options)));
        exports.push(json!({ "path": export.path, "field": export.field, "options": core_options(&export.options) }));
    }
    for name in interface.dtors.values() {
        line(format!("destructor `{name}`"));
    }
    if let Some(init) = &interface.init {
        line(format!("call `{init}` first"));
    }
    for storage in &emitted.storages {
        line(format!("storage `{}`: {} bytes", storage.name, storage.bytes.len()));
    }
    let gc = &emitted.gc;
    line(format!("{} functions left out, {} folded", gc.dropped_functions, gc.folded_functions));
    line(format!("{} tables left out", gc.devirtualized_tables));
    let made = json!({
        "bytes": emitted.bytes.len(),
        "functions": emitted.functions,
        "sections": sections.iter().map(SectionSize::json).collect::<Value>(),
        "imports": imports,
        "exports": exports,
        "destructors": interface.dtors.values().collect::<Vec<_>>(),
        "initialize": interface.init,
        "dropped_functions": gc.dropped_functions,
        "folded_functions": gc.folded_functions,
        "devirtualized_tables": gc.devirtualized_tables,
    });
    Ok((text, made))
}

fn options_text(options: &CoreOptions) -> String {
    let named = [("memory", &options.memory), ("realloc", &options.realloc), ("post-return", &options.post_return)];
    let named = named.iter().filter_map(|(name, value)| Some(format!(" {name}=`{}`", value.as_ref()?)));
    let encoding = options.memory.as_ref().map(|_| format!(" {}", encoding(options.encoding)));
    named.chain(encoding).collect()
}
