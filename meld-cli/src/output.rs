//! Writing results. Nothing is left behind on failure: each file is written beside its destination under a
//! temporary name, and only when everything of a command is written are the names changed.

use anyhow::{Context, Result, bail};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// The results of a command, written but not yet in place.
#[derive(Default)]
pub(crate) struct Outputs {
    files: Vec<(NamedTempFile, PathBuf)>,
    /// What goes to stdout or to something that is no regular file, such as a pipe: it has no second name.
    streams: Vec<(Option<PathBuf>, Vec<u8>)>,
}

impl Outputs {
    /// Adds a result for `path`; `-` is stdout.
    pub(crate) fn add(&mut self, path: &Path, contents: impl Into<Vec<u8>>) -> Result<()> {
        if super::input::is_std(path) {
            self.streams.push((None, contents.into()));
            return Ok(());
        }
        let failed = || format!("cannot write `{}`", path.display());
        // A link is followed, or the rename would replace the link and not what it points at.
        let path_followed = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        if path_followed.exists() && !path_followed.is_file() {
            self.streams.push((Some(path_followed), contents.into()));
            return Ok(());
        }
        let directory = match path_followed.parent() {
            Some(directory) if !directory.as_os_str().is_empty() => directory,
            _ => Path::new("."),
        };
        let mut builder = tempfile::Builder::new();
        builder.prefix(".meld-");
        // Temporary files are private by default; a result has the permissions of any new file.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        // The error names the temporary file, which means nothing to the user. Only its kind is kept.
        let file = builder.tempfile_in(directory).map_err(|error| io::Error::from(error.kind()));
        let mut file = file.with_context(failed)?;
        file.write_all(&contents.into()).with_context(failed)?;
        self.files.push((file, path_followed));
        Ok(())
    }

    /// Adds a module or component in the text or the binary format.
    pub(crate) fn add_module(&mut self, path: &Path, bytes: Vec<u8>, text: bool) -> Result<()> {
        if !text {
            return self.add(path, bytes);
        }
        self.add(path, wasmprinter::print_bytes(&bytes).context("cannot print the result as text")?)
    }

    /// Puts everything in place.
    pub(crate) fn commit(self) -> Result<()> {
        for (path, contents) in self.streams {
            match path {
                Some(path) => {
                    std::fs::write(&path, contents).with_context(|| format!("cannot write `{}`", path.display()))?;
                }
                None => print(&contents)?,
            }
        }
        for (file, path) in self.files {
            file.persist(&path).map_err(|e| e.error).with_context(|| format!("cannot write `{}`", path.display()))?;
        }
        Ok(())
    }
}

/// Whether the name of an output says that it is text.
pub(crate) fn is_text(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "wat")
}

/// Refuses to write a binary to a terminal, which it would leave in a sorry state.
pub(crate) fn check_not_a_terminal(path: &Path) -> Result<()> {
    if super::input::is_std(path) && io::stdout().is_terminal() {
        bail!("cannot print binary WebAssembly to a terminal; give a file with `-o`, or ask for text with `-t`");
    }
    Ok(())
}

/// Writes all of `contents` to stdout.
pub(crate) fn print(contents: &[u8]) -> Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(contents).and_then(|()| stdout.flush()).context("cannot write to stdout")
}
