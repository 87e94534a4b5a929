//! `meld new`: a core module in, a component out.

use crate::input;
use crate::output::{self, Outputs};
use anyhow::Result;
use meld_core::Componentizer;
use meld_core::CoreName;
use std::path::PathBuf;

/// Make a component of a core module
///
/// The module says its world itself, in sections that binding generators leave in it, and is valid for it. This is what
/// `wasm-tools component new` does, and in addition core imports can be kept.
#[derive(clap::Parser)]
pub(crate) struct Opts {
    /// The core module, in the binary or the text format; `-` is stdin
    module: PathBuf,

    /// Where to put the component; stdout if not given
    #[arg(short, long, value_name = "OUT", default_value = "-", hide_default_value = true)]
    output: PathBuf,

    /// Write the text format instead of the binary format; the default where the name of OUT ends in `.wat`
    #[arg(short = 't', long = "wat")]
    text: bool,

    /// Keep a core import of a function: an import at the root of the component, named by the field in kebab case
    ///
    /// Leading underscores are dropped: `env::__cabi_arena_realloc` becomes `cabi-arena-realloc`. The function has the
    /// parameters p0, p1, …: a u32 for an i32, a u64 for an i64, and floats as they are.
    #[arg(long, value_name = "MODULE::FIELD")]
    import_passthrough: Vec<CoreName>,

    /// Implement the imports from a core module by an adapter, called by its file's name up to a dot if not named
    #[arg(long, value_name = "[NAME=]FILE", value_parser = parse_adapter)]
    adapt: Vec<(String, PathBuf)>,
}

impl Opts {
    pub(crate) fn run(self) -> Result<()> {
        let text = self.text || output::is_text(&self.output);
        if !text {
            output::check_not_a_terminal(&self.output)?;
        }
        let mut componentizer = Componentizer::new(input::name(&self.module), input::read(&self.module)?);
        for import in self.import_passthrough {
            componentizer.passthrough(import);
        }
        for (name, path) in self.adapt {
            componentizer.adapter(name, input::read(&path)?);
        }
        let component = componentizer.componentize()?;
        let mut outputs = Outputs::default();
        outputs.add_module(&self.output, component, text)?;
        outputs.commit()
    }
}

/// Parses `[name=]file`.
fn parse_adapter(text: &str) -> Result<(String, PathBuf), String> {
    if let Some((name, file)) = text.split_once('=') {
        return Ok((name.to_string(), file.into()));
    }
    let path = PathBuf::from(text);
    let stem = path.file_name().and_then(|name| name.to_str()?.split('.').next());
    match stem {
        Some(name) if !name.is_empty() => Ok((name.to_string(), path)),
        _ => Err("expected NAME=FILE, or a file whose name is that of the adapter".to_string()),
    }
}
