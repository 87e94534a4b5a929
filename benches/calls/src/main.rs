//! What a call between components costs, fused and unfused: `cargo run --release -p bench-calls`.
//!
//! In: `calls.wat`, chains of components that hand a number on, and `floor.wat`, the least that a single module
//! written by hand has to do for the same call. Out: a table in Markdown, nanoseconds of CPU time a call. All
//! columns of a row are measured in one run, in turns, so that what disturbs one disturbs all; the fastest
//! round counts. The compositions run in wasmtime as components, their fusions as core modules; a fusion that
//! is wrapped into a component is the same module and is entered once for many calls. The sums that the loops
//! return must be equal.

use meld_core::Fuser;
use rustix::time::{ClockId, clock_gettime};
use std::fmt::Write;
use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Instance, Module, Result, Store, ensure, format_err};

/// Rounds of every column of a row.
const ROUNDS: usize = 15;
/// How long a round of the unfused composition takes, in seconds.
const ROUND: f64 = 10e-3;

/// A row of the table: what is called, the export that calls it in a loop, the length it is given.
const ROWS: [(&str, &str, u32); 15] = [
    ("`add(u32, u32) -> u32`", "add", 0),
    ("record with char, option and result `-> option<u32>`", "small", 0),
    ("string, 16 bytes of ASCII", "text", 16),
    ("string, 1 KiB of ASCII", "text", 1 << 10),
    ("string, 1 MiB of ASCII", "text", 1 << 20),
    ("string, 1 KiB of multi-byte text", "world-text", 1017),
    ("string to UTF-16, 16 bytes of ASCII", "text16", 16),
    ("string to UTF-16, 1 KiB of ASCII", "text16", 1 << 10),
    ("`list<u8>`, 16 bytes", "bytes", 16),
    ("`list<u8>`, 1 KiB", "bytes", 1 << 10),
    ("`list<u8>`, 1 MiB", "bytes", 1 << 20),
    ("`list<u32>` there and back, 1 KiB", "echo", 1 << 8),
    ("`list<u32>` there and back, 64 KiB", "echo", 1 << 14),
    ("`list<record { u32, string }>`, 10", "records", 10),
    ("`list<record { u32, string }>`, 1000", "records", 1000),
];

fn main() -> Result<()> {
    let engine = Engine::default();
    println!("| call | unfused ns | fused ns | speedup | floor ns |");
    println!("|---|---:|---:|---:|---:|");
    let composition = wat::parse_str(include_str!("../calls.wat"))?;
    let floor = wat::parse_str(include_str!("../floor.wat"))?;
    for (title, export, length) in ROWS {
        let mut floor = Runner::core(&engine, &floor, export).ok();
        row(&engine, &composition, title, export, length, floor.as_mut())?;
    }
    for components in [2, 8, 32] {
        let chain = wat::parse_str(chain(components)?)?;
        row(&engine, &chain, &format!("number through a chain of {components} components"), "run", 0, None)?;
    }
    Ok(())
}

/// Measures and prints one row.
fn row(
    engine: &Engine,
    composition: &[u8],
    title: &str,
    export: &str,
    length: u32,
    floor: Option<&mut Runner>,
) -> Result<()> {
    let mut fuser = Fuser::new();
    fuser.input("composition", composition);
    let fused = fuser.fuse()?;
    let mut unfused = Runner::component(engine, composition, export)?;
    let mut fused = Runner::core(engine, &fused.core, export)?;
    // How many calls make a round.
    let (mut calls, mut seconds, mut expected) = (1, 0.0, 0);
    while seconds < ROUND {
        calls *= 2;
        (seconds, expected) = unfused.run(calls, length)?;
    }
    let mut columns = vec![&mut unfused, &mut fused];
    columns.extend(floor);
    let mut best = vec![f64::INFINITY; columns.len()];
    for _ in 0..ROUNDS {
        for (best, column) in best.iter_mut().zip(&mut columns) {
            let (seconds, sum) = column.run(calls, length)?;
            ensure!(sum == expected, "{title}: the sum is {sum} and should be {expected}");
            *best = best.min(seconds * 1e9 / f64::from(calls));
        }
    }
    let floor = best.get(2).map_or_else(String::new, |floor| format!("{floor:.1}"));
    println!("| {title} | {:.1} | {:.1} | {:.1} | {floor} |", best[0], best[1], best[0] / best[1]);
    Ok(())
}

