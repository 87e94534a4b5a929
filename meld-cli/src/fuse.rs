//! `meld fuse`: components in, one core module or component out.

use crate::fusion::Fusion;
use crate::output::{self, Outputs};
use anyhow::Result;
use std::path::PathBuf;

/// Fuse components into one core module
///
/// The result behaves as the inputs do, with every call between components turned into a direct call or
/// into an adapter in the module.
#[derive(clap::Parser)]
pub(crate) struct Opts {
    /// Where to put the result; stdout if not given
    #[arg(short, long, value_name = "OUT", default_value = "-", hide_default_value = true)]
    output: PathBuf,

    /// Write the text format instead of the binary format; the default where the name of OUT ends in `.wat`
    #[arg(short = 't', long = "wat")]
    text: bool,

    #[command(flatten)]
    fusion: Fusion,
}

impl Opts {
    pub(crate) fn run(self) -> Result<()> {
        self.fusion.check(&self.output)?;
        let text = self.text || output::is_text(&self.output);
        if !text {
            output::check_not_a_terminal(&self.output)?;
        }
        let fused = self.fusion.fuse(&self.fusion.fuser()?)?;
        let mut outputs = Outputs::default();
        self.fusion.add_others(&fused, &mut outputs)?;
        outputs.add_module(&self.output, fused.bytes, text)?;
        outputs.commit()
    }
}
