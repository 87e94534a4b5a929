//! The chore itself: build what the catalogue lists, or check that what is committed was built from it.
//!
//! Guests are built in one cargo invocation a package and form, so that the bindings' runtime and the proc macro are
//! compiled once; a guest that several fixtures share is built once as well.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use indexmap::IndexMap;
use wasmparser::{Validator, WasmFeatures};

use crate::catalogue::{self, Catalogue, Fixture, Form, Language, Source, Wasi};
use crate::compose::{Part, compose};
use crate::manifest::{Entry, Manifest};
use crate::{foreign, guest, manifest, rust, tools, wasip3};

/// Builds the named fixtures, all of them when none is named, and brings the manifest up to date.
pub(crate) fn build(root: &Path, names: &[String]) -> Result<()> {
    let mut catalogue = catalogue::read(root, names)?;
    if !wasip3::is_set() {
        let is_p3 = |fixture: &Fixture| fixture.wasi == Wasi::P3;
        let other: Vec<String> = catalogue.iter().filter(|(_, it)| is_p3(it)).map(|(name, _)| name.clone()).collect();
        if !other.is_empty() {
            wasip3::build(root, &other)?;
        }
        catalogue.retain(|_, fixture| !is_p3(fixture));
    }
    let modules = rust_modules(root, &catalogue)?;
    let mut components: HashMap<(PathBuf, Form, Vec<String>), Vec<u8>> = HashMap::new();
    let mut manifest = Manifest::read(root)?;

    for (name, fixture) in &catalogue {
        let mut parts = Vec::new();
        let mut tools = Vec::new();
        for source in sources(root, fixture)? {
            let key = (source.path.clone(), fixture.form(), fixture.passthrough.clone());
            if !components.contains_key(&key) {
                let core = match source.language {
                    Language::Rust => rust_core(&modules, &source, fixture.form())?,
                    Language::C | Language::Cpp => foreign::compile(root, &source)?,
                    Language::Wat => foreign::assemble(&source)?,
                };
                let built = guest::componentize(core, &source, &fixture.passthrough)
                    .with_context(|| format!("building {}", source.path.display()))?;
                components.insert(key.clone(), built);
            }
            tools.extend(tools::compiler(&source)?);
            tools.extend(tools::locked(root, &source)?);
            parts.push(Part { name: source.world.clone(), bytes: components[&key].clone() });
        }
        let composed = compose(&parts).with_context(|| format!("composing `{name}`"))?;
        let features = WasmFeatures::default() | WasmFeatures::CM_FIXED_LENGTH_LISTS | WasmFeatures::CM_MAP;
        Validator::new_with_features(features)
            .validate_all(&composed)
            .with_context(|| format!("validating `{name}`"))?;

        let mut outputs = BTreeMap::new();
        let composed_path = fixture.output.join(format!("{name}.wasm"));
        write(root, &composed_path, &composed, &mut outputs)?;
        if fixture.separate {
            for part in &parts {
                write(root, &fixture.output.join(format!("{}.wasm", part.name)), &part.bytes, &mut outputs)?;
            }
        }
        tools.sort();
        tools.dedup();
        let entry = Entry {
            sources: manifest::sources_hash(root, fixture)?,
            size: composed.len(),
            components: parts.iter().map(|part| part.name.clone()).collect(),
            memory_grow: guest::grows(&composed)?,
            asynchronous: fixture.asynchronous,
            tools,
            outputs,
        };
        println!("{name}: {} bytes", entry.size);
        manifest.fixtures.insert(name.clone(), entry);
    }
    manifest.keep_only(&catalogue::read(root, &[])?);
    manifest.write(root)
}

