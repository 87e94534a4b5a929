//! Fixtures of the regression run, as they are and fused.
//!
//! In: the name of a fixture that imports nothing and exports `run`, and how it is fused. Out: what a `run` takes. One `run` makes many calls between
//! the guests, and most of the time is the guests' own: this is what fusing does for programs, not for a call. A
//! fixture is free to count on being run once, so every `run` gets a fresh instance, and only the `run` is timed.

use crate::{ROUNDS, cpu_time};
use meld_core::{Input, Options, fuse};
use std::path::Path;
use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Instance, Module, Result, Store};

/// Fresh instances a round.
const INSTANCES: u32 = 50;

/// Measures and prints one row of the table of calls.
pub(crate) fn row(engine: &Engine, name: &str) -> Result<()> {
    let best = measure(engine, name, &[Options::default()])?;
    println!("| `run` of the fixture {name} | {:.1} | {:.1} | {:.1} | |", best[0], best[1], best[0] / best[1]);
    Ok(())
}

/// Nanoseconds that a `run` takes, at best: of the composition, and of the core module that each of the options makes.
pub(crate) fn measure(engine: &Engine, name: &str, options: &[Options]) -> Result<Vec<f64>> {
    let composition = read(name)?;
    let component = Linker::new(engine).instantiate_pre(&Component::from_binary(engine, &composition)?)?;
    let unfused = || {
        let mut store = Store::new(engine, ());
        let run = component.instantiate(&mut store)?.get_typed_func::<(), ()>(&mut store, "run")?;
        time(|| run.call(&mut store, ()))
    };
    let mut modules = Vec::new();
    for options in options {
        let input = Input::new(name, &composition[..]);
        modules.push(Module::from_binary(engine, &fuse(&[input], options)?.core)?);
    }
    let fused = |module: &Module| {
        let mut store = Store::new(engine, ());
        let run = Instance::new(&mut store, module, &[])?.get_typed_func::<(), ()>(&mut store, "run")?;
        time(|| run.call(&mut store, ()))
    };
    let mut best = vec![f64::INFINITY; 1 + modules.len()];
    for _ in 0..ROUNDS {
        let mut seconds = vec![0.0; best.len()];
        for _ in 0..INSTANCES {
            seconds[0] += unfused()?;
            for (seconds, module) in seconds[1..].iter_mut().zip(&modules) {
                *seconds += fused(module)?;
            }
        }
        for (best, seconds) in best.iter_mut().zip(seconds) {
            *best = best.min(seconds * 1e9 / f64::from(INSTANCES));
        }
    }
    Ok(best)
}

/// Nanoseconds that a `run` takes, at best: of the core module, and of the component, that a fixture is fused to.
pub(crate) fn both_forms(engine: &Engine, name: &str) -> Result<[f64; 2]> {
    let mut options = Options::default();
    options.component = true;
    let composition = read(name)?;
    let fused = fuse(&[Input::new(name, &composition[..])], &options)?;
    let component = fused.component.unwrap_or_default();
    let component = Linker::new(engine).instantiate_pre(&Component::from_binary(engine, &component)?)?;
    let module = Module::from_binary(engine, &fused.core)?;
    let mut best = [f64::INFINITY; 2];
    for _ in 0..ROUNDS {
        let mut seconds = [0.0; 2];
        for _ in 0..INSTANCES {
            let mut store = Store::new(engine, ());
            let run = Instance::new(&mut store, &module, &[])?.get_typed_func::<(), ()>(&mut store, "run")?;
            seconds[0] += time(|| run.call(&mut store, ()))?;
            let mut store = Store::new(engine, ());
            let run = component.instantiate(&mut store)?.get_typed_func::<(), ()>(&mut store, "run")?;
            seconds[1] += time(|| run.call(&mut store, ()))?;
        }
        for (best, seconds) in best.iter_mut().zip(seconds) {
            *best = best.min(seconds * 1e9 / f64::from(INSTANCES));
        }
    }
    Ok(best)
}

fn read(name: &str) -> Result<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/wit_bindgen/fixtures");
    Ok(std::fs::read(folder.join(format!("{name}.wasm")))?)
}

/// Seconds of CPU time that a call takes.
fn time(call: impl FnOnce() -> Result<()>) -> Result<f64> {
    let before = cpu_time();
    call()?;
    Ok(cpu_time() - before)
}
