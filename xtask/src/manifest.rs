//! The manifest of the built fixtures, `tests/wit_bindgen/fixtures/manifest.toml`.
//!
//! Per fixture: the hash of everything it is built from, what it was built with, and what came out. The hash of
//! the sources covers the guests named in the catalogue, what is beside them in their language, every WIT file
//! there and every subfolder, what all guests share, and for Rust guests the lock file and the profile, and of a
//! package of their own the library, what it depends on by path, and the form; not the list of guests, so that a new
//! fixture does not make the others look stale. What this crate does with a guest is a source as well: the text of the
//! modules that call compilers, make components and compose them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::catalogue::{Catalogue, FIXTURES, Fixture, GUESTS, Language};
use crate::fixtures::sources;

/// Everything the manifest says.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Manifest {
    #[serde(flatten)]
    pub(crate) fixtures: BTreeMap<String, Entry>,
}

/// What it says of one fixture.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    /// Hash of the sources.
    pub(crate) sources: String,
    /// Bytes of the composed component.
    pub(crate) size: usize,
    /// The components in it, in the order of instantiation.
    pub(crate) components: Vec<String>,
    /// Whether a `memory.grow` is in its code.
    pub(crate) memory_grow: bool,
    /// Whether it needs a host with asynchronous calls: `meld-oracle/tests/async_fixtures.rs` runs those.
    #[serde(default, rename = "async", skip_serializing_if = "std::ops::Not::not")]
    pub(crate) asynchronous: bool,
    /// What it was built with.
    pub(crate) tools: Vec<String>,
    /// The files made, relative to the repository, and their hashes.
    pub(crate) outputs: BTreeMap<String, String>,
}

impl Manifest {
    /// Reads the committed manifest; a repository without one has an empty one.
    pub(crate) fn read(root: &Path) -> Result<Manifest> {
        let path = place(root);
        if !path.exists() {
            return Ok(Manifest::default());
        }
        let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("reading {}", path.display()))
    }

    /// Writes the manifest.
    pub(crate) fn write(&self, root: &Path) -> Result<()> {
        let path = place(root);
        let text = format!("# Written by `cargo xtask fixtures`.\n\n{}", toml::to_string(self)?);
        fs::write(&path, text).with_context(|| format!("writing {}", path.display()))
    }

    /// Forgets fixtures that `catalogue` no longer lists.
    pub(crate) fn keep_only(&mut self, catalogue: &Catalogue) {
        self.fixtures.retain(|name, _| catalogue.contains_key(name));
    }
}

fn place(root: &Path) -> PathBuf {
    root.join(FIXTURES).join("manifest.toml")
}

/// The hash of bytes as the manifest writes it.
pub(crate) fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The modules that determine the bytes of a fixture: flags, what is stripped, how it is composed.
const RECIPE: [&str; 4] =
    [include_str!("compose.rs"), include_str!("foreign.rs"), include_str!("guest.rs"), include_str!("rust.rs")];

/// The hash of all that `fixture` is built from.
pub(crate) fn sources_hash(root: &Path, fixture: &Fixture) -> Result<String> {
    let guests = root.join(GUESTS);
    let mut files = BTreeSet::new();
    collect(&guests.join("support"), &mut files)?;
    let mut packages = BTreeSet::new();
    for source in sources(root, fixture)? {
        if source.language == Language::Rust {
            packages.insert(source.manifest(root)?);
        }
        for entry in fs::read_dir(source.folder())? {
            let path = entry?.path();
            if path.is_dir() {
                collect(&path, &mut files)?;
            } else if path.extension().is_some_and(|it| it == "wit" || Some(it) == source.path.extension()) {
                files.insert(path);
            }
        }
        files.insert(source.path);
    }

    for package in &packages {
        dependencies(root, package, &mut files)?;
    }

    let mut digest = Sha256::new();
    for module in RECIPE {
        let module = module.split("#[cfg(test)]").next().unwrap_or(module);
        // Where a name comes from is not part of the recipe.
        for line in module.split_inclusive('\n').filter(|line| !line.starts_with("use ")) {
            digest.update(line);
        }
    }
    for file in files {
        let bytes = fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
        let name = file.strip_prefix(root).unwrap_or(&file).display().to_string();
        for part in [name.as_bytes(), &bytes] {
            // Lengths keep the end of one part from being read as the start of the next.
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
    }
    for component in &fixture.components {
        digest.update(component.display().to_string());
    }
    for package in packages {
        digest.update(fs::read(package.with_file_name("Cargo.lock"))?);
        let mut manifest: toml::Table = toml::from_str(&fs::read_to_string(&package)?)?;
        manifest.remove("example");
        digest.update(toml::to_string(&manifest)?);
    }
    for name in fixture.features.iter().chain(&fixture.passthrough) {
        digest.update(name);
    }
    Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The sources of what the package of `manifest` depends on by path, outside of the guests' folder.
fn dependencies(root: &Path, manifest: &Path, files: &mut BTreeSet<PathBuf>) -> Result<()> {
    let table: toml::Table = toml::from_str(&fs::read_to_string(manifest)?)?;
    let Some(dependencies) = table.get("dependencies").and_then(toml::Value::as_table) else { return Ok(()) };
    for path in dependencies.values().filter_map(|dependency| dependency.get("path")?.as_str()) {
        let folder = manifest.with_file_name(path).canonicalize().with_context(|| path.to_string())?;
        let root = root.canonicalize()?;
        if folder.starts_with(root.join(GUESTS)) {
            continue;
        }
        files.insert(folder.join("Cargo.toml"));
        collect(&folder.join("src"), files)?;
    }
    Ok(())
}

/// All files under `folder`, at any depth.
fn collect(folder: &Path, files: &mut BTreeSet<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() { collect(&path, files)? } else { _ = files.insert(path) }
    }
    Ok(())
}
