//! What a guest is built with.
//!
//! In: a guest's source. Out: names and versions as the manifest has them: of the compiler, by asking it, and of what
//! `xtask` and the guest are linked with, from the lock files, down to the patch number. The latter are known on any
//! machine, so that a fixture is seen to be old when a lock file has moved on.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

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
    let mut tools = vec![version(&own, "wit-component")?];
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

/// `package` and its version in a lock file.
fn version(lock: &Path, package: &str) -> Result<String> {
    let text = fs::read_to_string(lock).with_context(|| format!("reading {}", lock.display()))?;
    let lock_file: toml::Table = toml::from_str(&text).with_context(|| format!("reading {}", lock.display()))?;
    let packages = lock_file.get("package").and_then(toml::Value::as_array).context("a lock file lists packages")?;
    let of = |entry: &toml::Value, key: &str| entry.get(key).and_then(toml::Value::as_str).map(str::to_owned);
    let found = packages.iter().find(|entry| of(entry, "name").as_deref() == Some(package));
    let found = found.and_then(|entry| of(entry, "version"));
    let found = found.with_context(|| format!("`{package}` is not in {}", lock.display()))?;
    Ok(format!("{package} {found}"))
}
