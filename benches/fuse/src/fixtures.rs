//! The fixtures of the regression run as inputs.
//!
//! In: the folder of the fixtures. Out: a table of the largest of them and of all together. They are small beside the
//! generated inputs; what they show is that code which compilers and binding generators made costs no more a byte.

use crate::measured;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};

/// How many get a row of their own.
const LARGEST: usize = 8;

/// The fixtures with their sizes, the largest first.
pub(crate) fn files() -> Result<Vec<(u64, PathBuf)>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/wit_bindgen/fixtures");
    let mut fixtures: Vec<(u64, PathBuf)> = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "wasm") {
            fixtures.push((fs::metadata(&path)?.len(), path));
        }
    }
    ensure!(!fixtures.is_empty(), "no fixtures in {}", folder.display());
    fixtures.sort_by(|a, b| b.cmp(a));
    Ok(fixtures)
}

/// Measures all fixtures and prints the table.
pub(crate) fn all() -> Result<()> {
    let fixtures = files()?;
    println!("### Fixtures of the regression run\n");
    println!("| fixture | input KiB | fuse ms | validate ms | ratio |");
    println!("|---|---:|---:|---:|---:|");
    let mut total = (0, 0.0, 0.0);
    for (position, (bytes, path)) in fixtures.iter().enumerate() {
        let [fuse, validate, _] = measured(path)?;
        if position < LARGEST {
            let name = path.file_stem().context("a file has a name")?.to_string_lossy();
            println!("{}", row(&name, *bytes, fuse, validate));
        }
        total = (total.0 + bytes, total.1 + fuse, total.2 + validate);
    }
    println!("{}", row(&format!("all {}, one by one", fixtures.len()), total.0, total.1, total.2));
    Ok(())
}

fn row(name: &str, bytes: u64, fuse: f64, validate: f64) -> String {
    let kib = bytes as f64 / 1024.0;
    format!("| {name} | {kib:.0} | {:.1} | {:.1} | {:.2} |", fuse * 1e3, validate * 1e3, fuse / validate)
}
