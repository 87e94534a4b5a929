//! What a call of a leaf costs: a function of `async` type that cannot block, called with the option `async`.
//!
//! In: `leaf.wat`. Out: a table as of the other calls. In the composition, wasmtime makes a task for the call; in the fused module it is a
//! call of an adapter.

use crate::{Runner, best_rounds};
use meld_core::Fuser;
use wasmtime::{Config, Engine, Result};

const ROWS: [(&str, &str); 2] =
    [("`async add(u32, u32) -> u32`", "add"), ("`async length(string) -> u32`, 16 bytes of ASCII", "length")];

/// Prints the table.
pub(crate) fn rows() -> Result<()> {
    let engine = Engine::new(Config::new().wasm_component_model_async(true))?;
    let composition = wat::parse_str(include_str!("../leaf.wat"))?;
    let mut fuser = Fuser::new();
    fuser.input("composition", composition.as_slice());
    let fused = fuser.fuse()?;
    println!("| call | unfused ns | fused ns | speedup |");
    println!("|---|---:|---:|---:|");
    for (title, export) in ROWS {
        let mut unfused = Runner::asynchronous(&engine, &composition, export)?;
        let mut core = Runner::core(&engine, &fused.core, export)?;
        let best = best_rounds(title, &mut [&mut unfused, &mut core], 0)?;
        println!("| {title} | {:.1} | {:.1} | {:.0} |", best[0], best[1], best[0] / best[1]);
    }
    Ok(())
}
