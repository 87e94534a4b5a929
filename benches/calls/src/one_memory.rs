//! What it costs that memories are windows of one: `cargo run --release -p bench-calls one-memory`.
//!
//! In: `loops.wat`, `calls.wat`, `resources.wat` and fixtures of the regression run. Out: a table in Markdown, with the composition as it is and three
//! core modules made of it: with a memory for each, with one memory, and with one memory whose windows are isolated; of
//! fixtures, whose guests have stacks, also with one stack for all.
//! Measured as the table of calls is: all columns of a row in one run, in turns.

use crate::{Runner, best_rounds, fixtures};
use meld_core::options::{HandleStorage, MemoryMode, Protection, StackSize};
use meld_core::{Input, Options, fuse};
use wasmtime::{Config, Engine, Result};

/// What is called, the export that does it in a loop, the length it is given.
type Row = (&'static str, &'static str, u32);

/// Rows of `loops.wat`: a guest alone.
const LOOPS: [Row; 20] = [
    ("loads, 1 MiB, window at 0", "first-load", 1 << 20),
    ("loads, 1 MiB, window at 4 MiB", "next-load", 1 << 20),
    ("loads, 1 MiB, window at 72 MiB", "far-load", 1 << 20),
    ("stores, 1 MiB, window at 0", "first-store", 1 << 20),
    ("stores, 1 MiB, window at 4 MiB", "next-store", 1 << 20),
    ("stores, 1 MiB, window at 72 MiB", "far-store", 1 << 20),
    ("loads of addresses, 64 KiB, window at 0", "first-chase", 1 << 16),
    ("loads of addresses, 64 KiB, window at 4 MiB", "next-chase", 1 << 16),
    ("loads of addresses, 64 KiB, window at 72 MiB", "far-chase", 1 << 16),
    ("records loaded and stored, 1 MiB, window at 0", "first-records", 1 << 20),
    ("records loaded and stored, 1 MiB, window at 4 MiB", "next-records", 1 << 20),
    ("records loaded and stored, 1 MiB, window at 72 MiB", "far-records", 1 << 20),
    ("`memory.copy`, 16 bytes, window at 0", "first-copy", 16),
    ("`memory.copy`, 16 bytes, window at 4 MiB", "next-copy", 16),
    ("`memory.copy`, 1 KiB, window at 4 MiB", "next-copy", 1 << 10),
    ("`memory.copy`, 1 MiB, window at 4 MiB", "next-copy", 1 << 20),
    ("`memory.fill`, 16 bytes, window at 0", "first-fill", 16),
    ("`memory.fill`, 16 bytes, window at 4 MiB", "next-fill", 16),
    ("`memory.fill`, 1 KiB, window at 4 MiB", "next-fill", 1 << 10),
    ("`memory.fill`, 1 MiB, window at 4 MiB", "next-fill", 1 << 20),
];

/// Rows of `loops.wat` with a window that lies beyond the guard that the engine has behind a memory, in an engine with a
/// larger one.
const GUARDED: [Row; 4] = [
    ("loads, 1 MiB, window at 72 MiB, guard of 128 MiB", "far-load", 1 << 20),
    ("stores, 1 MiB, window at 72 MiB, guard of 128 MiB", "far-store", 1 << 20),
    ("loads of addresses, 64 KiB, window at 72 MiB, guard of 128 MiB", "far-chase", 1 << 16),
    ("records loaded and stored, 1 MiB, window at 72 MiB, guard of 128 MiB", "far-records", 1 << 20),
];

/// Rows of `calls.wat`: from one guest to another.
const CALLS: [Row; 12] = [
    ("`add(u32, u32) -> u32`", "add", 0),
    ("record with char, option and result `-> option<u32>`", "small", 0),
    ("string, 16 bytes of ASCII", "text", 16),
    ("string, 1 KiB of ASCII", "text", 1 << 10),
    ("string, 1 MiB of ASCII", "text", 1 << 20),
    ("string to UTF-16, 1 KiB of ASCII", "text16", 1 << 10),
    ("`list<u8>`, 16 bytes", "bytes", 16),
    ("`list<u8>`, 1 KiB", "bytes", 1 << 10),
    ("`list<u8>`, 1 MiB", "bytes", 1 << 20),
    ("`list<u32>` there and back, 1 KiB", "echo", 1 << 8),
    ("`list<record { u32, string }>`, 10", "records", 10),
    ("`list<record { u32, string }>`, 1000", "records", 1000),
];

