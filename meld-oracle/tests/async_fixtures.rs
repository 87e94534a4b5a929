//! The asynchronous fixtures, those of the manifest with `async = true`: each runs as it is and after
//! `meld fuse --component`, under a time limit.
//!
//! In: the manifest and the composed fixtures. A guest traps where a check fails; two need a host, see `hosted`. A deadlock is a failure of its own, and
//! the harness is tested on components that have one. Out: a table, also written to `target/async_fixtures.md`, and with
//! `BLESS=1` to `docs/wit-bindgen-async.md`: whether the result behaves as the input, and how much of it is fused. A fixture
//! that is in the manifest and not on disk, or on disk and not in the manifest, is a failure; so is a manifest with fewer
//! of them than there have ever been.

#[path = "async_fixtures/hosted.rs"]
mod hosted;

use meld_oracle::concurrent::{Fault, run};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// How many asynchronous fixtures there are. It only grows.
const FIXTURES: usize = 28;

/// Seconds that the code of one fixture may run.
const LIMIT_SECONDS: u64 = 60;

/// Calls between components of all fixtures that are fused, and those that are kept. Who changes the fuser changes these.
const CROSSINGS: (usize, usize) = (128, 59);

/// The text above the table in the docs.
const HEAD: &str = "\
# The asynchronous fixtures

Every fixture of `tests/wit_bindgen` that has asynchronous functions, run as it is (*original*) and after `meld fuse --component`
(*accepted*), by wasmtime under a time limit. *Fused* and *kept* count calls between components: calls inside one core module, and
calls that the host carries out as before. *Instances* are component instances with core code, before and after. Sizes are bytes.

    cargo test --ignore-rust-version --workspace --test async_fixtures -- --nocapture

With `BLESS=1` in the environment it writes this page.

";

/// The folder of the outputs, as the manifest names it.
const FOLDER: &str = "tests/wit_bindgen/fixtures/async";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Names of the asynchronous fixtures in the manifest.
fn listed() -> BTreeSet<String> {
    let path = root().join("tests/wit_bindgen/fixtures/manifest.toml");
    let text = std::fs::read_to_string(path).expect("the manifest is in the repository");
    // A fixture's own table comes before that of its outputs.
    let mut asynchronous = false;
    let mut names = BTreeSet::new();
    for line in text.lines() {
        if line.starts_with('[') && !line.ends_with(".outputs]") {
            asynchronous = false;
        }
        asynchronous |= line == "async = true";
        if asynchronous && line.starts_with('"') {
            let output = line.split('"').nth(1).expect("a quoted key");
            let name = output.strip_prefix(FOLDER).and_then(|rest| rest.strip_prefix('/')?.strip_suffix(".wasm"));
            names.insert(name.unwrap_or_else(|| panic!("{output} is not in {FOLDER}")).to_owned());
        }
    }
    names
}

fn on_disk() -> BTreeSet<String> {
    let entries = std::fs::read_dir(root().join(FOLDER)).expect("the fixtures are in the repository");
    let paths = entries.map(|entry| entry.expect("a readable folder").path());
    let wasm = paths.filter(|path| path.extension().is_some_and(|e| e == "wasm"));
    wasm.map(|path| path.file_stem().expect("a file has a name").to_string_lossy().into_owned()).collect()
}

