//! `meld inspect`: what a stage makes of the inputs, for people and for scripts.

use crate::fusion::Fusion;
use crate::output::Outputs;
use anyhow::Result;
use clap::ValueEnum;
use clap::builder::PossibleValue;
use meld_core::Stage;
use std::path::PathBuf;
use std::sync::LazyLock;

/// Print what a stage of the fusion makes of the inputs
///
/// All options of `meld fuse` have the same effect here. What they write beside the module, such as `--report`, is written
/// too, if the whole fusion succeeds.
#[derive(clap::Parser)]
pub(crate) struct Opts {
    /// The stage whose result to print
    #[arg(long, value_enum, default_value_t = StageArg(Stage::Plan))]
    stage: StageArg,

    /// Print JSON instead of text
    #[arg(long)]
    json: bool,

    /// Where to put the print; stdout if not given
    #[arg(short, long, value_name = "OUT", default_value = "-", hide_default_value = true)]
    output: PathBuf,

    /// Print text; the default
    #[arg(short = 't', long = "wat", conflicts_with = "json")]
    text: bool,

    #[command(flatten)]
    fusion: Fusion,
}

/// `--stage`: a stage of the library.
#[derive(Clone, Copy)]
struct StageArg(Stage);

impl ValueEnum for StageArg {
    fn value_variants<'a>() -> &'a [Self] {
        static ALL: LazyLock<Vec<StageArg>> = LazyLock::new(|| Stage::all().map(StageArg).collect());
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name()).help(self.0.summary()))
    }
}

impl Opts {
    pub(crate) fn run(self) -> Result<()> {
        self.fusion.check(&self.output)?;
        let fuser = self.fusion.fuser()?;
        let inspection = fuser.inspect(self.stage.0)?;
        let print = if self.json { inspection.to_json() } else { inspection.to_string() };
        let mut outputs = Outputs::default();
        if self.fusion.has_others() {
            self.fusion.add_others(&self.fusion.fuse(&fuser)?, &mut outputs)?;
        }
        outputs.add(&self.output, print)?;
        outputs.commit()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Command, CommandFactory};
    use std::collections::BTreeSet;

    /// `inspect` takes every option that `fuse` takes, spelled the same, and two of its own.
    #[test]
    fn the_options_are_those_of_fuse() {
        let options = |command: Command| -> BTreeSet<String> {
            let spelled = |arg: &clap::Arg| {
                let value = arg.get_num_args().map(|count| count.to_string()).unwrap_or_default();
                format!("{:?} {:?} {value}", arg.get_short(), arg.get_long())
            };
            command.get_arguments().map(spelled).collect()
        };
        let (of_fuse, of_inspect) = (options(crate::fuse::Opts::command()), options(Opts::command()));
        assert!(of_fuse.len() > 25, "{of_fuse:?}");
        assert_eq!(of_fuse.difference(&of_inspect).collect::<Vec<_>>(), Vec::<&String>::new());
        assert_eq!(of_inspect.difference(&of_fuse).count(), 2, "`--stage` and `--json`");
    }
}
