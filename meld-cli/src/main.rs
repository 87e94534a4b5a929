//! The command `meld`.
//!
//! In: arguments and files. Out: files, an exit code (0 done, 1 failed, 2 wrong usage), and on failure
//! `error:` with its chain of causes on stderr. Everything that knows about components is in `meld-core`;
//! here are only arguments, files and printing. One file per command.

mod completion;
mod explain;
mod fuse;
mod fusion;
mod hints;
mod input;
mod inspect;
mod limits;
mod log;
mod new;
mod output;
mod page;
mod placement;
#[cfg(test)]
mod reference;
mod size;
mod summary;
#[cfg(feature = "verify")]
mod verify;
mod words;

use anstyle::{AnsiColor, Style};
use clap::{ColorChoice, Parser, Subcommand};
use std::io::{self, Write};
use std::process::ExitCode;

/// Fuses WebAssembly components into one core module.
#[derive(Parser)]
#[command(name = "meld", version, propagate_version = true)]
struct Meld {
    /// Print in colours; `auto` does so in a terminal, unless `NO_COLOR` is set
    #[arg(long, value_name = "WHEN", default_value_t = ColorChoice::Auto, value_enum, global = true, hide_possible_values = true)]
    color: ColorChoice,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Fuse(fuse::Opts),
    New(new::Opts),
    Inspect(inspect::Opts),
    Explain(explain::Opts),
    #[cfg(feature = "verify")]
    Verify(verify::Opts),
    Completion(completion::Opts),
}

fn main() -> ExitCode {
    // Wrong usage ends here, with exit code 2.
    let Meld { color, command } = Meld::parse();
    match color {
        ColorChoice::Auto => anstream::ColorChoice::Auto,
        ColorChoice::Always => anstream::ColorChoice::Always,
        ColorChoice::Never => anstream::ColorChoice::Never,
    }
    .write_global();
    let result = match command {
        Command::Fuse(opts) => opts.run(),
        Command::New(opts) => opts.run(),
        Command::Inspect(opts) => opts.run(),
        Command::Explain(opts) => opts.run(),
        #[cfg(feature = "verify")]
        Command::Verify(opts) => opts.run(),
        Command::Completion(opts) => opts.run(),
    };
    let Err(error) = result else { return ExitCode::SUCCESS };
    // The reader of the output has closed it, so a message has no reader either.
    let closed_pipe = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
    };
    if !error.chain().any(closed_pipe) {
        // A failure to print the failure has no better place to go.
        let _ = print_error(&error);
    }
    ExitCode::FAILURE
}

/// Prints `error:` and the chain of causes, in the form that the tools of this field share, and what options can do about it.
fn print_error(error: &anyhow::Error) -> io::Result<()> {
    const ERROR: Style = AnsiColor::Red.on_default().bold();
    const HINT: Style = AnsiColor::Green.on_default().bold();
    let mut stderr = anstream::stderr().lock();
    writeln!(stderr, "{ERROR}error{ERROR:#}: {error}")?;
    if error.chain().len() > 1 {
        writeln!(stderr, "\nCaused by:")?;
    }
    for (i, cause) in error.chain().skip(1).enumerate() {
        writeln!(stderr, "{i:>5}: {}", cause.to_string().trim_end().replace('\n', "\n       "))?;
    }
    for hint in hints::hints(error) {
        writeln!(stderr, "{HINT}hint{HINT:#}: {hint}")?;
    }
    Ok(())
}
