//! The layout that `CONTRIBUTING.md` promises: no file above 800 lines, no `mod.rs`, an essay in front of
//! every module.

use std::fs;
use std::path::{Path, PathBuf};

const MAX_LINES: usize = 800;

/// Rust sources of the workspace, without what was built.
fn sources() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut folders = vec![root.to_path_buf()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy();
            if path.is_symlink() || name == "target" || name.starts_with('.') {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push(path);
            }
        }
    }
    sources
}

#[test]
fn sources_are_short() {
    let sources = sources();
    assert!(sources.len() > 20, "found only {} sources", sources.len());
    let lines = |path: &PathBuf| fs::read_to_string(path).unwrap().lines().count();
    let long: Vec<_> = sources.iter().filter(|path| lines(path) > MAX_LINES).collect();
    assert!(long.is_empty(), "longer than {MAX_LINES} lines, so more than one thing: {long:?}");
}

#[test]
fn modules_stand_beside_their_folders() {
    let wrong: Vec<_> = sources().into_iter().filter(|path| path.ends_with("mod.rs")).collect();
    assert!(wrong.is_empty(), "`foo.rs` beside `foo/`, not `foo/mod.rs`: {wrong:?}");
}

#[test]
fn modules_open_with_an_essay() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let bare: Vec<_> = sources()
        .into_iter()
        .filter(|path| path.starts_with(&src) && !fs::read_to_string(path).unwrap().starts_with("//! "))
        .collect();
    assert!(bare.is_empty(), "without an opening comment: {bare:?}");
}

#[test]
fn files_are_modules() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let sources: Vec<_> = sources().into_iter().filter(|path| path.starts_with(&src)).collect();
    let is_module = |path: &&PathBuf| {
        let folder = path.parent().unwrap();
        let above = if folder == src { src.join("lib.rs") } else { folder.with_extension("rs") };
        let declared = format!("mod {};", path.file_stem().unwrap().to_string_lossy());
        fs::read_to_string(above).is_ok_and(|text| text.lines().any(|line| line.ends_with(&declared)))
    };
    let orphans: Vec<_> = sources.iter().filter(|path| **path != src.join("lib.rs") && !is_module(path)).collect();
    assert!(orphans.is_empty(), "no module declares these files, so nothing compiles them: {orphans:?}");
}