#[test]
fn every_asynchronous_fixture() {
    let listed = listed();
    assert_eq!(listed, on_disk(), "the manifest and the folder differ");
    assert!(listed.len() >= FIXTURES, "there were {FIXTURES} fixtures, now there are {}", listed.len());

    let mut table = String::from(
        "| fixture | input | component | fused | kept | instances | | original | accepted |\n\
         |---|--:|--:|--:|--:|--:|--:|---|---|\n",
    );
    let (mut failures, mut crossings) = (Vec::new(), (0, 0));
    for name in &listed {
        let input = std::fs::read(root().join(FOLDER).join(format!("{name}.wasm"))).expect("it is on disk");
        let mut fuser = meld_core::Fuser::new();
        fuser.input(name.as_str(), &input);
        let fused = match fuser.fuse_component() {
            Ok(fused) => fused,
            Err(error) => {
                failures.push(format!("{name} is refused: {}", chain(&error)));
                let _ = writeln!(table, "| {name} | {} | | | | | | | refused |", input.len());
                continue;
            }
        };
        let mut outcome = |form: &str, component: &[u8]| {
            let outcome = hosted::run(name, component, LIMIT_SECONDS);
            match outcome.unwrap_or_else(|| run(component, LIMIT_SECONDS).map_err(|fault| fault.to_string())) {
                Ok(()) => "ok",
                Err(why) => {
                    failures.push(format!("{name}, {form}: {why}"));
                    "failed"
                }
            }
        };
        let (original, accepted) = (outcome("original", &input), outcome("accepted", &fused.bytes));
        let fusion = &fused.report.fusion;
        let kept = fusion.kept_crossings.unwrap_or_else(|| panic!("{name} is not instantiated statically"));
        crossings = (crossings.0 + fusion.fused_crossings, crossings.1 + kept);
        let [before, after] = [fusion.instances_before, fusion.instances_after].map(|count| match count {
            Some(count) => count.to_string(),
            None => "?".to_owned(),
        });
        let _ = writeln!(
            table,
            "| {name} | {} | {} | {} | {kept} | {before} | {after} | {original} | {accepted} |",
            input.len(),
            fused.bytes.len(),
            fusion.fused_crossings,
        );
    }
    let (fused, kept) = crossings;
    let _ = writeln!(table, "\n{} fixtures; {fused} calls fused, {kept} kept.", listed.len());
    println!("{table}");
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../async_fixtures.md");
    std::fs::write(target, &table).expect("the target folder is writable");
    if std::env::var_os("BLESS").is_some() {
        let page = root().join("docs/wit-bindgen-async.md");
        std::fs::write(page, format!("{HEAD}{table}")).expect("the docs are writable");
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(crossings, CROSSINGS, "calls fused and kept");
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text += &format!(": {error}");
        source = error.source();
    }
    text
}

/// A component whose `run` begins with `start`, and whose callback is `callback`.
fn component(start: &str, callback: &str) -> Vec<u8> {
    let text = format!(
        r#"
        (component
          (core func $set-new (canon waitable-set.new))
          (core func $return (canon task.return))
          (core module $m
            (import "" "waitable-set.new" (func $set-new (result i32)))
            (import "" "task.return" (func $return))
            (func (export "run") (result i32) {start})
            (func (export "callback") (param i32 i32 i32) (result i32) {callback}))
          (core instance $i (instantiate $m (with "" (instance
            (export "waitable-set.new" (func $set-new))
            (export "task.return" (func $return))))))
          (type $run (func async))
          (func (export "run") (type $run)
            (canon lift (core func $i "run") async (callback (core func $i "callback")))))
        "#
    );
    wat::parse_str(text).expect("the test's text is a component")
}

/// Waits for a set of which nothing is a member.
const WAIT: &str = "(i32.or (i32.const 2) (i32.shl (call $set-new) (i32.const 4)))";
const YIELD: &str = "(i32.const 1)";
const EXIT: &str = "(i32.const 0)";

#[test]
fn what_ends_passes() {
    assert_eq!(run(&component("(call $return) (i32.const 0)", "unreachable"), 2), Ok(()));
    assert_eq!(run(&component(YIELD, &format!("(call $return) {EXIT}")), 2), Ok(()));
}

#[test]
fn a_deadlock_is_told() {
    assert_eq!(run(&component(WAIT, "unreachable"), 2), Err(Fault::Deadlock));
    // Also after the result is there.
    assert_eq!(run(&component(&format!("(call $return) {WAIT}"), "unreachable"), 1), Err(Fault::Deadlock));
}

#[test]
fn a_slow_run_is_told() {
    assert_eq!(run(&component("(loop (br 0)) unreachable", "unreachable"), 1), Err(Fault::Slow));
    assert_eq!(run(&component(YIELD, YIELD), 1), Err(Fault::Slow));
}

#[test]
fn a_trap_is_told() {
    for trapping in [component("unreachable", "unreachable"), component(YIELD, "unreachable")] {
        assert!(matches!(run(&trapping, 2), Err(Fault::Trap(text)) if text.contains("unreachable")));
    }
}

#[test]
fn a_component_without_run_is_told() {
    assert!(matches!(run(b"(component)", 1), Err(Fault::Unfit(_))));
}
