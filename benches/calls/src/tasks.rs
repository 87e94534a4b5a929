//! What an asynchronous call costs whose callee has a task, and what bytes of a stream cost.
//!
//! In: `tasks.wat`. Out: a table as of the other calls; for streams, of the whole stream. In the composition, wasmtime makes the tasks and copies
//! the elements; in the fused module the runtime does.

use crate::{Runner, best_rounds};
use meld_core::Fuser;
use wasmtime::{Config, Engine, Result};

/// What is called, the export that calls it in a loop, and the length that it is given.
const ROWS: [(&str, &str, u32); 4] = [
    ("`async add(u32, u32) -> u32`, returned at once", "add", 0),
    ("the same, after the callee has yielded once", "later", 0),
    ("`stream<u8>`, 64 KiB", "bytes", 64 << 10),
    ("`stream<u8>`, 16 MiB", "bytes", 16 << 20),
];

/// Prints the table.
pub(crate) fn rows() -> Result<()> {
    let engine = Engine::new(Config::new().wasm_component_model_async(true))?;
    let composition = wat::parse_str(include_str!("../tasks.wat"))?;
    let mut fuser = Fuser::new();
    fuser.input("composition", composition.as_slice());
    let fused = fuser.fuse()?;
    println!("| call | unfused ns | fused ns | speedup |");
    println!("|---|---:|---:|---:|");
    for (title, export, length) in ROWS {
        let mut unfused = Runner::asynchronous(&engine, &composition, export)?;
        let mut core = Runner::core(&engine, &fused.core, export)?;
        let best = best_rounds(title, &mut [&mut unfused, &mut core], length)?;
        println!("| {title} | {:.1} | {:.1} | {:.1} |", best[0], best[1], best[0] / best[1]);
    }
    Ok(())
}
