//! `meld completion`: completions for a shell, on stdout.

use anyhow::Result;
use clap::CommandFactory;
use clap_complete::Shell;

/// Print shell completions
#[derive(clap::Parser)]
pub(crate) struct Opts {
    /// The shell to print completions for
    shell: Shell,
}

impl Opts {
    pub(crate) fn run(self) -> Result<()> {
        // Into memory first: the generator panics when its writer fails, and a closed pipe is no panic.
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut super::Meld::command(), "meld", &mut text);
        super::output::print(&text)
    }
}
