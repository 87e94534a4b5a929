//! The interface description is what its schema and its page say, and it agrees with the module. So does the header in C, of which a compiler has no
//! warning.

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
    meld.arg("--header").arg(folder.path().join("m.host.h"));
    let output = meld.output().expect("meld starts");
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        // The one thing that a fixture may not have in one memory.
        assert!(stderr.contains("memory.grow"), "{inputs:?} {options:?}: {stderr}");
        return None;
    }
    compile(folder.path());
    let text = std::fs::read_to_string(&interface).unwrap();
    Some((std::fs::read(&module).unwrap(), serde_json::from_str(&text).unwrap()))
}

/// Has a compiler of C check `m.host.h`, in which are also assertions about the layout of every type. `.ci/native` compiles such headers with what
/// wasm2c writes and calls through them; here is a stand-in for that.
fn compile(folder: &Path) {
    let header = std::fs::read_to_string(folder.join("m.host.h")).unwrap();
    let words = header.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let names: BTreeSet<&str> = words.filter(|word| word.starts_with("w2c_")).collect();
    let memories: BTreeSet<&str> =
        header.split(")->data").filter_map(|text| text.rsplit_once("return ")).map(|(_, of)| of).collect();
    let mut stub = "typedef struct w2c_m { int nothing; } w2c_m;\ntypedef struct { uint8_t *data; uint64_t size; } wasm_rt_memory_t;\n".to_owned();
    stub.push_str("void wasm2c_m_instantiate();\n");
    for name in names.into_iter().filter(|name| *name != "w2c_m") {
        if header.contains(&format!("struct {name} *")) {
            stub.push_str(&format!("struct {name};\n"));
        } else if memories.contains(&*format!("{name}(module")) {
            stub.push_str(&format!("wasm_rt_memory_t *{name}();\n"));
        } else if header.contains(&format!("{name}(module")) {
            stub.push_str(&format!("uint64_t {name}();\n"));
        }
    }
    std::fs::write(folder.join("m.h"), stub).unwrap();
    let host = "#include \"m.host.h\"\n#define M_HOST_IMPLEMENTATION\n#include \"m.host.h\"\n";
    std::fs::write(folder.join("host.c"), host).unwrap();
    let mut cc = Command::new("cc");
    cc.args(["-std=gnu11", "-Wall", "-Werror", "-fsyntax-only", "host.c"]).current_dir(folder);
    let output = cc.output().expect("a C compiler, which is a linker of Rust's, too");
    assert!(output.status.success(), "{}\n{header}", String::from_utf8_lossy(&output.stderr));
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
    for (number, file) in fixtures().into_iter().enumerate() {
        let mut options = vec!["--memory", "shared", "--address-rebase", "--heap", "*=1MiB"];
        if number % 2 == 0 {
            options.extend(["--target", "synth"]);
        }
        for options in [&[][..], &options] {
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
    // That in brackets is the number of a type.
    let number = |name: &str| {
        let name = name.rsplit_once(']').map_or(name, |(_, name)| name);
        name.split_once('$').map_or(String::new(), |(_, number)| number.to_owned())
    };
    let mut mentioned = BTreeSet::new();
    for item in interface["imports"].as_array().unwrap().iter().chain(interface["exports"].as_array().unwrap()) {
        let (memory, realloc) = (text(&item["memory"]), text(&item["realloc"]));
        mentioned.extend(memory.clone());
        mentioned.extend(realloc.clone());
        mentioned.extend(text(&item["post_return"]));
        mentioned.extend(text(&item["callback"]));
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

/// An instance that uses tasks: its functions and built-ins are described with their types and options.
#[test]
fn tasks() {
    let text = r#"
        (component
          (import "sink" (func $sink async (param "numbers" (stream u16))))
          (type $numbers (stream u16))
          (type $texts (stream string))
          (core module $memory (memory (export "memory") 1))
          (core instance $memory (instantiate $memory))
          (alias core export $memory "memory" (core memory $mem))
          (core func $sink (canon lower (func $sink) async))
          (core func $get (canon context.get i32 1))
          (core func $new (canon stream.new $numbers))
          (core func $write (canon stream.write $texts async (memory (core memory $mem)) string-encoding=utf16))
          (core func $cancel (canon subtask.cancel async))
          (core func $return (canon task.return (result u32)))
          (core module $m
            (import "" "sink" (func $sink (param i32) (result i32)))
            (import "" "get" (func $get (result i32)))
            (import "" "new" (func $new (result i64)))
            (import "" "write" (func $write (param i32 i32 i32) (result i32)))
            (import "" "cancel" (func $cancel (param i32) (result i32)))
            (import "" "return" (func $return (param i32)))
            (func (export "run") (result i32)
              (drop (call $sink (i32.wrap_i64 (call $new))))
              (drop (call $cancel (call $write (call $get) (i32.const 0) (i32.const 1))))
              (call $return (i32.const 1))
              (i32.const 0))
            (func (export "callback") (param i32 i32 i32) (result i32) (i32.const 0)))
          (core instance $i (instantiate $m (with "" (instance
            (export "sink" (func $sink)) (export "get" (func $get)) (export "new" (func $new)) (export "write" (func $write))
            (export "cancel" (func $cancel)) (export "return" (func $return))))))
          (func (export "run") async (result u32)
            (canon lift (core func $i "run") async (callback (core func $i "callback")))))
    "#;
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("tasks.wat");
    std::fs::write(&input, text).unwrap();
    let (module, interface) = fuse(&[input], &[]).expect("it fuses");
    let schema: Value =
        serde_json::from_str(&std::fs::read_to_string(root().join("docs/interface.schema.json")).unwrap()).unwrap();
    let errors: Vec<String> =
        jsonschema::validator_for(&schema).unwrap().iter_errors(&interface).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    agrees(&module, &interface).unwrap();
    let import = |module: &str, field: &str| {
        let imports = interface["imports"].as_array().unwrap();
        let found = imports.iter().find(|import| import["module"] == module && import["field"] == field);
        found.unwrap_or_else(|| panic!("{module} {field}: {imports:#?}"))
    };
    let sink = import("$root", "[async-lower]sink");
    assert_eq!((&sink["async"], &sink["async_option"]), (&true.into(), &true.into()));
    assert_eq!(import("$root", "[context-get-1]")["slot"], 1);
    let new = import("$root", "[stream-new-0]sink");
    assert_eq!((&new["kind"], &new["name"]), (&"builtin".into(), &"stream.new".into()));
    assert_eq!(new["type"], sink["params"][0]["type"]);
    let write = import("$root", "[async-lower][stream-write-$0]");
    assert_eq!((&write["encoding"], &write["memory"]), (&"utf16".into(), &"memory".into()));
    assert_eq!(import("$root", "[async-lower][subtask-cancel]")["async_option"], true);
    assert_eq!(import("[export]$root", "[task-return]run")["type"], "u32");
    let run = &interface["exports"][0];
    assert_eq!(run["field"], "[async-lift]run");
    assert_eq!(run["callback"], "[callback][async-lift]run");
    assert_eq!(run["core"]["results"], serde_json::json!(["i32"]));
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
