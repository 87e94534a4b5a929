//! The components of each composed fixture, linked and fused, behave as the linked component does; those of asynchronous
//! fixtures run as the composition does.

#[path = "../../meld-core/tests/support/composed.rs"]
mod composed;

use composed::{linked, parts};
use meld_core::Input;
use meld_oracle::differential::Fusion;
use std::borrow::Cow;
use std::path::Path;

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

/// Asynchronous fixtures that are taken apart: calls, values of every kind, futures, streams, resources with asynchronous methods,
/// a resource that a third component passes on, C, and a leaf.
const ASYNCHRONOUS: [&str; 8] =
    ["immediate", "values", "futures", "streams", "async-resources", "resource-chain", "pending-c", "leaf"];

/// Guests that were built apart and are linked by meld: each checks what it gets from the other, and traps if it is something else.
#[test]
fn asynchronous_fixtures() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/wit_bindgen/fixtures/async");
    for name in ASYNCHRONOUS {
        let composition = std::fs::read(folder.join(format!("{name}.wasm"))).unwrap();
        let parts = parts(&composition);
        assert!(parts.len() >= 2, "{name} is a composition");
        let input = |(index, bytes)| Input::new(format!("part-{index}"), Cow::Borrowed(bytes));
        let inputs: Vec<Input<'_>> = parts.into_iter().enumerate().map(input).collect();
        let root = linked(&inputs).unwrap_or_else(|e| panic!("{name}: {e}"));
        let mut fuser = meld_core::Fuser::new();
        fuser.input("linked", &*root);
        let fused = fuser.fuse_component().unwrap_or_else(|e| panic!("{name}: {}", meld_oracle::error_chain(&e)));
        for (form, component) in [("composed", &*composition), ("linked", &*root), ("fused", &fused.bytes)] {
            let outcome = meld_oracle::concurrent::run(component, SECONDS);
            outcome.unwrap_or_else(|fault| panic!("{name}, {form}: {fault}"));
        }
    }
}

/// Seconds that the code of an asynchronous fixture may run.
const SECONDS: u64 = 60;
