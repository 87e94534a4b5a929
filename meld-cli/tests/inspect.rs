//! `meld inspect --json` prints for every stage what the schema says, and the page about it lists every stage.
//!
//! In: compositions that between them have every kind of entity. Out: a value for each stage, which the schema accepts; the
//! schema allows no field that it does not know. It refuses spoiled values.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn meld(args: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_meld")).args(args).current_dir(root()).output().expect("meld starts")
}

/// The stages, as the library lists them.
fn stages() -> Vec<&'static str> {
    meld_core::Stage::all().map(meld_core::Stage::name).collect()
}

fn inspect(stage: &str, args: &[&str]) -> Value {
    let output = meld(&[&["inspect", "--json", "--stage", stage], args].concat());
    assert!(output.status.success(), "{stage} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{stage} {args:?}: {error}"))
}

fn schema() -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(&read("docs/inspect.schema.json")).expect("the schema is JSON");
    jsonschema::validator_for(&schema).expect("the schema is one")
}

/// Compositions and options.
const INPUTS: &[&[&str]] = &[
    &["meld-cli/tests/cli/pair.wat"],
    &["examples/shout/greeter.wat", "examples/shout/shouter.wat"],
    &["examples/counters/counters.wat"],
    &["meld-core/tests/filetests/dfg/canon-of-builtin.wat"],
    &["meld-core/tests/filetests/dfg/resource-twice.wat"],
    &["meld-core/tests/filetests/dfg/builtins.wat"],
    &["--component", "meld-core/tests/filetests/plan/principal.wat"],
    &["--component", "meld-core/tests/filetests/component/threads.wat"],
    &["meld-core/tests/filetests/adapters/map.wat"],
    &["meld-core/tests/filetests/adapters/variant-in-memory.wat"],
    &["meld-core/tests/filetests/start/start-order.wat"],
    &["--memory", "shared", "--heap", "1MiB", "--isolate", "tests/wit_bindgen/fixtures/strings.wasm"],
    &[
        "--memory",
        "shared",
        "--heap",
        "1MiB",
        "--share-stack=64K",
        "--component",
        "examples/greeter/greeter-composed.wasm",
    ],
    &["--memory", "shared", "--pack=assume-heap-base", "tests/wit_bindgen/fixtures/station-arena.wasm"],
    &["meld-cli/tests/cli/open.wat", "meld-cli/tests/cli/inputs/older.wat"],
];

#[test]
fn every_stage_prints_what_the_schema_says() {
    let schema = schema();
    for stage in stages() {
        for args in INPUTS {
            let value = inspect(stage, args);
            assert_eq!((&value["version"], &value["stage"]), (&1.into(), &stage.into()), "{args:?}");
            let errors: Vec<String> = schema.iter_errors(&value).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{stage} {args:?}: {errors:?}");
        }
    }
}

/// A stage that printed nothing would satisfy the schema: each has something to say of one of the inputs.
#[test]
fn every_stage_prints_something() {
    for stage in stages() {
        let list_of = |value: &Value| {
            let lists = value.as_object().expect("an object").values().filter_map(Value::as_array);
            lists.map(Vec::len).sum::<usize>()
        };
        assert!(INPUTS.iter().any(|args| list_of(&inspect(stage, args)) > 0), "{stage}");
        let texts = INPUTS.iter().map(|args| meld(&[&["inspect", "--stage", stage], *args].concat()).stdout);
        assert!(texts.into_iter().any(|text| !text.is_empty()), "{stage}");
    }
}

/// Without this, the tests above show nothing.
#[test]
fn the_schema_can_fail() {
    let schema = schema();
    type Spoil = fn(&mut Value);
    let spoils: [(&str, Spoil); 10] = [
        ("link", |value| value["version"] = 2.into()),
        ("link", |value| value["links"] = serde_json::json!([{ "input": "a" }])),
        ("parse", |value| value["components"][0]["items"][0]["item"] = "thing".into()),
        ("dfg", |value| value["types"] = serde_json::json!([{ "id": "type0", "kind": "set" }])),
        ("plan", |value| value["trampolines"][0]["how"] = "magic".into()),
        ("adapters", |value| value["bodies"][0]["body"][0]["text"] = "nop".into()),
        ("layout", |value| value["stage"] = "late".into()),
        ("component", |value| value["components"][0]["items"][0]["item"] = "thing".into()),
        ("resources-dot", |value| value["dot"] = Value::Null),
        ("emit", |value| _ = value.as_object_mut().expect("an object").remove("bytes")),
    ];
    for (position, (stage, spoil)) in spoils.into_iter().enumerate() {
        let mut value = inspect(stage, INPUTS[1]);
        assert!(schema.is_valid(&value), "{stage}");
        spoil(&mut value);
        assert!(!schema.is_valid(&value), "spoil {position}");
    }
}

/// The table of stages in the page has a row for each, in order.
#[test]
fn the_page_lists_every_stage() {
    let page = read("docs/inspect.md");
    let table = page.split("## The JSON").next().expect("the table is in front");
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `")).filter_map(|row| row.split('`').next());
    assert_eq!(rows.collect::<Vec<_>>(), stages());
}

/// Other results of the fusion are written too.
#[test]
fn other_results_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let (report, print) = (folder.path().join("report.json"), folder.path().join("plan.txt"));
    let (report, print) = (report.to_str().unwrap(), print.to_str().unwrap());
    let output = meld(&["inspect", "meld-cli/tests/cli/pair.wat", "--report", report, "-o", print, "-v"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stderr).contains("calls between components"), "the report in words");
    assert!(std::fs::read_to_string(print).unwrap().contains("trampolines"));
    let report: Value = serde_json::from_str(&std::fs::read_to_string(report).unwrap()).unwrap();
    assert!(!report["boundaries"].as_array().expect("a list").is_empty());
}
