//! The components of each composed fixture, linked and fused, behave as the linked component does.

use meld_core::Input;
use meld_core::error::LinkError;
use meld_core::options::LinkOverride;
use meld_core::unstable::link;
use meld_oracle::differential::Fusion;
use std::borrow::Cow;
use std::path::Path;
use wasmparser::{Parser, Payload};

#[test]
fn fixtures() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/wit_bindgen/fixtures");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let (mut compared, mut failures) = (0, Vec::new());
    for file in files.iter().filter(|file| file.extension().is_some_and(|e| e == "wasm")) {
        let stem = file.file_stem().unwrap().to_string_lossy();
        let composition = std::fs::read(file).unwrap();
        let parts = parts(&composition);
        if parts.len() < 2 {
            continue;
        }
        let input = |(index, bytes)| Input::new(format!("part-{index}"), Cow::Borrowed(bytes));
        let inputs: Vec<Input<'_>> = parts.into_iter().enumerate().map(input).collect();
        let root = linked(&inputs).unwrap_or_else(|e| panic!("{stem}: {e}"));
        match Fusion::new(&root).and_then(|fusion| fusion.compare(7, 2)) {
            Ok(runs) => compared += usize::from(runs),
            Err(why) => failures.push(format!("{stem}: {why}")),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(compared > 0, "nothing in {} runs", folder.display());
}

/// The inputs, linked. Where several export what one imports, they are a chain, the last one first: in a
/// composition, providers come before their importers.
fn linked<'i>(inputs: &'i [Input<'_>]) -> Result<Cow<'i, [u8]>, LinkError> {
    let mut links = Vec::new();
    loop {
        match link::link(inputs, &links).map(|linked| linked.root) {
            Err(LinkError::Ambiguous { import, .. }) => {
                let exporters = inputs.iter().rev().filter(|input| exports(&input.bytes).contains(&import.as_str()));
                let link = |input: &Input<'_>| LinkOverride {
                    import: import.clone(),
                    input: input.name.clone(),
                    export: None,
                };
                links.extend(exporters.map(link));
            }
            done => return done,
        }
    }
}

/// Names of a component's exports.
fn exports(component: &[u8]) -> Vec<&str> {
    let (mut names, mut depth) = (Vec::new(), 0);
    for payload in Parser::new(0).parse_all(component) {
        match payload.unwrap() {
            Payload::ComponentSection { .. } | Payload::ModuleSection { .. } => depth += 1,
            Payload::End(_) if depth > 0 => depth -= 1,
            Payload::ComponentExportSection(section) if depth == 0 => {
                names.extend(section.into_iter().map(|export| export.unwrap().name.name));
            }
            _ => {}
        }
    }
    names
}

/// The components that stand in a component, without those inside them.
fn parts(component: &[u8]) -> Vec<&[u8]> {
    let (mut parts, mut depth) = (Vec::new(), 0);
    for payload in Parser::new(0).parse_all(component) {
        match payload.unwrap() {
            Payload::ComponentSection { unchecked_range, .. } => {
                if depth == 0 {
                    parts.push(&component[unchecked_range.start as usize..unchecked_range.end as usize]);
                }
                depth += 1;
            }
            Payload::ModuleSection { .. } => depth += 1,
            Payload::End(_) if depth > 0 => depth -= 1,
            _ => {}
        }
    }
    parts
}
