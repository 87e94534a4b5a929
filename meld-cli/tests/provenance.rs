//! A provenance is what its schema and its page say, and what it says is true.
//!
//! In: fixtures. Out: the hashes are those of the files and of the core modules in them, every body of the fused module is named once, and
//! what is said to be the original of a function is a body of the input with the same locals and the same instructions, but for those that fusion changes.

use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use wasmparser::{FunctionBody, Operator, Parser, Payload};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Fuses with these options; the result and its provenance. `None` if this cannot be one core module.
fn fuse(inputs: &[PathBuf], options: &[&str]) -> Option<(Vec<u8>, String)> {
    let folder = tempfile::tempdir().unwrap();
    let (module, provenance) = (folder.path().join("out.wasm"), folder.path().join("out.json"));
    let mut meld = Command::new(env!("CARGO_BIN_EXE_meld"));
    meld.arg("fuse").args(inputs).args(options).arg("-o").arg(&module).arg("--provenance").arg(&provenance);
    let output = meld.output().expect("meld starts");
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains("memory.grow"), "{inputs:?} {options:?}: {stderr}");
        return None;
    }
    Some((std::fs::read(&module).unwrap(), std::fs::read_to_string(&provenance).unwrap()))
}

/// A core module: where it is in a file, the contents of its code section, and its bodies, by offsets in the module.
struct CoreModule<'a> {
    bytes: &'a [u8],
    code: &'a [u8],
    imported: u64,
    bodies: BTreeMap<(u64, u64), FunctionBody<'a>>,
    provenance: Option<&'a [u8]>,
}

/// The core modules in a file, at any depth.
fn modules(file: &[u8]) -> Vec<CoreModule<'_>> {
    if Parser::is_core_wasm(file) {
        return vec![module(file)];
    }
    let mut found = Vec::new();
    for payload in Parser::new(0).parse_all(file) {
        if let Payload::ModuleSection { unchecked_range, .. } = payload.unwrap() {
            found.push(module(&file[unchecked_range.start as usize..unchecked_range.end as usize]));
        }
    }
    found
}

fn module(bytes: &[u8]) -> CoreModule<'_> {
    let mut module = CoreModule { bytes, code: &[], imported: 0, bodies: BTreeMap::new(), provenance: None };
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.unwrap() {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    use wasmparser::TypeRef::{Func, FuncExact};
                    module.imported += u64::from(matches!(import.unwrap().ty, Func(_) | FuncExact(_)));
                }
            }
            Payload::CodeSectionStart { unchecked_range: range, .. } => {
                module.code = &bytes[range.start as usize..range.end as usize];
            }
            Payload::CodeSectionEntry(body) => {
                module.bodies.insert((body.range().start, body.range().end), body);
            }
            Payload::CustomSection(section) if section.name() == "meld:provenance" => {
                module.provenance = Some(section.data());
            }
            _ => {}
        }
    }
    module
}

/// Numbers of locals, and of instructions: all, and those that may become fewer.
fn counts(body: &FunctionBody<'_>) -> (Vec<u32>, usize, usize) {
    let locals = body.get_locals_reader().unwrap().into_iter().map(|local| local.unwrap().0).collect();
    let operators: Vec<Operator<'_>> =
        body.get_operators_reader().unwrap().into_iter().map(|operator| operator.unwrap()).collect();
    let indirect = operators.iter().filter(|operator| matches!(operator, Operator::CallIndirect { .. })).count();
    (locals, operators.len(), indirect)
}

fn pair(value: &Value) -> (u64, u64) {
    (value[0].as_u64().unwrap(), value[1].as_u64().unwrap())
}

