//! Guests in Rust: example targets of a cargo package, one core module each. That of the guests' folder is for all
//! that are not in a package of their own.
//!
//! Their workspaces are apart from the native one, so that neither toolchain's features and profiles reach the
//! other. The bytes must not depend on where they are built: every path the compiler could write into a panic
//! message is remapped, and cargo's own hashes do not see those flags.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;

use crate::catalogue::Form;

/// Compiles the guests `sources`, examples of the package of `manifest`, in the form `form`; answers with the core
/// module of each.
pub(crate) fn build(
    root: &Path,
    manifest: &Path,
    form: &Form,
    sources: &[PathBuf],
) -> Result<HashMap<PathBuf, Vec<u8>>> {
    let target = form.wasi.target();
    let examples = examples(manifest)?;
    let mut command = Command::new("cargo");
    command
        .args([
            "build",
            "--release",
            "--locked",
            "--keep-going",
            "--message-format=json-render-diagnostics",
            "--target",
            target,
        ])
        .arg("--manifest-path")
        .arg(manifest)
        .args(["--features", &form.features.join(",")])
        .arg("--target-dir")
        .arg(root.join("target/guests"))
        .env("RUSTC", compiler(target)?)
        .env("CARGO_ENCODED_RUSTFLAGS", remaps(root)?.join("\x1f"))
        .stderr(Stdio::inherit());
    for source in sources {
        let name = examples
            .get(&source.canonicalize()?)
            .with_context(|| format!("{} is not an example in {}", source.display(), manifest.display()))?;
        command.args(["--example", name]);
    }
    let output = command.output().context("running cargo")?;
    ensure!(output.status.success(), "cargo could not build the guests for {target}");

    let mut modules = HashMap::new();
    for line in output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let message: Message = serde_json::from_slice(line).context("reading what cargo reports")?;
        let Message { reason, target: Some(target), filenames } = message else { continue };
        if reason != "compiler-artifact" || !target.is_example() {
            continue;
        }
        let module = filenames.into_iter().find(|file| file.extension().is_some_and(|extension| extension == "wasm"));
        if let (Some(source), Some(module)) = (sources.iter().find(|source| same(source, &target.src_path)), module) {
            // Read now: another form of the guest goes to the same place.
            modules.insert(source.clone(), fs::read(&module).with_context(|| module.display().to_string())?);
        }
    }
    Ok(modules)
}

/// The version line of the compiler that [`build`] uses for `target`.
pub(crate) fn version(target: &str) -> Result<String> {
    let output = Command::new(compiler(target)?).arg("--version").output()?;
    let line = String::from_utf8(output.stdout)?;
    Ok(line.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
}

/// The compiler: `RUSTC` if that is set, else the first of rustup's and the distribution's that has a standard
/// library for `target`.
fn compiler(target: &str) -> Result<PathBuf> {
    if let Some(chosen) = env::var_os("GUEST_RUSTC") {
        return Ok(chosen.into());
    }
    for candidate in ["rustc", "/usr/bin/rustc"] {
        let Ok(output) = Command::new(candidate).args(["--print", "target-libdir", "--target", target]).output() else {
            continue;
        };
        let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
        if fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some()) {
            return Ok(candidate.into());
        }
    }
    bail!("no rustc here has a standard library for {target}; tests/wit_bindgen/README.md says how to get one")
}

fn remaps(root: &Path) -> Result<Vec<String>> {
    let cargo = match env::var_os("CARGO_HOME") {
        Some(home) => PathBuf::from(home),
        None => PathBuf::from(env::var_os("HOME").context("neither CARGO_HOME nor HOME is set")?).join(".cargo"),
    };
    let remap = |from: &Path, to: &str| format!("--remap-path-prefix={}={to}", from.display());
    Ok(vec![remap(root, "/meld"), remap(&cargo, "/cargo")])
}

/// The example targets of the guests' workspace: canonical source path to name.
fn examples(manifest: &Path) -> Result<HashMap<PathBuf, String>> {
    let output = Command::new("cargo")
        .args(["metadata", "--no-deps", "--format-version=1", "--manifest-path"])
        .arg(manifest)
        .stderr(Stdio::inherit())
        .output()
        .context("running cargo metadata")?;
    ensure!(output.status.success(), "cargo could not read {}", manifest.display());
    let metadata: Metadata = serde_json::from_slice(&output.stdout)?;
    metadata
        .packages
        .into_iter()
        .flat_map(|package| package.targets)
        .filter(Target::is_example)
        .map(|target| {
            let path = target.src_path.canonicalize().with_context(|| target.src_path.display().to_string())?;
            Ok((path, target.name))
        })
        .collect()
}

fn same(left: &Path, right: &Path) -> bool {
    matches!((left.canonicalize(), right.canonicalize()), (Ok(left), Ok(right)) if left == right)
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
    src_path: PathBuf,
}

impl Target {
    fn is_example(&self) -> bool {
        self.kind.iter().any(|kind| kind == "example")
    }
}

/// One line of cargo's report.
#[derive(Deserialize)]
struct Message {
    reason: String,
    target: Option<Target>,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}
