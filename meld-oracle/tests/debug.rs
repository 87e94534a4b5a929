//! Debug information, before and after.
//!
//! In: random core modules with a row of a line program for each instruction; and guests of real compilers. Out: each instruction has
//! the line that it had, in every mode, and an engine prints the same frames when a guest traps.

#[path = "debug/backtraces.rs"]
mod backtraces;
#[path = "debug/instructions.rs"]
mod instructions;
#[path = "debug/rows.rs"]
mod rows;

use meld_core::Options;
use meld_core::options::Protection;
use meld_oracle::differential::shared;

/// Options for each way to put code together.
fn modes(heap: u64) -> Vec<(&'static str, Options)> {
    let mut isolated = shared(heap);
    isolated.shared().protection = Protection::Isolated;
    let mut modes = vec![("multi", Options::default()), ("shared", shared(heap)), ("isolated", isolated)];
    for (_, options) in &mut modes {
        options.component = true;
    }
    modes
}
