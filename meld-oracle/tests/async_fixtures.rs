//! The asynchronous fixtures, those of the manifest with `async = true`: each runs as it is and after
//! `meld fuse --component`, under a time limit.
//!
//! Each is also fused into one memory, in which the memories of its guests are windows, and runs so: `--test async_fixtures one-memory`.
//! `tests/wit_bindgen/not-one-memory.txt` lists those that are refused there. Every other one runs in every other mode; with
//! `MELD_ONE_MEMORY_ALL=1` all do in all modes.
//!
//! In: the manifest and the composed fixtures. A guest traps where a check fails; two need a host, see `hosted`. A deadlock is a failure of its own, and
//! the harness is tested on components that have one. Out: a table, also written to `target/async_fixtures.md`, and with
//! `BLESS=1` to `docs/wit-bindgen-async.md`: whether the result behaves as the input, and how much of it is fused. A fixture
//! that is in the manifest and not on disk, or on disk and not in the manifest, is a failure; so is a manifest with fewer
//! of them than there have ever been. Each fixture is a test of its own: `--test async_fixtures fixture/chain` runs one. A run with a filter
//! writes no table.

#[path = "async_fixtures/hosted.rs"]
mod hosted;

use libtest_mimic::{Arguments, Failed, Trial};
use meld_core::options::Protection;
use meld_core::{Fuser, Options};
use meld_oracle::concurrent::{Fault, run};
use meld_oracle::differential::shared;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

/// How many asynchronous fixtures there are. It only grows.
const FIXTURES: usize = 31;

/// Seconds that the code of one fixture may run.
const LIMIT_SECONDS: u64 = 60;

/// Calls between components of all fixtures that are fused, and those that are kept. Who changes the fuser changes these.
const CROSSINGS: (usize, usize) = (201, 4);

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

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let names = listed();
    let rows: Arc<Mutex<BTreeMap<String, Row>>> = Arc::default();
    let mut trials = vec![
        Trial::test("manifest", manifest),
        Trial::test("harness/what_ends_passes", what_ends_passes),
        Trial::test("harness/a_deadlock_is_told", a_deadlock_is_told),
        Trial::test("harness/a_slow_run_is_told", a_slow_run_is_told),
        Trial::test("harness/a_trap_is_told", a_trap_is_told),
        Trial::test("harness/a_component_without_run_is_told", a_component_without_run_is_told),
    ];
    for name in &names {
        let (name, rows) = (name.clone(), rows.clone());
        trials.push(Trial::test(format!("fixture/{name}"), move || {
            let row = fixture(&name)?;
            rows.lock().map_err(|error| error.to_string())?.insert(name, row);
            Ok(())
        }));
    }
    for (at, name) in names.iter().cloned().enumerate() {
        trials.push(Trial::test(format!("one-memory/{name}"), move || one_memory(&name, at)));
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    // A table of some fixtures would not be the page, and their calls not all calls.
    if !arguments.list && conclusion.num_filtered_out == 0 {
        let rows = rows.lock().expect("no thread panicked with it");
        let (fused, kept) = rows.values().fold((0, 0), |(fused, kept), row| (fused + row.fused, kept + row.kept));
        write_table(&names, &rows, (fused, kept));
        if (fused, kept) != CROSSINGS && rows.len() == names.len() {
            eprintln!("{:?} calls are fused and kept; `CROSSINGS` says {CROSSINGS:?}", (fused, kept));
            return ExitCode::FAILURE;
        }
    }
    conclusion.exit_code()
}

fn manifest() -> Result<(), Failed> {
    let listed = listed();
    assert_eq!(listed, on_disk(), "the manifest and the folder differ");
    assert!(listed.len() >= FIXTURES, "there were {FIXTURES} fixtures, now there are {}", listed.len());
    Ok(())
}

