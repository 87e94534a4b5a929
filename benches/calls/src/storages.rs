//! What handles cost in each storage: `cargo run --release -p bench-calls storages`.
//!
//! In: `resources.wat` and chains that hand an own on. Out: a table in Markdown, with the composition as it is and the core modules
//! whose handle tables are in memories, in a table of functions, and in arrays of the garbage collector.
//! Measured as the table of calls is: all columns of a row in one run, in turns.

use crate::{RESOURCE_ROWS, Runner, best_rounds, chains};
use meld_core::options::HandleStorage;
use meld_core::{Input, Options, fuse};
use wasmtime::{Engine, Result};

/// The storages, in the order of the columns.
const STORAGES: [HandleStorage; 3] = [HandleStorage::Memory, HandleStorage::Table, HandleStorage::Gc];

/// Prints the table.
pub(crate) fn rows(engine: &Engine) -> Result<()> {
    println!("| call | unfused ns | memory ns | table ns | gc ns | unfused / table |");
    println!("|---|---:|---:|---:|---:|---:|");
    let composition = wat::parse_str(include_str!("../resources.wat"))?;
    for (title, export) in RESOURCE_ROWS {
        row(engine, &composition, title, export)?;
    }
    for components in [2, 4, 8] {
        let chain = wat::parse_str(chains::of_owns(components)?)?;
        row(engine, &chain, &format!("own there and back along a chain of {components}"), "run")?;
    }
    Ok(())
}

fn row(engine: &Engine, composition: &[u8], title: &str, export: &str) -> Result<()> {
    let mut runners = vec![Runner::component(engine, composition, export)?];
    for storage in STORAGES {
        let mut options = Options::default();
        options.handle_storage = storage;
        let input = Input::new(title, composition);
        runners.push(Runner::core(engine, &fuse(&[input], &options)?.core, export)?);
    }
    let best = best_rounds(title, &mut runners.iter_mut().collect::<Vec<_>>(), 0)?;
    let [unfused, memory, table, gc] = best[..] else { unreachable!("one number a column") };
    println!("| {title} | {unfused:.1} | {memory:.1} | {table:.1} | {gc:.1} | {:.1} |", unfused / table);
    Ok(())
}
