//! The wrapper has exactly the world it is asked for.
//!
//! `worlds/*` are worlds: component types in text, or WIT packages. For each world in a file, a stub of a
//! fused module is made ([`stub`]) that imports and exports what the world needs, wrapped, and the result's
//! component type is compared with the world, by the validator, in both directions.

mod flatten;
mod stub;

use std::path::Path;
use wasmparser::component_types::{ComponentAnyTypeId, ComponentEntityType, ComponentTypeId, SubtypeCx};
use wasmparser::types::Types;
use wasmparser::{Validator, WasmFeatures};

#[test]
fn worlds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wrap/worlds");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "no worlds in {}", folder.display());
    let mut failures = Vec::new();
    for file in &files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = match file.extension().and_then(|e| e.to_str()) {
            Some("wat") => wat::parse_file(file).unwrap_or_else(|e| panic!("{name}: {e}")),
            Some("wit") => package(file),
            other => panic!("{name}: worlds are .wat or .wit, not {other:?}"),
        };
        for (world, failure) in check(&bytes) {
            failures.push(format!("{name}: {world}: {failure}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// A WIT package in the binary format: a component that exports a component type per world.
fn package(file: &Path) -> Vec<u8> {
    let mut resolve = wit_parser::Resolve::default();
    let (package, _) = resolve.push_path(file).unwrap_or_else(|e| panic!("{}: {e:?}", file.display()));
    wit_component::encode(&resolve, package).unwrap()
}

/// Checks every world in a file; returns what went wrong.
fn check(bytes: &[u8]) -> Vec<(String, String)> {
    let mut failures = Vec::new();
    let worlds = worlds_of(&validator().validate_all(bytes).unwrap()).len();
    assert!(worlds > 0, "no world in the file");
    for world in 0..worlds {
        let mut validator = validator();
        let types = validator.validate_all(bytes).unwrap();
        let (name, id) = worlds_of(&types).remove(world);
        let stub = stub::Stub::new(types, id);
        let wrapped = match meld_core::component_wrap::wrap(&stub.dfg, &stub.interface, &stub.core) {
            Ok(wrapped) => wrapped,
            Err(error) => {
                failures.push((name, chain(&error)));
                continue;
            }
        };
        validator.reset();
        let mut outer = wasm_encoder::ComponentBuilder::default();
        outer.component_raw(None, &wrapped);
        let outer = validator.validate_all(&outer.finish()).unwrap();
        let result = outer.as_ref().component_at(0);
        for (from, to, direction) in [(result, id, "result is the world"), (id, result, "world is the result")] {
            let mut subtype = SubtypeCx::new_with_refs(outer.as_ref(), outer.as_ref());
            if let Err(error) = subtype.component_type(from, to, 0) {
                let text = wasmprinter::print_bytes(&wrapped).unwrap();
                failures.push((name.clone(), format!("{direction}: {error:#}\n{text}")));
            }
        }
        let names = |items: &wasmparser::collections::IndexMap<String, wasmparser::component_types::ComponentItem>| {
            let name = |(name, item): (&String, &wasmparser::component_types::ComponentItem)| {
                format!("{name} {:?} {:?} {:?}", item.implements, item.version_suffix, item.external_id)
            };
            items.iter().map(name).collect::<Vec<_>>()
        };
        // The order and the annotations, which subtyping does not look at.
        let (result, world) = (&outer[result], &outer[id]);
        if names(&result.imports) != names(&world.imports) || names(&result.exports) != names(&world.exports) {
            failures.push((name, "imports or exports have another order or other annotations".into()));
        }
    }
    failures
}

/// Component types among the types of a component, at any depth of component types that only export.
fn worlds_of(types: &Types) -> Vec<(String, ComponentTypeId)> {
    let types = types.as_ref();
    let mut worlds = Vec::new();
    for index in 0..types.component_type_count() {
        if let ComponentAnyTypeId::Component(id) = types.component_any_type_at(index) {
            let inner = &types[id].exports;
            let packaged = inner.values().find_map(|item| match item.ty {
                ComponentEntityType::Component(id) => Some(id),
                _ => None,
            });
            let id = packaged.unwrap_or(id);
            if !worlds.iter().any(|(_, known)| *known == id) {
                worlds.push((format!("type {index}"), id));
            }
        }
    }
    worlds
}

fn validator() -> Validator {
    Validator::new_with_features(WasmFeatures::all())
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(&format!(": {error}"));
        source = error.source();
    }
    text
}
