//! The regression run: every fixture under `tests/wit_bindgen/fixtures`, in every output mode.
//!
//! In: the manifest and the composed fixtures. Each is run as it is and must not trap: a guest traps where a
//! check fails. Its fused forms must then do the same, call for call of the host. Out: a table, also written
//! to `target/wit_bindgen.md`, and with `BLESS=1` to `docs/wit-bindgen.md`. A fixture that is in the manifest and not on disk, or on disk and not in the
//! manifest, is a failure; so is a manifest with fewer fixtures than there have ever been. Each fixture is a test of its own:
//! `--test wit_bindgen fixture/strings` runs one. A run with a filter writes no table.

use libtest_mimic::{Arguments, Trial};
use meld_core::Fused;
use meld_core::options::{RegionAlignment, StackSize};
use meld_core::report::Lowering;
use meld_oracle::decoy::with_decoy;
use meld_oracle::differential::{Form, Fusion, in_domains, shared};
use meld_oracle::generate::Random;
use meld_oracle::host::ExportFunc;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use wasmparser::{Validator, WasmFeatures};

/// How many fixtures there are. It only grows.
const FIXTURES: usize = 78;

/// The text above the table in the docs.
const HEAD: &str = "\
# The regression run

Every fixture of `tests/wit_bindgen`, run as it is and fused, as a core module and as a component, by wasmtime:
same results, same traps, same calls to the host. [Asynchronous fixtures](wit-bindgen-async.md) have a page of their own. Sizes are bytes; *adapters* counts functions between
two components or between a component and the host; *direct*, *copied*, *handles* and *host* count boundaries by how they are lowered.
*One memory* is the core module that `--memory shared --heap '*=1MiB'` makes, and the columns after it its runs; it is also
validated without multi-memory. The fixtures that export `run` are run once more with `--share-stack=64KiB`. Those that are entered by an interface of
WASI are only fused with it: a host that makes up its answers lets a guest have it write below its own stack, which traps on one
stack ([ADR 31](adr/0031-what-one-stack-rests-on.md)). `wasi.rs` runs the command on one stack under a real host.

    cargo test --ignore-rust-version --workspace --test wit_bindgen -- --nocapture

With `BLESS=1` in the environment it writes this page.

";

/// Any seed will do: no fixture depends on what the host answers.
const SEED: u64 = 73;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/wit_bindgen/fixtures")
}

/// Names of the fixtures in the manifest: its outputs in the folder. `async_fixtures.rs` runs those with `async = true`.
fn listed() -> BTreeSet<String> {
    let text = std::fs::read_to_string(folder().join("manifest.toml")).expect("the manifest is in the repository");
    let mut names = BTreeSet::new();
    // Tables of one fixture stand together, and its own comes before that of its outputs.
    let mut asynchronous = false;
    for line in text.lines() {
        if line.starts_with('[') && !line.ends_with(".outputs]") {
            asynchronous = false;
        }
        asynchronous |= line == "async = true";
        let output = line.strip_prefix("\"tests/wit_bindgen/fixtures/").and_then(|rest| rest.split('"').next());
        if let (false, Some(file)) = (asynchronous, output.and_then(|file| file.strip_suffix(".wasm"))) {
            names.insert(file.to_owned());
        }
    }
    names
}

fn on_disk() -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder()).expect("the fixtures are in the repository");
    let paths = entries.map(|entry| entry.expect("a readable folder").path());
    let wasm = paths.filter(|path| path.extension().is_some_and(|e| e == "wasm"));
    wasm.map(|path| path.file_stem().expect("a file has a name").to_string_lossy().into_owned()).collect()
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let names = listed();
    let rows = Arc::new(Mutex::new(BTreeMap::new()));
    let mut trials = vec![Trial::test("manifest", || {
        let listed = listed();
        assert_eq!(listed, on_disk(), "the manifest and the folder differ");
        assert!(listed.len() >= FIXTURES, "there were {FIXTURES} fixtures, now there are {}", listed.len());
        Ok(())
    })];
    for name in &names {
        let (name, rows) = (name.clone(), rows.clone());
        trials.push(Trial::test(format!("fixture/{name}"), move || {
            let row = run(&name)?;
            rows.lock().map_err(|error| error.to_string())?.insert(name, row);
            Ok(())
        }));
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    // A table of some fixtures would not be the page.
    if !arguments.list && conclusion.num_filtered_out == 0 {
        let rows = rows.lock().expect("no thread panicked with it");
        write_table(&names, &rows);
    }
    conclusion.exit_code()
}

/// Writes the table of all fixtures.
fn write_table(names: &BTreeSet<String>, rows: &BTreeMap<String, String>) {
    let mut table = String::from(
        "| fixture | input | core | component | adapters | direct | copied | handles | host | original | core | component | one memory | core | component |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|--:|---|---|---|--:|---|---|\n",
    );
    for name in names {
        match rows.get(name) {
            Some(row) => table.push_str(row),
            None => table.push_str(&format!("| {name} | | | | | | | | | failed | | | | | |\n")),
        }
    }
    table.push_str(&format!("\n{} of {} fixtures pass in every mode.\n", rows.len(), names.len()));
    println!("{table}");
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../wit_bindgen.md");
    std::fs::write(target, &table).expect("the target folder is writable");
    if std::env::var_os("BLESS").is_some() {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/wit-bindgen.md");
        std::fs::write(page, format!("{HEAD}{table}")).expect("the docs are writable");
    }
}

/// The export of a runner.
const RUN: &str = "run";

/// Bytes by which each memory may grow where all are windows of one: what the guests' allocators ask for is less.
const HEAP: u64 = 1 << 20;

/// Bytes of the one stack of all guests.
const STACK: u64 = 64 << 10;