/// Checks what a provenance says; the number of functions with an original.
fn check(input: &[u8], output: &[u8], provenance: &Value, shared: bool) -> usize {
    assert_eq!(provenance["inputs"][0]["sha256"], sha256(input));
    assert_eq!(provenance["inputs"][0]["bytes"], input.len());
    let inputs = modules(input);
    let originals: BTreeMap<&str, &CoreModule<'_>> = provenance["modules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            let found = inputs.iter().find(|module| entry["sha256"] == sha256(module.bytes));
            let found = found.unwrap_or_else(|| panic!("{entry} is not in the input"));
            assert_eq!(entry["bytes"], found.bytes.len());
            (entry["instance"].as_str().unwrap(), found)
        })
        .collect();
    let outputs = modules(output);
    let fused: Vec<_> = outputs.iter().filter(|module| provenance["code_sha256"] == sha256(module.code)).collect();
    assert_eq!(fused.len(), 1, "one module has this code");
    let functions = provenance["functions"].as_array().unwrap();
    assert_eq!(functions.len(), fused[0].bodies.len());
    let mut compared = 0;
    for ((position, function), (range, body)) in (0..).zip(functions).zip(&fused[0].bodies) {
        assert_eq!(function["index"], fused[0].imported + position, "{function}");
        assert_eq!(pair(&function["code"]), *range, "{function}");
        let Some(original) = function.get("original") else { continue };
        let module = originals[function["instance"].as_str().unwrap()];
        let was = module.bodies.get(&pair(&original["code"])).unwrap_or_else(|| panic!("{function}: no such body"));
        let place = module.bodies.keys().position(|range| *range == pair(&original["code"])).unwrap() as u64;
        assert_eq!(original["index"], module.imported + place, "{function}");
        let ((locals, is, _), (old_locals, old, indirect)) = (counts(body), counts(was));
        // A call through a constant table becomes direct, without the constant. In one memory, checks and bases are added.
        assert!(old <= is + indirect && (shared || is <= old), "{function}: {old} instructions became {is}");
        assert!(shared || locals == old_locals, "{function}: {old_locals:?} became {locals:?}");
        compared += 1;
    }
    // Who is called for a boundary is an adapter, a guest, or an import.
    let all = fused[0].imported + functions.len() as u64;
    for boundary in provenance["boundaries"].as_array().unwrap() {
        let target = boundary.get("target").map(|target| target.as_u64().unwrap());
        assert_eq!(target.is_none(), boundary["lowering"] == "dead", "{boundary}");
        assert!(target.is_none_or(|target| target < all), "{boundary}");
        if let Some(target) = target.filter(|_| boundary["adapter_bytes"] != 0) {
            assert_eq!(functions[(target - fused[0].imported) as usize]["kind"], "adapter", "{boundary}");
        }
    }
    compared
}

fn validator() -> jsonschema::Validator {
    let text = std::fs::read_to_string(root().join("docs/provenance.schema.json")).unwrap();
    jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).expect("the schema is one")
}

#[test]
fn what_it_says_of_fixtures_is_true() {
    let mut files: Vec<PathBuf> = std::fs::read_dir(root().join("tests/wit_bindgen/fixtures"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|file| file.extension().is_some_and(|extension| extension == "wasm"))
        .collect();
    files.sort();
    let (mut fused, mut compared) = (0, 0);
    let one = ["--memory", "shared", "--address-rebase", "--heap", "*=1MiB"];
    for file in files.iter().step_by(5) {
        for options in [&[][..], &["--component", "--embed-provenance"], &one] {
            let Some((output, text)) = fuse(std::slice::from_ref(file), options) else { continue };
            let provenance: Value = serde_json::from_str(&text).unwrap();
            let errors: Vec<String> = validator().iter_errors(&provenance).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{} {options:?}: {errors:?}", file.display());
            compared += check(&std::fs::read(file).unwrap(), &output, &provenance, options.len() > 2);
            let embedded: Vec<&[u8]> = modules(&output).iter().filter_map(|module| module.provenance).collect();
            let expected: &[&[u8]] = if options.len() == 2 { &[text.as_bytes()] } else { &[] };
            assert_eq!(embedded, expected, "{} {options:?}", file.display());
            fused += 1;
        }
    }
    assert!(fused > 30 && compared > 1000, "{fused} fusions, {compared} functions");
}

#[test]
fn it_is_the_same_each_time_and_of_the_text_that_was_given() {
    let inputs = ["greeter", "shouter"].map(|name| root().join(format!("examples/shout/{name}.wat")));
    let (module, provenance) = fuse(&inputs, &[]).unwrap();
    assert_eq!(fuse(&inputs, &[]).unwrap(), (module, provenance.clone()));
    assert!(!provenance.contains("examples"), "it names no path: {provenance}");
    let provenance: Value = serde_json::from_str(&provenance).unwrap();
    assert!(validator().is_valid(&provenance));
    for (position, input) in inputs.iter().enumerate() {
        assert_eq!(provenance["inputs"][position]["sha256"], sha256(&std::fs::read(input).unwrap()));
    }
    let kinds =
        |kind: &str| provenance["functions"].as_array().unwrap().iter().any(|function| function["kind"] == kind);
    assert!(kinds("guest") && kinds("adapter") && kinds("runtime"), "{provenance}");
    type Spoil = fn(&mut Value);
    let spoils: [Spoil; 5] = [
        |value| value["version"] = 2.into(),
        |value| value["inputs"][0]["sha256"] = "0".into(),
        |value| value["functions"][0]["code"] = serde_json::json!([1]),
        |value| value["functions"][0]["kind"] = "host".into(),
        |value| {
            let functions = value["functions"].as_array_mut().unwrap().iter_mut();
            let mut guests = functions.filter(|function| function["kind"] == "guest");
            guests.next().unwrap().as_object_mut().unwrap().remove("original").unwrap();
        },
    ];
    for (position, spoil) in spoils.into_iter().enumerate() {
        let mut bad = provenance.clone();
        spoil(&mut bad);
        assert!(!validator().is_valid(&bad), "spoil {position}");
    }
}
