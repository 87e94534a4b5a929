//! What it costs that memories are in modules of their own: `cargo run --release -p bench-calls apart`.
//!
//! In: `loops.wat`, `calls.wat`, `resources.wat` and fixtures of the regression run. Out: a table in Markdown: the core module, which defines all
//! of its memories and tables, and the component, in which the fused module defines one of each and imports the others; the
//! same calls in the same run, in turns. A component is entered once for many calls.

use crate::{Runner, best_rounds, fixtures};
use meld_core::{Input, Options, fuse};
use wasmtime::{Engine, Result};

/// What is called, the export that does it in a loop, the length it is given.
type Row = (&'static str, &'static str, u32);

/// Rows of `loops.wat`: three guests, each with a loop over its own memory; one of the memories is defined in the fused module.
const LOOPS: [Row; 12] = [
    ("loads, 1 MiB, first guest", "first-load", 1 << 20),
    ("loads, 1 MiB, second guest", "next-load", 1 << 20),
    ("loads, 1 MiB, third guest", "far-load", 1 << 20),
    ("loads of addresses, 64 KiB, first guest", "first-chase", 1 << 16),
    ("loads of addresses, 64 KiB, second guest", "next-chase", 1 << 16),
    ("loads of addresses, 64 KiB, third guest", "far-chase", 1 << 16),
    ("records loaded and stored, 1 MiB, first guest", "first-records", 1 << 20),
    ("records loaded and stored, 1 MiB, second guest", "next-records", 1 << 20),
    ("records loaded and stored, 1 MiB, third guest", "far-records", 1 << 20),
    ("`memory.copy`, 16 bytes, first guest", "first-copy", 16),
    ("`memory.copy`, 16 bytes, second guest", "next-copy", 16),
    ("`memory.fill`, 16 bytes, second guest", "next-fill", 16),
];

/// Rows of `calls.wat`: from one guest to another.
const CALLS: [Row; 8] = [
    ("`add(u32, u32) -> u32`", "add", 0),
    ("record with char, option and result `-> option<u32>`", "small", 0),
    ("string, 16 bytes of ASCII", "text", 16),
    ("string, 1 KiB of ASCII", "text", 1 << 10),
    ("string to UTF-16, 1 KiB of ASCII", "text16", 1 << 10),
    ("`list<u8>`, 16 bytes", "bytes", 16),
    ("`list<u32>` there and back, 1 KiB", "echo", 1 << 8),
    ("`list<record { u32, string }>`, 10", "records", 10),
];

/// Rows of `resources.wat`.
const RESOURCES: [Row; 2] =
    [("method through a borrow", "get", 0), ("create and drop, with a destructor", "create-drop", 0)];

/// Fixtures whose `run` is called.
const FIXTURES: [&str; 6] = ["strings", "lists", "records", "chain", "resource_aggregates", "resource_with_lists"];

/// Measures and prints the table.
pub(crate) fn rows(engine: &Engine) -> Result<()> {
    println!("| | core ns | component ns | component / core |");
    println!("|---|---:|---:|---:|");
    let mut options = Options::default();
    options.component = true;
    for (text, rows) in [
        (include_str!("../loops.wat"), &LOOPS[..]),
        (include_str!("../calls.wat"), &CALLS[..]),
        (include_str!("../resources.wat"), &RESOURCES[..]),
    ] {
        let composition = wat::parse_str(text)?;
        let input = Input::new("composition", &composition[..]);
        let fused = fuse(&[input], &options)?;
        let component = fused.component.unwrap_or_default();
        for &(title, export, length) in rows {
            let mut core = Runner::core(engine, &fused.core, export)?;
            let mut component = Runner::component(engine, &component, export)?;
            let best = best_rounds(title, &mut [&mut core, &mut component], length)?;
            print(title, best[0], best[1]);
        }
    }
    for name in FIXTURES {
        let [core, component] = fixtures::both_forms(engine, name)?;
        print(&format!("`run` of the fixture {name}"), core, component);
    }
    Ok(())
}

fn print(title: &str, core: f64, component: f64) {
    println!("| {title} | {core:.1} | {component:.1} | {:.2} |", component / core);
}
