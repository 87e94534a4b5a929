//! Guests in C, C++ and WebAssembly text.
//!
//! C and C++ guests get their bindings from the `wit-bindgen` generators, called as libraries, and are compiled
//! and linked by one run of clang. A text guest is written against the canonical ABI by hand; all it lacks is
//! the section that says which world it implements.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context as _, Result, bail, ensure};
use wit_bindgen_core::{Files, WorldGenerator};
use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::{Resolve, WorldId};

use crate::catalogue::{GUESTS, Language, Source};

/// Compiles a C or C++ guest to a core module.
pub(crate) fn compile(root: &Path, source: &Source) -> Result<Vec<u8>> {
    let (mut resolve, world) = world(source)?;
    let mut generator = generator(source)?;
    let mut files = Files::default();
    generator
        .generate(&mut resolve, world, &mut files)
        .with_context(|| format!("bindings of {}", source.path.display()))?;

    let folder = root.join("target/guests/bindings").join(place(root, source)?);
    fs::create_dir_all(&folder)?;
    let mut generated = Vec::new();
    for (name, contents) in files.iter() {
        let path = folder.join(name);
        fs::write(&path, contents)?;
        if [".c", ".cpp", ".o"].iter().any(|suffix| name.ends_with(suffix)) {
            generated.push(path);
        }
    }
    let module = folder.join("module.wasm");
    let mut clang = Command::new(compiler(source.language)?);
    clang.args(["--target=wasm32-wasi", "-Wno-deprecated", "-Wall", "-Werror", "-Os", "-mexec-model=reactor"]);
    let support = root.join(GUESTS).join("support");
    match source.language {
        Language::Cpp => _ = clang.args(["-std=c++23", "-fno-exceptions", "-fno-rtti"]),
        _ => {
            let allocator = ["malloc", "calloc", "realloc", "free"];
            clang.args(allocator.map(|name| format!("-Wl,--wrap={name}"))).arg(support.join("guest.c"));
        }
    }
    clang
        .arg(format!("-ffile-prefix-map={}=/meld", root.display()))
        .arg("-I")
        .arg(&folder)
        .arg("-I")
        .arg(&support)
        .arg(&source.path)
        .args(&generated)
        .arg("-o")
        .arg(&module);
    let status = clang.status().with_context(|| format!("running {clang:?}"))?;
    ensure!(status.success(), "{clang:?} failed");
    fs::read(&module).with_context(|| format!("reading {}", module.display()))
}

/// Assembles a guest in WebAssembly text.
pub(crate) fn assemble(source: &Source) -> Result<Vec<u8>> {
    let (resolve, world) = world(source)?;
    let mut module = wat::parse_file(&source.path)?;
    embed_component_metadata(&mut module, &resolve, world, source.encoding)?;
    Ok(module)
}

/// The version line of clang.
pub(crate) fn version(language: Language) -> Result<String> {
    let output = Command::new(compiler(language)?).arg("--version").output()?;
    let text = String::from_utf8(output.stdout)?;
    let version =
        text.split_whitespace().skip_while(|word| *word != "version").nth(1).context("clang has no version")?;
    Ok(format!("clang {version}"))
}

fn generator(source: &Source) -> Result<Box<dyn WorldGenerator>> {
    match source.language {
        Language::C => {
            let options = wit_bindgen_c::Opts { string_encoding: source.encoding, ..Default::default() };
            Ok(options.build())
        }
        Language::Cpp => {
            ensure!(source.encoding == StringEncoding::UTF8, "C++ bindings know UTF-8 only");
            Ok(wit_bindgen_cpp::Opts::default().build(None))
        }
        Language::Rust | Language::Wat => bail!("{} is not C or C++", source.path.display()),
    }
}

/// The world that a guest implements, read from the `world.wit` beside it.
fn world(source: &Source) -> Result<(Resolve, WorldId)> {
    let mut resolve = Resolve { all_features: true, ..Default::default() };
    let package = resolve.push_file(source.folder().join("world.wit"))?;
    let world = resolve.select_world(&[package], Some(&source.world))?;
    Ok((resolve, world))
}

/// A folder name for a guest's bindings.
fn place(root: &Path, source: &Source) -> Result<String> {
    let relative = source.path.strip_prefix(root.join(GUESTS))?;
    Ok(relative.display().to_string().replace(['/', '.'], "-"))
}

/// `GUEST_CLANG` if that is set, else the first clang that is there; `++` follows for C++.
fn compiler(language: Language) -> Result<PathBuf> {
    let plain = match env::var("GUEST_CLANG") {
        Ok(chosen) => chosen,
        Err(_) => ["clang-22", "clang"]
            .into_iter()
            .find(|name| Command::new(name).arg("--version").output().is_ok())
            .context("no clang here; tests/wit_bindgen/README.md says how to get one")?
            .to_string(),
    };
    Ok(match language {
        Language::Cpp => plain.replacen("clang", "clang++", 1).into(),
        _ => plain.into(),
    })
}