/// How a fixture is entered.
#[derive(Debug, PartialEq, Eq)]
enum Entry {
    /// By the function `run`, which checks everything and traps where something is wrong.
    Run,
    /// By an interface of WASI, as a command or a service is. Here the forms are compared under a host that makes
    /// up its answers; `wasi.rs` runs them under a real one.
    Wasi(String),
}

impl Entry {
    /// What the exports say: a fixture has one or the other.
    fn of(exports: &[ExportFunc]) -> Result<Entry, String> {
        let paths: Vec<&[String]> = exports.iter().map(|export| &export.path[..]).collect();
        if paths.contains(&&[RUN.to_owned()][..]) {
            return Ok(Entry::Run);
        }
        let wasi = paths.iter().find_map(|path| match path {
            [interface, _] if interface.starts_with("wasi:") => Some(interface.clone()),
            _ => None,
        });
        wasi.map(Entry::Wasi).ok_or_else(|| format!("it exports neither `{RUN}` nor an interface of WASI: {paths:?}"))
    }
}

/// Runs one fixture in every mode and returns its row.
fn run(name: &str) -> Result<String, String> {
    let input = std::fs::read(folder().join(format!("{name}.wasm"))).map_err(|e| e.to_string())?;
    let fusion = Fusion::new(&input)?;
    runs_in_every_form(&fusion)?;
    let windows = in_one_memory(&input).map_err(|why| format!("in one memory: {why}"))?;
    // No window of the fixture at address 0.
    in_one_memory(&with_decoy(&input)?).map_err(|why| format!("in one memory, beside another: {why}"))?;
    with_one_stack(&input).map_err(|why| format!("with one stack: {why}"))?;
    in_two_domains(name, &input).map_err(|why| format!("in domains: {why}"))?;
    Ok(row(name, input.len(), fusion.fused(), windows.fused()))
}

fn in_one_memory(input: &[u8]) -> Result<Fusion, String> {
    let fusion = Fusion::with(input, &shared(HEAP))?;
    runs_in_every_form(&fusion)?;
    valid_without_multi_memory(&fusion.fused().core)?;
    Ok(fusion)
}

/// In domains that its name chooses: a sixth of the fixtures, or with `MELD_DOMAINS_ALL=1` all.
fn in_two_domains(name: &str, input: &[u8]) -> Result<(), String> {
    let seed = name.bytes().map(u64::from).sum::<u64>();
    if !seed.is_multiple_of(6) && std::env::var_os("MELD_DOMAINS_ALL").is_none() {
        return Ok(());
    }
    let mut options = in_domains(input, &shared(HEAP), &mut Random::named(seed, "domains", 0))?;
    if seed.is_multiple_of(4) {
        options.shared().alignment = RegionAlignment::PowerOfTwo;
    }
    runs_in_every_form(&Fusion::with(input, &options)?)
}

/// All guests on one stack, which is checked where it is not proved to be enough.
fn with_one_stack(input: &[u8]) -> Result<(), String> {
    let mut options = shared(HEAP);
    options.shared().common().stack = Some(StackSize::Bytes(STACK));
    let fusion = Fusion::with(input, &options)?;
    // A host that makes up its answers contradicts itself, and lets a guest have it write below its own stack, where nothing of
    // the guest is: this traps on one stack. `wasi.rs` runs a command on one stack under a host that does not.
    let entry = Entry::of(fusion.start(Form::Input, SEED).map_err(|why| format!("{why:?}"))?.exports())?;
    if matches!(entry, Entry::Wasi(_)) {
        return Ok(());
    }
    runs_in_every_form(&fusion)
}

/// Whether a module has one memory and needs no engine that knows of more.
fn valid_without_multi_memory(core: &[u8]) -> Result<(), String> {
    let features = WasmFeatures::all() - WasmFeatures::MULTI_MEMORY;
    Validator::new_with_features(features).validate_all(core).map(|_| ()).map_err(|why| why.to_string())
}

/// Enters every form of a fusion and compares them.
fn runs_in_every_form(fusion: &Fusion) -> Result<(), String> {
    let mut entries = Vec::new();
    for form in [Form::Input, Form::Core, Form::Component] {
        let mut guest = fusion.start(form, SEED).map_err(|why| format!("{form:?} does not start: {why:?}"))?;
        let entry = Entry::of(guest.exports())?;
        if entry == Entry::Run {
            guest.call(&[RUN.to_owned()], &[]).map_err(|trap| format!("{form:?} traps: {}", trap.0))?;
        }
        entries.push(entry);
    }
    if entries.iter().any(|entry| *entry != entries[0]) {
        return Err(format!("the forms are entered in different ways: {entries:?}"));
    }
    fusion.compare(SEED, 1)?;
    Ok(())
}

/// A row of the table: what the fusion into one memory made is the last part.
fn row(name: &str, input: usize, fused: &Fused, windows: &Fused) -> String {
    let count = |kinds: &[Lowering]| fused.report.boundaries.iter().filter(|b| kinds.contains(&b.lowering)).count();
    let adapters = fused.report.boundaries.iter().filter(|b| b.adapter_bytes > 0).count();
    let mut row = String::new();
    let _ = writeln!(
        row,
        "| {name} | {input} | {} | {} | {adapters} | {} | {} | {} | {} | ok | ok | ok | {} | ok | ok |",
        fused.core.len(),
        fused.component.as_deref().unwrap_or_default().len(),
        count(&[Lowering::Direct]),
        count(&[Lowering::Scalar, Lowering::Copy, Lowering::CopyString, Lowering::Transcode]),
        count(&[Lowering::Handles]),
        count(&[Lowering::Host, Lowering::HostAdapter]),
        windows.core.len(),
    );
    row
}