/// What the table says of a fixture.
struct Row {
    /// Bytes of the input.
    input: usize,
    /// Bytes of the result.
    component: usize,
    /// Calls between components that are fused.
    fused: usize,
    /// Those that are kept.
    kept: usize,
    /// Component instances with core code, before and after, where these are known.
    instances: [Option<usize>; 2],
}

/// Runs a fixture as it is and after fusion.
fn fixture(name: &str) -> Result<Row, Failed> {
    let input = std::fs::read(root().join(FOLDER).join(format!("{name}.wasm")))?;
    let mut fuser = meld_core::Fuser::new();
    fuser.input(name, &input);
    let fused = fuser.fuse_component().map_err(|error| format!("it is refused: {}", chain(&error)))?;
    for (form, component) in [("original", &input), ("accepted", &fused.bytes)] {
        let outcome = hosted::run(name, component, LIMIT_SECONDS);
        outcome
            .unwrap_or_else(|| run(component, LIMIT_SECONDS).map_err(|fault| fault.to_string()))
            .map_err(|why| format!("{form}: {why}"))?;
    }
    let fusion = &fused.report.fusion;
    Ok(Row {
        input: input.len(),
        component: fused.bytes.len(),
        fused: fusion.fused_crossings,
        kept: fusion.kept_crossings.ok_or("it is not instantiated statically")?,
        instances: [fusion.instances_before, fusion.instances_after],
    })
}

/// Bytes by which a memory may grow, and room for records of tasks: enough for every fixture.
const HEAP: u64 = 1 << 22;
const TASKS: u32 = 4096;

/// The ways in which a fixture is fused into one memory: with windows that are checked, and so that no window begins at address 0 but that of a guest whose
/// pointers the host keeps.
fn one_memory_modes() -> [(&'static str, Options); 2] {
    let mut checked = shared(HEAP);
    checked.shared().protection = Protection::Isolated;
    let mut moved = shared(HEAP);
    moved.shared().low_reserve = 64;
    [("checked", checked), ("moved", moved)].map(|(mode, mut options)| {
        options.shared().tasks = Some(TASKS);
        (mode, options)
    })
}

/// Fuses a fixture, the one at that place of all, into one memory, and runs it. What is refused is in the list, with its reason.
fn one_memory(name: &str, at: usize) -> Result<(), Failed> {
    let input = std::fs::read(root().join(FOLDER).join(format!("{name}.wasm")))?;
    let list = std::fs::read_to_string(root().join("tests/wit_bindgen/not-one-memory.txt"))?;
    let mut reasons = list.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(": "));
    let all = std::env::var_os("MELD_ONE_MEMORY_ALL").is_some();
    for (number, (mode, options)) in one_memory_modes().into_iter().enumerate() {
        if !all && at % 2 != number {
            continue;
        }
        let mut fuser = Fuser::with_options(options);
        let fused = fuser.input(name, &input).fuse_component();
        let listed = reasons.clone().find(|(what, _)| *what == format!("{name} {mode}"));
        match (fused, listed) {
            (Err(error), Some((_, why))) if chain(&error).contains(why) => {}
            (Err(error), _) => return Err(format!("{mode}: it is refused: {}", chain(&error)).into()),
            (Ok(_), Some(_)) => return Err(format!("{mode}: it is fused, and listed as one that is not").into()),
            (Ok(fused), None) => {
                let outcome = hosted::run(name, &fused.bytes, LIMIT_SECONDS);
                outcome
                    .unwrap_or_else(|| run(&fused.bytes, LIMIT_SECONDS).map_err(|fault| fault.to_string()))
                    .map_err(|why| format!("{mode}: {why}"))?;
            }
        }
    }
    match reasons.find(|(what, _)| what.split_once(' ').is_none_or(|(name, _)| !listed().contains(name))) {
        Some((what, _)) => Err(format!("the list has `{what}`, which is no fixture").into()),
        None => Ok(()),
    }
}

