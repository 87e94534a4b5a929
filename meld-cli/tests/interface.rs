//! The interface description is what its schema and its page say, and it agrees with the module.

use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use wasmparser::{ExternalKind, Parser, Payload, TypeRef};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Fuses with these options; the module, and the description of it.
fn fuse(inputs: &[PathBuf], options: &[&str]) -> Option<(Vec<u8>, Value)> {
    let folder = tempfile::tempdir().unwrap();
    let (module, interface) = (folder.path().join("out.wasm"), folder.path().join("out.json"));
    let mut meld = Command::new(env!("CARGO_BIN_EXE_meld"));
    meld.arg("fuse").args(inputs).args(options).arg("-o").arg(&module).arg("--interface").arg(&interface);
    let output = meld.output().expect("meld starts");
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        // The one thing that a fixture may not have in one memory.
        assert!(stderr.contains("memory.grow"), "{inputs:?} {options:?}: {stderr}");
        return None;
    }
    let text = std::fs::read_to_string(&interface).unwrap();
    Some((std::fs::read(&module).unwrap(), serde_json::from_str(&text).unwrap()))
}

fn fixtures() -> Vec<PathBuf> {
    let folder = root().join("tests/wit_bindgen/fixtures");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "wasm"));
    files.sort();
    assert!(files.len() > 70);
    files
}

#[test]
fn fixtures_have_the_schema_and_agree_with_their_modules() {
    let schema: Value =
        serde_json::from_str(&std::fs::read_to_string(root().join("docs/interface.schema.json")).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    for file in fixtures() {
        for options in [&[][..], &["--memory", "shared", "--address-rebase", "--heap", "*=1MiB"]] {
            let Some((module, interface)) = fuse(std::slice::from_ref(&file), options) else { continue };
            let name = file.display();
            let errors: Vec<String> = validator.iter_errors(&interface).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{name} {options:?}: {errors:?}");
            agrees(&module, &interface).unwrap_or_else(|e| panic!("{name} {options:?}: {e}"));
        }
    }
}

/// The schema refuses what is no description: without that, the test above shows nothing.
#[test]
fn the_schema_can_fail() {
    let schema: Value =
        serde_json::from_str(&std::fs::read_to_string(root().join("docs/interface.schema.json")).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let (_, good) = fuse(&[root().join("examples/shout/greeter.wat"), root().join("examples/shout/shouter.wat")], &[])
        .expect("the example fuses");
    assert!(validator.is_valid(&good));
    type Spoil = fn(&mut Value);
    let spoils: [Spoil; 6] = [
        |value| value["version"] = 2.into(),
        |value| value["exports"][0]["params"][0]["type"] = "text".into(),
        |value| value["exports"][0]["encoding"] = "ascii".into(),
        |value| value["exports"][0]["core"]["params"][0] = "v128".into(),
        |value| value["memories"][0]["address"] = "u32".into(),
        |value| value["types"] = serde_json::json!([{ "kind": "record", "size": 4, "align": 4 }]),
    ];
    for (position, spoil) in spoils.into_iter().enumerate() {
        let mut bad = good.clone();
        spoil(&mut bad);
        assert!(!validator.is_valid(&bad), "spoil {position}");
    }
}

/// Every function import of the module is described, in order; every export that is described is there; and the number of
/// an import is that of its memory and of its `realloc`.
fn agrees(module: &[u8], interface: &Value) -> Result<(), String> {
    let (mut imports, mut exports) = (Vec::new(), BTreeSet::new());
    for payload in Parser::new(0).parse_all(module) {
        match payload.unwrap() {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.unwrap();
                    assert!(matches!(import.ty, TypeRef::Func(_)));
                    imports.push((import.module.to_owned(), import.name.to_owned()));
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.unwrap();
                    if !matches!(export.kind, ExternalKind::Table) {
                        exports.insert(export.name.to_owned());
                    }
                }
            }
            _ => {}
        }
    }
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let described: Vec<_> = interface["imports"]
        .as_array()
        .unwrap()
        .iter()
        .map(|import| (text(&import["module"]).unwrap(), text(&import["field"]).unwrap()))
        .collect();
    if described != imports {
        return Err(format!("imports are {imports:?}, described as {described:?}"));
    }
    let number = |name: &str| name.split_once('$').map_or(String::new(), |(_, number)| number.to_owned());
    let mut mentioned = BTreeSet::new();
    for item in interface["imports"].as_array().unwrap().iter().chain(interface["exports"].as_array().unwrap()) {
        let (memory, realloc) = (text(&item["memory"]), text(&item["realloc"]));
        mentioned.extend(memory.clone());
        mentioned.extend(realloc.clone());
        mentioned.extend(text(&item["post_return"]));
        if let (Some(memory), Some(realloc)) = (&memory, &realloc)
            && interface["memories"].as_array().unwrap().len() > 1
            && number(memory) != number(realloc)
        {
            return Err(format!("`{memory}` goes with `{realloc}`"));
        }
        let is_import = item.get("module").is_some();
        if let (true, Some(memory), Some(field)) = (is_import, &memory, text(&item["field"]))
            && interface["memories"].as_array().unwrap().len() > 1
            && number(&field).split('$').next() != number(memory).split('$').next()
        {
            return Err(format!("`{field}` goes with `{memory}`"));
        }
        if !is_import {
            mentioned.extend(text(&item["field"]));
        }
    }
    for memory in interface["memories"].as_array().unwrap() {
        mentioned.extend(text(&memory["name"]));
    }
    mentioned.extend(text(&interface["initialize"]));
    match mentioned.difference(&exports).next() {
        None => Ok(()),
        Some(missing) => Err(format!("`{missing}` is described and not exported")),
    }
}

/// The custom section holds the same text.
#[test]
fn embedded() {
    let inputs = [root().join("examples/shout/greeter.wat"), root().join("examples/shout/shouter.wat")];
    let (module, interface) = fuse(&inputs, &["--embed-interface"]).expect("the example fuses");
    let embedded = Parser::new(0).parse_all(&module).find_map(|payload| match payload.unwrap() {
        Payload::CustomSection(section) if section.name() == "meld:interface" => Some(section.data().to_vec()),
        _ => None,
    });
    let embedded: Value = serde_json::from_slice(&embedded.expect("the section is there")).unwrap();
    assert_eq!(embedded, interface);
}
