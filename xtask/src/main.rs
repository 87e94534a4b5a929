//! Chores of this repository that need more than cargo: `cargo xtask <chore>`.
//!
//! The chore `fixtures` turns the guest sources under `tests/wit_bindgen/guests` (and the
//! examples, which are guests as well) into the composed components that the tests read. The results are
//! committed, so no wasm toolchain is needed to run the tests; `fixtures --check` tells whether a source was
//! edited without rebuilding what is made from it, and it runs on any machine that builds this workspace. The chore `debug` builds a few
//! guests with debug information.

mod catalogue;
mod compose;
mod debug;
mod fixtures;
mod foreign;
mod guest;
mod manifest;
mod rust;
mod tools;
mod wasip3;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Parser;

/// Chores of the meld repository.
#[derive(Parser)]
enum Chore {
    /// Build the guest fixtures and write their manifest.
    Fixtures {
        /// Build nothing: fail if a fixture is missing or older than its sources.
        #[arg(long)]
        check: bool,
        /// Only these fixtures (all of them when none is named).
        names: Vec<String>,
    },
    /// Build the guests with debug information.
    Debug,
}

fn main() -> Result<()> {
    let root = repository()?;
    match Chore::parse() {
        Chore::Fixtures { check: true, names } => fixtures::check(&root, &names),
        Chore::Fixtures { check: false, names } => fixtures::build(&root, &names),
        Chore::Debug => debug::build(&root),
    }
}

/// The folder of the workspace, which is where this crate's folder is.
fn repository() -> Result<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    Ok(here.parent().context("xtask is not inside a workspace")?.to_path_buf())
}
