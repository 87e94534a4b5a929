//! The compositions that are committed.

use std::path::{Path, PathBuf};

/// The synchronous fixtures of wit-bindgen, `tests/wit_bindgen/fixtures/*.wasm`, by their names.
///
/// # Panics
///
/// Panics if they cannot be listed, or there are none: a test that runs none shows nothing.
pub fn synchronous() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/wit_bindgen/fixtures");
    let entries = std::fs::read_dir(folder).expect("the fixtures are in the repository");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "wasm"));
    files.sort();
    assert!(!files.is_empty(), "the fixtures are in the repository");
    files
}
