//! Fixtures of the regression run, as they are and fused.
//!
//! In: the name of a fixture that imports nothing and exports `run`. Out: its row. One `run` makes many calls between
//! the guests, and most of the time is the guests' own: this is what fusing does for programs, not for a call. A
//! fixture is free to count on being run once, so every `run` gets a fresh instance, and only the `run` is timed.

use crate::{ROUNDS, cpu_time};
use meld_core::Fuser;
use std::path::Path;
use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Instance, Module, Result, Store};

/// Fresh instances a round.
const INSTANCES: u32 = 50;

/// Measures and prints one row.
pub(crate) fn row(engine: &Engine, name: &str) -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/wit_bindgen/fixtures");
    let composition = std::fs::read(folder.join(format!("{name}.wasm")))?;
    let mut fuser = Fuser::new();
    fuser.input(name, &composition[..]);
    let fused = fuser.fuse()?;

    let component = Linker::new(engine).instantiate_pre(&Component::from_binary(engine, &composition)?)?;
    let unfused = || {
        let mut store = Store::new(engine, ());
        let run = component.instantiate(&mut store)?.get_typed_func::<(), ()>(&mut store, "run")?;
        time(|| run.call(&mut store, ()))
    };
    let module = Module::from_binary(engine, &fused.core)?;
    let fused = || {
        let mut store = Store::new(engine, ());
        let run = Instance::new(&mut store, &module, &[])?.get_typed_func::<(), ()>(&mut store, "run")?;
        time(|| run.call(&mut store, ()))
    };
    let mut best = [f64::INFINITY; 2];
    for _ in 0..ROUNDS {
        let mut seconds = [0.0; 2];
        for _ in 0..INSTANCES {
            seconds[0] += unfused()?;
            seconds[1] += fused()?;
        }
        for (best, seconds) in best.iter_mut().zip(seconds) {
            *best = best.min(seconds * 1e9 / f64::from(INSTANCES));
        }
    }
    println!("| `run` of the fixture {name} | {:.1} | {:.1} | {:.1} | |", best[0], best[1], best[0] / best[1]);
    Ok(())
}

/// Seconds of CPU time that a call takes.
fn time(call: impl FnOnce() -> Result<()>) -> Result<f64> {
    let before = cpu_time();
    call()?;
    Ok(cpu_time() - before)
}
