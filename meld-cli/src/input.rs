//! Reading inputs: files or stdin, in the binary or the text format, each with a unique name.

use anyhow::{Context, Result, bail};
use meld_core::Fuser;
use std::collections::HashSet;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The inputs of a command.
#[derive(clap::Args)]
pub(crate) struct Inputs {
    /// Components to fuse, in the binary or the text format; `-` is stdin
    ///
    /// A core module with a `component-type` section, as binding generators write it, is made a component first.
    /// One input is a whole composition. Several are linked to each other: an import is satisfied by the
    /// export of the same name. `--link` calls an input by its file's name without the extension.
    #[arg(value_name = "INPUT", required = true)]
    paths: Vec<PathBuf>,
}

impl Inputs {
    /// What a report about them is called.
    pub(crate) fn title(&self) -> String {
        self.paths.iter().map(|path| name(path)).collect::<Vec<_>>().join(" + ")
    }

    /// Reads all inputs into `fuser`, in the order of the command line.
    pub(crate) fn read(&self, fuser: &mut Fuser) -> Result<()> {
        if self.paths.iter().filter(|path| is_std(path)).count() > 1 {
            bail!("stdin can be only one of the inputs");
        }
        let mut names = Names::default();
        for path in &self.paths {
            let name = names.unique(path);
            if is_std(path) {
                fuser.input(name, read(path)?);
            } else {
                fuser.input_from(path.display().to_string(), name, read(path)?);
            }
        }
        Ok(())
    }
}

/// Whether `path` means stdin or stdout.
pub(crate) fn is_std(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// The contents of a file, or of stdin.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    if !is_std(path) {
        return std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()));
    }
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes).context("cannot read stdin")?;
    Ok(bytes)
}

/// What messages call an input: by its file's name without the extension.
pub(crate) fn name(path: &Path) -> String {
    match path.file_stem() {
        Some(stem) if !is_std(path) => stem.to_string_lossy().into_owned(),
        _ => "stdin".to_string(),
    }
}

/// Hands out names of inputs: file stems, with a number where two are equal.
#[derive(Default)]
struct Names(HashSet<String>);

impl Names {
    fn unique(&mut self, path: &Path) -> String {
        let stem = name(path);
        let mut name = stem.clone();
        let mut n = 2;
        while !self.0.insert(name.clone()) {
            name = format!("{stem}-{n}");
            n += 1;
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_stems_are_numbered() {
        let mut names = Names::default();
        let given = ["a/x.wasm", "b/x.wat", "x-2.wasm", "x.wasm", "-"].map(|path| names.unique(Path::new(path)));
        assert_eq!(given, ["x", "x-2", "x-2-2", "x-3", "stdin"]);
    }
}