/// Rows of `resources.wat`: tables of handles, which are regions of a fixed size where there is one memory.
const RESOURCES: [Row; 2] =
    [("method through a borrow", "get", 0), ("create and drop, with a destructor", "create-drop", 0)];

/// Fixtures whose `run` is called.
const FIXTURES: [&str; 6] = ["strings", "lists", "records", "chain", "resource_aggregates", "resource_with_lists"];

/// Bytes of the one stack of a fixture.
const STACK: u64 = 64 << 10;
/// How far the memories of fixtures may grow. The inputs in text grow none.
const HEAP: u64 = 1 << 20;

/// Measures and prints the table.
pub(crate) fn rows(engine: &Engine) -> Result<()> {
    println!(
        "| | unfused ns | multi ns | shared ns | isolated ns | one stack ns | unfused / shared | shared / multi \
         | isolated / multi | one stack / shared |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    let guarded = Engine::new(Config::new().memory_guard_size(128 << 20))?;
    for (engine, text, rows) in [
        (engine, include_str!("../loops.wat"), &LOOPS[..]),
        (&guarded, include_str!("../loops.wat"), &GUARDED[..]),
        (engine, include_str!("../calls.wat"), &CALLS[..]),
        (engine, include_str!("../resources.wat"), &RESOURCES[..]),
    ] {
        let composition = wat::parse_str(text)?;
        let mut modules = Vec::new();
        for options in modes(None) {
            let input = Input::new("composition", &composition[..]);
            modules.push(fuse(&[input], &options)?.core);
        }
        for &(title, export, length) in rows {
            let mut columns = vec![Runner::component(engine, &composition, export)?];
            for module in &modules {
                columns.push(Runner::core(engine, module, export)?);
            }
            print(title, &best_rounds(title, &mut columns.iter_mut().collect::<Vec<_>>(), length)?);
        }
    }
    for name in FIXTURES {
        let mut modes = modes(Some(HEAP));
        let mut stack = modes[1].clone();
        stack.shared().common().stack = Some(StackSize::Bytes(STACK));
        modes.push(stack);
        print(&format!("`run` of the fixture {name}"), &fixtures::measure(engine, name, &modes)?);
    }
    Ok(())
}

/// A memory for each, windows of one memory, isolated windows. `heap`: how many bytes a window may grow by.
fn modes(heap: Option<u64>) -> Vec<Options> {
    let mut multi = Options::default();
    multi.memory = MemoryMode::Multi;
    // As where components have memories; those that have handles here have none.
    multi.handle_storage = HandleStorage::Memory;
    let mut shared = multi.clone();
    shared.shared().rebase = true;
    shared.shared().heap().every = heap;
    let mut isolated = shared.clone();
    isolated.shared().protection = Protection::Isolated;
    vec![multi, shared, isolated]
}

/// Prints a row: the composition, the modules in the order of [`modes`], and one with one stack, if there is one.
fn print(title: &str, best: &[f64]) {
    let [unfused, multi, shared, isolated, stack @ ..] = best else {
        unreachable!("the composition and three modules")
    };
    let (one_stack, ratio) = match stack {
        [] => (String::new(), String::new()),
        [stack, ..] => (format!("{stack:.1}"), format!("{:.2}", stack / shared)),
    };
    println!(
        "| {title} | {unfused:.1} | {multi:.1} | {shared:.1} | {isolated:.1} | {one_stack} | {:.1} | {:.2} | {:.2} | {ratio} |",
        unfused / shared,
        shared / multi,
        isolated / multi
    );
}
