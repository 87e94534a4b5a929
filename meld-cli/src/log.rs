//! The log: what the library does, with times.
//!
//! In: `RUST_LOG`, or how often `-v` is given. Out: lines on stderr with the time since the start of the command.

use env_logger::{Builder, Env};
use std::io::Write;
use std::time::Instant;

/// Starts the log. Without `RUST_LOG`, `-vv` logs the stages.
pub(crate) fn start(verbose: u8) {
    let default = if verbose >= 2 { "meld_core=debug" } else { "off" };
    let start = Instant::now();
    let mut builder = Builder::from_env(Env::default().default_filter_or(default));
    builder.format(move |out, record| {
        writeln!(out, "[{:>9.3} ms] {}", start.elapsed().as_secs_f64() * 1000.0, record.args())
    });
    // There is one command in a process, and so one log.
    let _ = builder.try_init();
}
