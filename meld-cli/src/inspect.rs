//! `meld inspect`: what a stage makes of the inputs, for people and for scripts.

use crate::fusion::Fusion;
use crate::output::Outputs;
use anyhow::Result;
use meld_core::{Pass, Stage};
use std::path::PathBuf;

/// Print what a stage of the fusion makes of the inputs
///
/// All options of `meld fuse` have the same effect here. What they write beside the module, such as `--report`, is written
/// too, if the whole fusion succeeds.
#[derive(clap::Parser)]
pub(crate) struct Opts {
    /// The stage whose result to print
    #[arg(long, value_enum, default_value_t = StageArg::Plan)]
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

/// `--stage`.
#[derive(Clone, Copy, clap::ValueEnum)]
enum StageArg {
    /// The root component: which import is linked to which export
    Link,
    /// The static components and their items
    Parse,
    /// The composition with all instantiation carried out
    Dfg,
    /// Resource types: who defines each, who sees it under which name
    Resources,
    /// The same as a graph in the DOT language
    ResourcesDot,
    /// Handle tables: the table and the tag of each view of a resource
    Handles,
    /// Decisions: how each boundary is lowered, what state each instance needs
    Plan,
    /// The bodies of adapters, before anything is known to be dead
    Adapters,
    /// The entities of the fused module, before anything is known to be dead
    Merged,
    /// The same, each memory a window of one, with `--memory shared`
    Rebase,
    /// The same, with segments and start functions in the order of the input
    Start,
    /// What is live, with calls through constant tables made direct
    Devirtualize,
    /// The same, without functions that only call another one
    Forward,
    /// What is live then
    Liveness,
    /// The same, if nothing that is live is unsupported
    Refuse,
    /// The same, with imports that are the same made one
    Unite,
    /// The same, with equal functions made one
    Fold,
    /// The same, if it is not too large
    Size,
    /// The same, with one stack for all, with `--share-stack`
    Stack,
    /// The same, with the place of each window, with `--memory shared`
    Layout,
    /// Checks that are put into bodies, with `--isolate` or `--share-stack`
    Checks,
    /// The written core module: sections, imports and exports
    Emit,
}

impl Opts {
    pub(crate) fn run(self) -> Result<()> {
        self.fusion.check(&self.output)?;
        let fuser = self.fusion.fuser()?;
        let inspection = fuser.inspect(self.stage.stage())?;
        let print = if self.json { inspection.to_json() } else { inspection.to_string() };
        let mut outputs = Outputs::default();
        if self.fusion.has_others() {
            self.fusion.add_others(&self.fusion.fuse(&fuser)?, &mut outputs)?;
        }
        outputs.add(&self.output, print)?;
        outputs.commit()
    }
}

impl StageArg {
    fn stage(self) -> Stage {
        match self {
            StageArg::Link => Stage::Link,
            StageArg::Parse => Stage::Parse,
            StageArg::Dfg => Stage::Dfg,
            StageArg::Resources => Stage::Resources,
            StageArg::ResourcesDot => Stage::ResourcesDot,
            StageArg::Handles => Stage::Handles,
            StageArg::Plan => Stage::Plan,
            StageArg::Adapters => Stage::Adapters,
            StageArg::Merged => Stage::Merged,
            StageArg::Rebase => Stage::After(Pass::Rebase),
            StageArg::Start => Stage::After(Pass::Start),
            StageArg::Devirtualize => Stage::After(Pass::Devirtualize),
            StageArg::Forward => Stage::After(Pass::Forward),
            StageArg::Liveness => Stage::After(Pass::Liveness),
            StageArg::Refuse => Stage::After(Pass::Refuse),
            StageArg::Unite => Stage::After(Pass::Unite),
            StageArg::Fold => Stage::After(Pass::Fold),
            StageArg::Size => Stage::After(Pass::Size),
            StageArg::Stack => Stage::After(Pass::Stack),
            StageArg::Layout => Stage::After(Pass::Layout),
            StageArg::Checks => Stage::Checks,
            StageArg::Emit => Stage::Emit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Command, CommandFactory, ValueEnum};
    use std::collections::BTreeSet;

    /// Every stage of the library is one of the command's, by the same name and in the same order.
    #[test]
    fn the_stages_are_those_of_the_library() {
        let of_the_command = StageArg::value_variants().iter().map(|arg| {
            let value = arg.to_possible_value().expect("no stage is hidden");
            assert_eq!(value.get_name(), arg.stage().name());
            arg.stage()
        });
        assert_eq!(of_the_command.collect::<Vec<_>>(), Stage::all().collect::<Vec<_>>());
    }

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
