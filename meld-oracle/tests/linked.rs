//! The components of each composed fixture, linked and fused, behave as the linked component does.

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
