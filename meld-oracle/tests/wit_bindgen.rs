//! The regression run: every fixture under `tests/wit_bindgen/fixtures`, in every output mode.
//!
//! In: the manifest and the composed fixtures. Each is run as it is and must not trap: a guest traps where a
//! check fails. Its fused forms must then do the same, call for call of the host. Out: a table, also written
//! to `target/wit_bindgen.md`, and with `BLESS=1` to `docs/wit-bindgen.md`. A fixture that is in the manifest and not on disk, or on disk and not in the
//! manifest, is a failure; so is a manifest with fewer fixtures than there have ever been.

use meld_core::report::Lowering;
use meld_oracle::differential::{Form, Fusion};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// How many fixtures there are. It only grows.
const FIXTURES: usize = 74;

/// What stands above the table in the docs.
const HEAD: &str = "\
# The regression run

Every fixture of `tests/wit_bindgen`, run as it is and fused, as a core module and as a component, by wasmtime:
same results, same traps, same calls to the host. Sizes are bytes; *adapters* counts functions that stand between
two components or between a component and the host; *direct*, *copied*, *handles* and *host* count boundaries by how they are lowered.

    cargo test --workspace --test wit_bindgen -- --nocapture

With `BLESS=1` in the environment it writes this page.

";

/// Any seed will do: no fixture depends on what the host answers.
const SEED: u64 = 73;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/wit_bindgen/fixtures")
}

/// Names of the fixtures in the manifest: its outputs in the folder.
fn listed() -> BTreeSet<String> {
    let text = std::fs::read_to_string(folder().join("manifest.toml")).expect("the manifest is in the repository");
    let outputs = text.lines().filter_map(|line| line.strip_prefix("\"tests/wit_bindgen/fixtures/")?.split('"').next());
    outputs.filter_map(|file| file.strip_suffix(".wasm")).map(str::to_owned).collect()
}

fn on_disk() -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder()).expect("the fixtures are in the repository");
    let paths = entries.map(|entry| entry.expect("a readable folder").path());
    let wasm = paths.filter(|path| path.extension().is_some_and(|e| e == "wasm"));
    wasm.map(|path| path.file_stem().expect("a file has a name").to_string_lossy().into_owned()).collect()
}

#[test]
fn every_fixture_in_every_mode() {
    let listed = listed();
    assert_eq!(listed, on_disk(), "the manifest and the folder differ");
    assert!(listed.len() >= FIXTURES, "there were {FIXTURES} fixtures, now there are {}", listed.len());

    let mut table = String::from(
        "| fixture | input | core | component | adapters | direct | copied | handles | host | original | core | component |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|--:|---|---|---|\n",
    );
    let mut failures = Vec::new();
    for name in &listed {
        match run(name) {
            Ok(row) => table.push_str(&row),
            Err(error) => {
                let _ = writeln!(table, "| {name} | | | | | | | | | failed | | |");
                failures.push(format!("{name}: {error}"));
            }
        }
    }
    let total = format!("\n{} of {} fixtures pass in every mode.\n", listed.len() - failures.len(), listed.len());
    table.push_str(&total);
    println!("{table}");
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../wit_bindgen.md");
    std::fs::write(target, &table).expect("the target folder is writable");
    if std::env::var_os("BLESS").is_some() {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/wit-bindgen.md");
        std::fs::write(page, format!("{HEAD}{table}")).expect("the docs are writable");
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Runs one fixture in every mode and returns its row.
fn run(name: &str) -> Result<String, String> {
    let input = std::fs::read(folder().join(format!("{name}.wasm"))).map_err(|e| e.to_string())?;
    let fusion = Fusion::new(&input)?;
    let mut runs = 0;
    for form in [Form::Input, Form::Core, Form::Component] {
        let mut guest = fusion.start(form, SEED).map_err(|why| format!("{form:?} does not start: {why:?}"))?;
        let path = vec!["run".to_owned()];
        // A command and a service for WASI have no such export. Here they are compared under a host that makes
        // up its answers; `wasi.rs` runs them under a real one.
        if guest.exports().iter().any(|export| export.path == path) {
            guest.call(&path, &[]).map_err(|trap| format!("{form:?} traps: {}", trap.0))?;
            runs += 1;
        }
    }
    if runs != if name.starts_with("wasi-") { 0 } else { 3 } {
        return Err(format!("{runs} of 3 forms have the export `run`"));
    }
    fusion.compare(SEED, 1)?;

    let fused = fusion.fused();
    let count = |kinds: &[Lowering]| fused.report.boundaries.iter().filter(|b| kinds.contains(&b.lowering)).count();
    let adapters = fused.report.boundaries.iter().filter(|b| b.adapter_bytes > 0).count();
    let mut row = String::new();
    let _ = writeln!(
        row,
        "| {name} | {} | {} | {} | {adapters} | {} | {} | {} | {} | ok | ok | ok |",
        input.len(),
        fused.core.len(),
        fused.component.as_deref().unwrap_or_default().len(),
        count(&[Lowering::Direct]),
        count(&[Lowering::Scalar, Lowering::Copy, Lowering::CopyString, Lowering::Transcode]),
        count(&[Lowering::Handles]),
        count(&[Lowering::Outer, Lowering::OuterShim]),
    );
    Ok(row)
}
