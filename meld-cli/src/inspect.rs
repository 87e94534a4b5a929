//! `meld inspect`: what a stage makes of the inputs, for people and for scripts.

use crate::input::Inputs;
use crate::limits::Limits;
use crate::placement::Placement;
use anyhow::Result;
use meld_core::{Fuser, Stage};

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
}

impl Opts {
    pub(crate) fn run(self) -> Result<()> {
        let mut fuser = Fuser::new();
        self.placement.apply(&mut fuser);
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
        };
        let text = fuser.inspect(stage)?;
        let text = if self.json { text.to_json() } else { text.to_string() };
        super::output::print(text.as_bytes())
    }
}