/// Fails, naming them all, if fixtures are missing, were changed by hand, or are older than their sources.
pub(crate) fn check(root: &Path, names: &[String]) -> Result<()> {
    let catalogue = catalogue::read(root, names)?;
    let manifest = Manifest::read(root)?;
    let mut faults = Vec::new();
    let mut total = 0;
    for (name, fixture) in &catalogue {
        let Some(entry) = manifest.fixtures.get(name) else {
            faults.push(format!("`{name}` was never built"));
            continue;
        };
        total += entry.size;
        if entry.sources != manifest::sources_hash(root, fixture)? {
            faults.push(format!("the sources of `{name}` changed since it was built"));
        }
        let mut locked = BTreeSet::new();
        for source in sources(root, fixture)? {
            locked.extend(tools::locked(root, &source)?);
        }
        // Which compilers there are is not known here. The encoder moves on with `meld-core`, and what older ones made
        // stays as it is: the fuser has to deal with it as well.
        let of_lock_files = |tool: &&String| !tools::is_compiler(tool) && !tools::is_encoder(tool);
        let recorded = entry.tools.iter().filter(of_lock_files).cloned().collect();
        locked.retain(|tool| !tools::is_encoder(tool));
        if locked != recorded {
            faults.push(format!("`{name}` was built with {recorded:?}, and would be with {locked:?}"));
        }
        for (path, hash) in &entry.outputs {
            match fs::read(root.join(path)) {
                Ok(bytes) if manifest::hash(&bytes) == *hash => {}
                Ok(_) => faults.push(format!("{path} is not the file that was built for `{name}`")),
                Err(error) => faults.push(format!("{path} of `{name}`: {error}")),
            }
        }
    }
    if names.is_empty() {
        for name in manifest.fixtures.keys().filter(|name| !catalogue.contains_key(*name)) {
            faults.push(format!("`{name}` is in the manifest and not in the catalogue"));
        }
        ensure!(total < SIZE_LIMIT, "the fixtures are {total} bytes, more than {SIZE_LIMIT}");
    }
    if !faults.is_empty() {
        bail!("{}\nrebuild with `cargo xtask fixtures`", faults.join("\n"));
    }
    println!("{} fixtures are what their sources say, {total} bytes", catalogue.len());
    Ok(())
}

/// What all fixtures together may weigh: they are in the repository for good.
const SIZE_LIMIT: usize = 8 << 20;

/// The guests of a fixture, in the order of composition.
pub(crate) fn sources(root: &Path, fixture: &Fixture) -> Result<Vec<Source>> {
    fixture.components.iter().map(|path| Source::new(root, path)).collect()
}

/// Core modules of all Rust guests of the catalogue, by source and form.
type RustModules = HashMap<(PathBuf, Form), Vec<u8>>;

fn rust_modules(root: &Path, catalogue: &Catalogue) -> Result<RustModules> {
    let mut builds: IndexMap<(PathBuf, Form), Vec<PathBuf>> = IndexMap::new();
    for fixture in catalogue.values() {
        for source in sources(root, fixture)? {
            if source.language == Language::Rust {
                let paths = builds.entry((source.manifest(root)?, fixture.form())).or_default();
                if !paths.contains(&source.path) {
                    paths.push(source.path);
                }
            }
        }
    }
    let mut modules = HashMap::new();
    for ((manifest, form), paths) in builds {
        for (path, module) in rust::build(root, &manifest, &form, &paths)? {
            modules.insert((path, form.clone()), module);
        }
    }
    Ok(modules)
}

fn rust_core(modules: &RustModules, source: &Source, form: Form) -> Result<Vec<u8>> {
    let module = modules.get(&(source.path.clone(), form));
    module.cloned().with_context(|| format!("cargo did not report a module for {}", source.path.display()))
}

fn write(root: &Path, path: &Path, bytes: &[u8], outputs: &mut BTreeMap<String, String>) -> Result<()> {
    let full = root.join(path);
    if let Some(folder) = full.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&full, bytes).with_context(|| format!("writing {}", full.display()))?;
    outputs.insert(path.display().to_string(), manifest::hash(bytes));
    Ok(())
}

#[cfg(test)]
mod tests {
    /// The check that fails a change of a guest's source without its fixture.
    #[test]
    fn the_committed_fixtures_are_what_their_sources_say() -> anyhow::Result<()> {
        super::check(&crate::repository()?, &[])
    }
}
