//! `meld inspect`: what a stage makes of the inputs, for people and for scripts.

use crate::input::Inputs;
use crate::limits::Limits;
use crate::placement::Placement;
use anyhow::Result;
use meld_core::{Fuser, Pass, Stage};

/// Print what a stage of the fusion makes of the inputs
#[derive(clap::Parser)]
pub(crate) struct Opts {
    #[command(flatten)]
    inputs: Inputs,

    /// The stage whose result to print
    #[arg(long, value_enum, default_value_t = StageArg::Plan)]
    stage: StageArg,

    #[command(flatten)]
    placement: Placement,

    #[command(flatten)]
    limits: Limits,

    /// Print JSON instead of text
    #[arg(long)]
    json: bool,
}

/// `--stage`.
#[derive(Clone, Copy, clap::ValueEnum)]
enum StageArg {
    /// The static components and their items
    Parse,
    /// The composition with all instantiation carried out
    Dfg,
    /// Resource types: who defines each, who sees it under which name
    Resources,
    /// The same as a graph in the DOT language
    ResourcesDot,
    /// Decisions: how each boundary is lowered, what state each instance needs
    Plan,
    /// The bodies of adapters and shims, before anything is known to be dead
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
    /// The same, with imports that are the same made one
    Unite,
    /// The same, with equal functions made one
    Fold,
    /// The same, with one stack for all, with `--share-stack`
    Stack,
    /// The same, with the place of each window, with `--memory shared`
    Layout,
}

impl Opts {
    pub(crate) fn run(self) -> Result<()> {
        let mut fuser = Fuser::new();
        self.placement.apply(&mut fuser)?;
        self.limits.apply(&mut fuser);
        self.inputs.read(&mut fuser)?;
        let stage = match self.stage {
            StageArg::Parse => Stage::Parse,
            StageArg::Dfg => Stage::Dfg,
            StageArg::Resources => Stage::Resources,
            StageArg::ResourcesDot => Stage::ResourcesDot,
            StageArg::Plan => Stage::Plan,
            StageArg::Adapters => Stage::Adapters,
            StageArg::Merged => Stage::Merged,
            StageArg::Rebase => Stage::After(Pass::Rebase),
            StageArg::Start => Stage::After(Pass::Start),
            StageArg::Devirtualize => Stage::After(Pass::Devirtualize),
            StageArg::Forward => Stage::After(Pass::Forward),
            StageArg::Liveness => Stage::After(Pass::Liveness),
            StageArg::Unite => Stage::After(Pass::Unite),
            StageArg::Fold => Stage::After(Pass::Fold),
            StageArg::Stack => Stage::After(Pass::Stack),
            StageArg::Layout => Stage::After(Pass::Layout),
        };
        let text = fuser.inspect(stage)?;
        let text = if self.json { text.to_json() } else { text.to_string() };
        super::output::print(text.as_bytes())
    }
}
