//! Links in print.
//!
//! In: what came of linking. Out: the inputs in the order in which the root instantiates them, each import with the export that
//! it is linked to, the imports and exports of the root, and notes.

use crate::error::LinkError;
use crate::link::Linked;
use crate::link::input::{Extern, externs};
use serde_json::{Value, json};
use std::fmt::Write;
use wasmparser::Validator;

/// The text and the JSON.
pub(super) fn print(linked: &Linked<'_>) -> Result<(String, Value), LinkError> {
    let mut validator = Validator::new_with_features(crate::input::features());
    let name = || match linked.inputs.as_slice() {
        [input] => input.clone(),
        _ => "root".to_owned(),
    };
    let root = externs(&mut validator, &linked.root);
    let root = root.map_err(|source| LinkError::Input { input: name(), source })?;
    let root = root.ok_or_else(|| LinkError::CoreModule { input: name() })?;
    let inputs_are = if linked.apart.is_empty() { "nested" } else { "imported" };
    let mut text = format!("root: {} bytes\n", linked.root.len());
    let mut line = |line: String| writeln!(text, "  {line}").expect("a string takes whatever is written to it");
    for input in &linked.inputs {
        line(format!("input {input:?}"));
    }
    for link in &linked.links {
        line(format!("link {:?} of {:?} = {:?} of {:?}", link.import, link.input, link.export, link.provider));
    }
    let names = |externs: &[Extern]| externs.iter().map(|item| item.name.clone()).collect::<Vec<_>>();
    // A root that imports its inputs does so in front of everything else.
    let imports = names(root.imports.get(linked.apart.len()..).unwrap_or_default());
    let exports = names(&root.exports);
    for import in &imports {
        line(format!("import {import:?}"));
    }
    for export in &exports {
        line(format!("export {export:?}"));
    }
    let notes: Vec<String> = linked.notes.iter().map(ToString::to_string).collect();
    for note in &notes {
        line(format!("note: {note}"));
    }
    let links = linked.links.iter().map(
        |link| json!({ "input": link.input, "import": link.import, "provider": link.provider, "export": link.export }),
    );
    let made = json!({
        "bytes": linked.root.len(),
        "inputs": linked.inputs,
        "inputs_are": inputs_are,
        "links": links.collect::<Value>(),
        "imports": imports,
        "exports": exports,
        "notes": notes,
    });
    Ok((text, made))
}
