//! Two builds of this program, on the same inputs and in one run.
//!
//! In: another build, and files, or none for all fixtures. Out: a table in Markdown of what each build takes for all files, each file by
//! itself. The builds take turns, each measurement in a process of its own, and the fastest of each counts: so both meet the same machine.
//! Validation is that of this build. An input that either build does not fuse is a failure.

use crate::{ROUNDS, fixtures, in_process};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// Measures `other` and this program, and prints the table.
pub(crate) fn compare(other: &Path, files: &[&str]) -> Result<()> {
    let files: Vec<PathBuf> = match files {
        [] => fixtures::files()?.into_iter().map(|(_, path)| path).collect(),
        files => files.iter().map(PathBuf::from).collect(),
    };
    let this = std::env::current_exe()?;
    let mut best = vec![[f64::INFINITY; 3]; files.len()];
    for _ in 0..ROUNDS {
        for (path, best) in files.iter().zip(&mut best) {
            let [before, _] = in_process(other, "measure", path).with_context(|| path.display().to_string())?;
            let [after, _] = in_process(&this, "measure", path).with_context(|| path.display().to_string())?;
            let [validate] = in_process(&this, "validate", path)?;
            let numbers = [before, after, validate];
            *best = std::array::from_fn(|i| best[i].min(numbers[i]));
        }
    }
    println!("| | fuse ms | ratio to validating |");
    println!("|---|---:|---:|");
    let [before, after, validate] = best.iter().fold([0.0; 3], |sum, row| std::array::from_fn(|i| sum[i] + row[i]));
    println!("| `{}` | {:.1} | {:.2} |", other.display(), before * 1e3, before / validate);
    println!("| this build | {:.1} | {:.2} |", after * 1e3, after / validate);
    println!("\n{} files, {:.1} ms to validate.", files.len(), validate * 1e3);
    Ok(())
}
