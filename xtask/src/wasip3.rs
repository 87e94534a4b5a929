//! Guests for the target of WASI 0.3.
//!
//! In: the names of fixtures. Out: the same process again, as [`crate::rust`] needs it for that target: with a toolchain whose compiler reads and
//! writes the stack pointer by functions, and `core` and `alloc` built from source, because no standard library is to be had for it.
//! What only links what is not defined is the build script of the guests' package.

use std::env;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

/// The toolchain, which has the component `rust-src`.
const TOOLCHAIN: &str = "1.99.1";

/// Set in the process that builds.
const IS_SET: &str = "MELD_WASIP3_GUESTS";

/// Whether this process builds guests for the target of WASI 0.3.
pub(crate) fn is_set() -> bool {
    env::var_os(IS_SET).is_some()
}

/// Builds `names` in a process of their own.
pub(crate) fn build(root: &Path, names: &[String]) -> Result<()> {
    let status = Command::new(env::current_exe().context("this program")?)
        .arg("fixtures")
        .args(names)
        .current_dir(root)
        .env(IS_SET, "1")
        .env("RUSTUP_TOOLCHAIN", TOOLCHAIN)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("GUEST_RUSTC", "rustc")
        .env("CARGO_UNSTABLE_BUILD_STD", "core,alloc")
        .env("CARGO_TARGET_WASM32_WASIP3_LINKER", "rust-lld")
        .status()?;
    ensure!(
        status.success(),
        "{names:?} could not be built; they need `rustup toolchain install {TOOLCHAIN} --component rust-src`"
    );
    Ok(())
}