/// Writes the table of all fixtures.
fn write_table(names: &BTreeSet<String>, rows: &BTreeMap<String, Row>, (fused, kept): (usize, usize)) {
    let mut table = String::from(
        "| fixture | input | component | fused | kept | instances | | original | accepted |\n\
         |---|--:|--:|--:|--:|--:|--:|---|---|\n",
    );
    for name in names {
        let _ = match rows.get(name) {
            Some(Row { input, component, fused, kept, instances }) => {
                let [before, after] = instances.map(|count| count.map_or("?".to_owned(), |count| count.to_string()));
                writeln!(table, "| {name} | {input} | {component} | {fused} | {kept} | {before} | {after} | ok | ok |")
            }
            None => writeln!(table, "| {name} | | | | | | | failed | |"),
        };
    }
    let _ = writeln!(table, "\n{} fixtures; {fused} calls fused, {kept} kept.", names.len());
    println!("{table}");
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../async_fixtures.md");
    std::fs::write(target, &table).expect("the target folder is writable");
    if std::env::var_os("BLESS").is_some() {
        let page = root().join("docs/wit-bindgen-async.md");
        std::fs::write(page, format!("{HEAD}{table}{}", as_core_modules(names.len()))).expect("the docs are writable");
    }
}

/// What the page says of core output. The list is tested where core modules run.
fn as_core_modules(fixtures: usize) -> String {
    let list = std::fs::read_to_string(root().join("tests/wit_bindgen/not-core.txt")).expect("the list is there");
    let listed: Vec<(&str, &str)> =
        list.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' ')).collect();
    let hostless = listed.iter().filter(|(_, why)| why.starts_with("the host has no")).count();
    let mut text = format!(
        "
## As one core module

{} of the {fixtures} become one core module without `--component`, too, with the tasks of all their instances inside. {} of these run to their end

| in | under | shown by |
|---|---|---|
| wasmtime | the component that `wit-component` makes of it | `--test async_parts` |
| Node | the host in JavaScript, `examples/hosts/async/js` | `examples/hosts/run.sh` |
| wasmi | the host in Rust, `examples/hosts/async/rust` | `cargo test -p async-host` |

These do not; where a host has no function, the fixture is a core module that asks for one of WASI (`tests/wit_bindgen/not-core.txt`):

| fixture | why |
|---|---|
",
        fixtures - listed.len() + hostless,
        fixtures - listed.len()
    );
    for (name, why) in listed {
        let _ = writeln!(text, "| {name} | {why} |");
    }
    text
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

fn what_ends_passes() -> Result<(), Failed> {
    assert_eq!(run(&component("(call $return) (i32.const 0)", "unreachable"), 2), Ok(()));
    assert_eq!(run(&component(YIELD, &format!("(call $return) {EXIT}")), 2), Ok(()));
    Ok(())
}

fn a_deadlock_is_told() -> Result<(), Failed> {
    assert_eq!(run(&component(WAIT, "unreachable"), 2), Err(Fault::Deadlock));
    // Also after the result is there.
    assert_eq!(run(&component(&format!("(call $return) {WAIT}"), "unreachable"), 1), Err(Fault::Deadlock));
    Ok(())
}

fn a_slow_run_is_told() -> Result<(), Failed> {
    assert_eq!(run(&component("(loop (br 0)) unreachable", "unreachable"), 1), Err(Fault::Slow));
    assert_eq!(run(&component(YIELD, YIELD), 1), Err(Fault::Slow));
    Ok(())
}

fn a_trap_is_told() -> Result<(), Failed> {
    for trapping in [component("unreachable", "unreachable"), component(YIELD, "unreachable")] {
        assert!(matches!(run(&trapping, 2), Err(Fault::Trap(text)) if text.contains("unreachable")));
    }
    Ok(())
}

fn a_component_without_run_is_told() -> Result<(), Failed> {
    assert!(matches!(run(b"(component)", 1), Err(Fault::Unfit(_))));
    Ok(())
}
