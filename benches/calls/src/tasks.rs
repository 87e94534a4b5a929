//! What an asynchronous call costs whose callee has a task, and what bytes of a stream cost.
//!
//! In: `tasks.wat` and `waits.wat`. Out: a table as of the other calls; for streams, of the whole stream. In the composition, wasmtime makes the tasks and copies
//! the elements; in the fused module the runtime does.

use crate::{Runner, best_rounds};
use meld_core::Fuser;
use wasmtime::{Config, Engine, Result, format_err};

/// What is called, the export that calls it in a loop, the length that it is given, and the export of `floor.wat` that does the least.
const ROWS: [(&str, &str, u32, Option<&str>); 7] = [
    ("`async add(u32, u32) -> u32`, returned at once", "add", 0, None),
    ("the same, after the callee has yielded once", "later", 0, None),
    ("`stream<u8>`, 64 KiB in one piece", "bytes", 64 << 10, Some("stream")),
    ("`stream<u8>`, 64 KiB in pieces of 1 KiB", "pieces", 64 << 10, Some("pieces")),
    ("`stream<u8>`, 16 MiB in pieces of 64 KiB", "bytes", 16 << 20, Some("stream")),
    ("`stream<u8>`, 16 MiB in pieces of 1 KiB", "pieces", 16 << 20, Some("pieces")),
    ("`stream<record { u32, string }>`, 1000 in pieces of 100", "records", 1000, None),
];

/// Prints the table.
pub(crate) fn rows() -> Result<()> {
    let engine = Engine::new(Config::new().wasm_component_model_async(true))?;
    let composition = wat::parse_str(include_str!("../tasks.wat"))?;
    let least = wat::parse_str(include_str!("../floor.wat"))?;
    let mut fuser = Fuser::new();
    fuser.input("composition", composition.as_slice());
    let fused = fuser.fuse()?;
    println!("| call | unfused ns | fused ns | speedup | floor ns |");
    println!("|---|---:|---:|---:|---:|");
    for (title, export, length, floor) in ROWS {
        let mut unfused = Runner::asynchronous(&engine, &composition, export)?;
        let mut core = Runner::core(&engine, &fused.core, export)?;
        let mut floor = floor.map(|export| Runner::core(&engine, &least, export)).transpose()?;
        let mut columns = vec![&mut unfused, &mut core];
        columns.extend(&mut floor);
        let best = best_rounds(title, &mut columns, length)?;
        let floor = best.get(2).map(|floor| format!("{floor:.1}")).unwrap_or_default();
        println!("| {title} | {:.1} | {:.1} | {:.1} | {floor} |", best[0], best[1], best[0] / best[1]);
    }
    // The host has a part in this one, so the fused module is in a component, too.
    let composition = wat::parse_str(include_str!("../waits.wat"))?;
    let mut fuser = Fuser::new();
    let fused = fuser.input("composition", composition.as_slice()).component(true).fuse()?.component;
    let fused = fused.ok_or_else(|| format_err!("the options ask for a component"))?;
    let title = "`async next(u32) -> u32`, whose callee waits for the host once";
    let mut unfused = Runner::asynchronous(&engine, &composition, "waits")?;
    let mut component = Runner::asynchronous(&engine, &fused, "waits")?;
    let best = best_rounds(title, &mut [&mut unfused, &mut component], 0)?;
    println!("| {title} | {:.1} | {:.1} | {:.1} |  |", best[0], best[1], best[0] / best[1]);
    Ok(())
}
