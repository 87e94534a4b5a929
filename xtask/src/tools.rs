//! What a guest is built with.
//!
//! In: a guest's source. Out: names and versions as the manifest has them: of the compiler, by asking it, and of what
//! `xtask` and the guest are linked with, from the lock files, down to the patch number. The latter are known on any
//! machine, so that a fixture is seen to be old when a lock file has moved on.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::catalogue::{Language, Source, Wasi};
use crate::{foreign, rust};

/// The compiler of a source, where it needs one.
pub(crate) fn compiler(source: &Source) -> Result<Option<String>> {
    Ok(match source.language {
        Language::Rust => Some(rust::version(Wasi::None.target())?),
        Language::C | Language::Cpp => Some(foreign::version(source.language)?),
        Language::Wat => None,
    })
}

/// Whether a tool is one that [`compiler`] names.
pub(crate) fn is_compiler(tool: &str) -> bool {
    ["rustc ", "clang "].iter().any(|compiler| tool.starts_with(compiler))
}

/// The binding generator of a source, and what makes a component of it.
pub(crate) fn locked(root: &Path, source: &Source) -> Result<Vec<String>> {
    let own = root.join("Cargo.lock");
    let mut tools = vec![encoder(&own)?];
    match source.language {
        Language::Rust => {
            let guests: PathBuf = source.manifest(root)?.with_file_name("Cargo.lock");
            tools.push(version(&guests, "wit-bindgen")?);
        }
        Language::C => tools.push(version(&own, "wit-bindgen-c")?),
        Language::Cpp => tools.push(version(&own, "wit-bindgen-cpp")?),
        Language::Wat => {}
    }
    Ok(tools)
}

/// What makes components of core modules.
const ENCODER: &str = "wit-component";

/// Whether a tool is what [`encoder`] names, in any version.
pub(crate) fn is_encoder(tool: &str) -> bool {
    tool.split(' ').next() == Some(ENCODER)
}

/// The version of the encoder that `meld-core` is linked with. Others may be in the lock file.
fn encoder(lock: &Path) -> Result<String> {
    let packages = packages(lock)?;
    let meld = packages.iter().find(|entry| text(entry, "name") == Some("meld-core"));
    let dependencies = meld.and_then(|entry| entry.get("dependencies")?.as_array());
    let dependencies = dependencies.with_context(|| format!("`meld-core` is not in {}", lock.display()))?;
    let found = dependencies.iter().filter_map(toml::Value::as_str).find(|tool| is_encoder(tool));
    match found.with_context(|| format!("`{ENCODER}` is not what `meld-core` is linked with"))? {
        // Only where there are several versions, the list says which.
        ENCODER => version(lock, ENCODER),
        tool => Ok(tool.to_owned()),
    }
}

/// `package` and its version in a lock file.
fn version(lock: &Path, package: &str) -> Result<String> {
    let packages = packages(lock)?;
    let found = packages.iter().find(|entry| text(entry, "name") == Some(package));
    let found = found.and_then(|entry| text(entry, "version"));
    let found = found.with_context(|| format!("`{package}` is not in {}", lock.display()))?;
    Ok(format!("{package} {found}"))
}

fn packages(lock: &Path) -> Result<Vec<toml::Value>> {
    let text = fs::read_to_string(lock).with_context(|| format!("reading {}", lock.display()))?;
    let mut file: toml::Table = toml::from_str(&text).with_context(|| format!("reading {}", lock.display()))?;
    match file.remove("package") {
        Some(toml::Value::Array(packages)) => Ok(packages),
        _ => bail!("{} lists no packages", lock.display()),
    }
}

fn text<'e>(entry: &'e toml::Value, key: &str) -> Option<&'e str> {
    entry.get(key)?.as_str()
}
