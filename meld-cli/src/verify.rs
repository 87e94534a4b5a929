//! `meld verify`: an original and a fused artifact in, agreement or the first difference out.

use crate::input;
use crate::output;
use anstyle::{AnsiColor, Style};
use anyhow::{Result, bail};
use meld_oracle::verify::{Behaviour, Calls, Difference, Verdict, verify};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

/// Compare a fused artifact with its original
///
/// Runs both in wasmtime with the same calls and compares results, traps, and the calls that the host sees. A command or an HTTP service of
/// WASI runs under WASI; anything else under a host that satisfies any import, answers by the seed, and records what it is asked. A
/// difference is a failure: the exit code is 1.
#[derive(clap::Parser)]
pub(crate) struct Opts {
    /// The original component
    original: PathBuf,

    /// The fused component, or the fused core module if it has a `component-type` section
    fused: PathBuf,

    /// Call this export, in WAVE: `interface#function(arguments)`; can be given several times. Without, calls are made up from the
    /// types of all exports
    #[arg(long, value_name = "CALL")]
    invoke: Vec<String>,

    /// What made-up arguments and the host's answers depend on
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,

    /// How often each export is called with made-up arguments
    #[arg(long, value_name = "N", default_value_t = 20)]
    rounds: usize,

    /// Arguments of a WASI command, behind the program's name
    #[arg(long, value_name = "ARG", allow_hyphen_values = true)]
    arg: Vec<String>,

    /// Environment variables of a WASI command
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_env)]
    env: Vec<(String, String)>,

    /// Print the verdict in JSON
    #[arg(long)]
    json: bool,
}

impl Opts {
    pub(crate) fn run(self) -> Result<()> {
        let (original, fused) = (input::read(&self.original)?, input::read(&self.fused)?);
        let args = std::iter::once(input::name(&self.original)).chain(self.arg).collect();
        let calls = Calls { invoke: self.invoke, seed: self.seed, rounds: self.rounds, args, env: self.env };
        let verdict = verify(&original, &fused, &calls)?;
        if self.json {
            let json = serde_json::to_string_pretty(&verdict)?;
            output::print((json + "\n").as_bytes())?;
        } else if verdict.difference.is_none() && verdict.stopped.is_none() {
            output::print(agreement(&verdict).as_bytes())?;
        } else if let Some(difference) = &verdict.difference {
            anstream::stdout().write_all(described(difference).as_bytes())?;
        }
        match (verdict.difference, verdict.stopped) {
            (None, None) => Ok(()),
            (None, Some(call)) => {
                bail!("the fused artifact ran out of time at {call}; what it does from there on is not known")
            }
            (Some(difference), _) => bail!("the fused artifact behaves differently at {}", difference.at),
        }
    }
}

fn agreement(verdict: &Verdict) -> String {
    let Verdict { host, calls, host_calls, seed, .. } = verdict;
    format!("both behave the same in {calls} calls, in which the host saw {host_calls} (host: {host}, seed {seed})\n")
}

fn described(difference: &Difference) -> String {
    const TITLE: Style = AnsiColor::Cyan.on_default().bold();
    let mut text = format!("{TITLE}at{TITLE:#} {}\n", difference.at);
    for (name, behaviour) in [("original", &difference.original), ("fused", &difference.fused)] {
        let Behaviour { outcome, host, .. } = behaviour;
        let _ = writeln!(text, "{TITLE}{name}{TITLE:#} {outcome}");
        for event in host {
            let _ = writeln!(text, "  the host sees {event}");
        }
    }
    for (name, behaviour) in [("original", &difference.original), ("fused", &difference.fused)] {
        if let Some(trace) = &behaviour.backtrace {
            let _ = writeln!(text, "\n{TITLE}backtrace of the {name}{TITLE:#}\n{}", trace.trim_end());
        }
    }
    text
}

fn parse_env(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}