/// Something that calls in a loop.
struct Runner {
    store: Store<()>,
    run: Run,
}

enum Run {
    Component(wasmtime::component::TypedFunc<(u32, u32), (u32,)>),
    Core(wasmtime::TypedFunc<(u32, u32), u32>),
}

impl Runner {
    fn component(engine: &Engine, bytes: &[u8], export: &str) -> Result<Self> {
        let mut store = Store::new(engine, ());
        let instance = Linker::new(engine).instantiate(&mut store, &Component::from_binary(engine, bytes)?)?;
        let run = Run::Component(instance.get_typed_func(&mut store, export)?);
        Ok(Self { store, run })
    }

    fn core(engine: &Engine, bytes: &[u8], export: &str) -> Result<Self> {
        let mut store = Store::new(engine, ());
        let instance = Instance::new(&mut store, &Module::from_binary(engine, bytes)?, &[])?;
        let run = Run::Core(instance.get_typed_func(&mut store, export)?);
        Ok(Self { store, run })
    }

    /// Makes `calls` calls. Returns seconds of CPU time and the sum of the results.
    fn run(&mut self, calls: u32, length: u32) -> Result<(f64, u32)> {
        let before = cpu_time();
        let sum = match &self.run {
            Run::Component(func) => {
                func.call(&mut self.store, (calls, length)).map_err(|e| format_err!("unfused: {e:?}"))?.0
            }
            Run::Core(func) => {
                func.call(&mut self.store, (calls, length)).map_err(|e| format_err!("core module: {e:?}"))?
            }
        };
        Ok((cpu_time() - before, sum))
    }
}

/// Seconds of CPU time that this thread has used.
fn cpu_time() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// A chain of components, each of which hands a number on to the one before, and one that calls the last.
fn chain(components: usize) -> Result<String> {
    let mut wat = String::from(
        r#"(component
          (component $first
            (core module $m (func (export "f") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))
            (core instance $i (instantiate $m))
            (func (export "f") (param "n" u32) (result u32) (canon lift (core func $i "f"))))
          (component $next
            (import "f" (func $f (param "n" u32) (result u32)))
            (core func $f' (canon lower (func $f)))
            (core module $m
              (import "" "f" (func $f (param i32) (result i32)))
              (func (export "f") (param i32) (result i32) (call $f (local.get 0))))
            (core instance $i (instantiate $m (with "" (instance (export "f" (func $f'))))))
            (func (export "f") (param "n" u32) (result u32) (canon lift (core func $i "f"))))
          (component $caller
            (import "f" (func $f (param "n" u32) (result u32)))
            (core func $f' (canon lower (func $f)))
            (core module $m
              (import "" "f" (func $f (param i32) (result i32)))
              (func (export "run") (param $n i32) (param $length i32) (result i32)
                (local $sum i32)
                (loop $again
                  (local.set $sum (call $f (local.get $sum)))
                  (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                (local.get $sum)))
            (core instance $i (instantiate $m (with "" (instance (export "f" (func $f'))))))
            (func (export "run") (param "n" u32) (param "length" u32) (result u32) (canon lift (core func $i "run"))))
          (instance $i1 (instantiate $first))
        "#,
    );
    // The caller is one of them.
    for i in 2..components {
        writeln!(wat, "(instance $i{i} (instantiate $next (with \"f\" (func $i{} \"f\"))))", i - 1)?;
    }
    writeln!(wat, "(instance $caller (instantiate $caller (with \"f\" (func $i{} \"f\"))))", components - 1)?;
    writeln!(wat, "(export \"run\" (func $caller \"run\")))")?;
    Ok(wat)
}
