//! Guests with debug information: `cargo xtask debug`.
//!
//! In: the sources in `meld-oracle/tests/debug/guests`. Out: beside that folder, a component of each, and all of them composed by a
//! composer that writes no names, as usual. They keep what compilers leave for debuggers, which the other fixtures are made
//! without. Nothing but the core library is in them, so that they are small; they are in both versions of DWARF that
//! compilers write.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use meld_core::Componentizer;
use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::compose::{Part, compose};

/// The folder of the fixtures, relative to the repository.
const FOLDER: &str = "meld-oracle/tests/debug";

/// The guests, providers first: sources, which have the names of their worlds.
const GUESTS: [&str; 3] = ["shouter.rs", "counter.c", "app.rs"];

/// Builds all.
pub(crate) fn build(root: &Path) -> Result<()> {
    let folder = root.join(FOLDER);
    let modules = root.join("target/guests/debug");
    fs::create_dir_all(&modules)?;
    let mut resolve = Resolve::default();
    let package = resolve.push_file(folder.join("guests/world.wit"))?;
    let mut parts = Vec::new();
    for source in GUESTS {
        let (world, language) = source.split_once('.').context("a guest has an extension")?;
        let path = folder.join("guests").join(source);
        let module = modules.join(world).with_extension("wasm");
        let mut compiler = match language {
            "rs" => rustc(&folder),
            _ => clang(&folder),
        };
        compiler.arg(&path).arg("-o").arg(&module);
        let status = compiler.status().with_context(|| format!("running {compiler:?}"))?;
        ensure!(status.success(), "{compiler:?} failed");
        let mut core = fs::read(&module)?;
        let id = resolve.select_world(&[package], Some(world))?;
        embed_component_metadata(&mut core, &resolve, id, StringEncoding::UTF8)?;
        let bytes = Componentizer::new(world, &core).componentize()?;
        fs::write(folder.join(world).with_extension("wasm"), &bytes)?;
        parts.push(Part { name: world.to_owned(), bytes });
    }
    fs::write(folder.join("composed.wasm"), compose(&parts)?)?;
    Ok(())
}

fn rustc(folder: &Path) -> Command {
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition=2024", "--crate-type=cdylib", "--target=wasm32-unknown-unknown", "-Cpanic=abort"]);
    rustc.args(["-Cdebuginfo=2", "-Copt-level=1", "-Ccodegen-units=1"]);
    rustc.arg(format!("--remap-path-prefix={}=/meld", folder.display()));
    rustc
}

fn clang(folder: &Path) -> Command {
    let clang = ["clang-22", "clang"].into_iter().find(|name| Command::new(name).arg("--version").output().is_ok());
    let mut clang = Command::new(clang.unwrap_or("clang"));
    clang.args(["--target=wasm32", "-nostdlib", "-Wl,--no-entry", "-O0", "-gdwarf-5"]);
    clang.arg(format!("-ffile-prefix-map={}=/meld", folder.display()));
    clang
}
