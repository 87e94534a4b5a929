//! What a call between components costs, fused and unfused: `cargo run --release -p bench-calls`. With the argument
//! `one-memory`: what it costs that memories are windows of one ([`one_memory`]); with `apart`: what it costs that they are in
//! modules of their own, where the output is a component ([`apart`]); with `storages`: what handles cost in each storage
//! ([`storages`]); with `leaves`: what a call of a function costs whose type is `async` and that cannot block ([`leaves`]);
//! with `tasks`: what one costs whose callee has a task ([`tasks`]).
//!
//! In: `calls.wat` and `resources.wat`, chains of components that hand a number or a handle on, fixtures of the
//! regression run, and `floor.wat`, the least that a single module written by hand has to do for the same call. Out: a table in Markdown, nanoseconds of CPU time a call. All
//! columns of a row are measured in one run, in turns, so that what disturbs one disturbs all; the fastest
//! round counts. The compositions run in wasmtime as components, their fusions as core modules; a fusion that
//! is wrapped into a component is the same module and is entered once for many calls. The sums that the loops
//! return must be equal.

mod apart;
mod chains;
mod fixtures;
mod leaves;
mod one_memory;
mod storages;
mod tasks;

use meld_core::Fuser;
use meld_core::options::HandleStorage;
use rustix::time::{ClockId, clock_gettime};
use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Instance, Module, Result, Store, bail, ensure, format_err};

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

/// Rows about resources, of `resources.wat`: what is called, the export.
const RESOURCE_ROWS: [(&str, &str); 3] = [
    ("method through a borrow", "get"),
    ("method through a borrow, with another borrow", "sum"),
    ("create and drop, with a destructor", "create-drop"),
];

/// Fixtures whose `run` is called.
const FIXTURES: [&str; 8] =
    ["numbers", "strings", "strings-utf16", "lists", "records", "chain", "resource_aggregates", "resource_with_lists"];

fn main() -> Result<()> {
    let engine = Engine::default();
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => calls(&engine),
        ["one-memory"] => one_memory::rows(&engine),
        ["apart"] => apart::rows(&engine),
        ["storages"] => storages::rows(&engine),
        ["leaves"] => leaves::rows(),
        ["tasks"] => tasks::rows(),
        _ => bail!("usage: bench-calls [one-memory|apart|storages|leaves|tasks]"),
    }
}

/// Prints the table of calls.
fn calls(engine: &Engine) -> Result<()> {
    println!("| call | unfused ns | fused ns | speedup | floor ns |");
    println!("|---|---:|---:|---:|---:|");
    let composition = wat::parse_str(include_str!("../calls.wat"))?;
    let floor = wat::parse_str(include_str!("../floor.wat"))?;
    for (title, export, length) in ROWS {
        let mut floor = Runner::core(engine, &floor, export).ok();
        row(engine, &composition, title, export, length, floor.as_mut())?;
    }
    for components in [2, 8, 32] {
        let chain = wat::parse_str(chains::of_numbers(components)?)?;
        row(engine, &chain, &format!("number through a chain of {components} components"), "run", 0, None)?;
    }
    let composition = wat::parse_str(include_str!("../resources.wat"))?;
    for (title, export) in RESOURCE_ROWS {
        row(engine, &composition, title, export, 0, None)?;
    }
    for components in [2, 4, 8] {
        let chain = wat::parse_str(chains::of_owns(components)?)?;
        row(engine, &chain, &format!("own there and back along a chain of {components}"), "run", 0, None)?;
    }
    for fixture in FIXTURES {
        fixtures::row(engine, fixture)?;
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
    // As where components have memories; these have none, and would get a table.
    fuser.input("composition", composition).handle_storage(HandleStorage::Memory);
    let fused = fuser.fuse()?;
    let mut unfused = Runner::component(engine, composition, export)?;
    let mut fused = Runner::core(engine, &fused.core, export)?;
    let mut columns = vec![&mut unfused, &mut fused];
    columns.extend(floor);
    let best = best_rounds(title, &mut columns, length)?;
    let floor = best.get(2).map_or_else(String::new, |floor| format!("{floor:.1}"));
    println!("| {title} | {:.1} | {:.1} | {:.1} | {floor} |", best[0], best[1], best[0] / best[1]);
    Ok(())
}

/// Nanoseconds a call in the fastest round of each column, all measured in turns. The first column says how many
/// calls make a round, and what the sum is.
fn best_rounds(title: &str, columns: &mut [&mut Runner], length: u32) -> Result<Vec<f64>> {
    let (mut calls, mut seconds, mut expected) = (1, 0.0, 0);
    while seconds < ROUND {
        calls *= 2;
        (seconds, expected) = columns[0].run(calls, length)?;
    }
    let mut best = vec![f64::INFINITY; columns.len()];
    for _ in 0..ROUNDS {
        for (best, column) in best.iter_mut().zip(&mut *columns) {
            let (seconds, sum) = column.run(calls, length)?;
            ensure!(sum == expected, "{title}: the sum is {sum} and should be {expected}");
            *best = best.min(seconds * 1e9 / f64::from(calls));
        }
    }
    Ok(best)
}

/// Something that calls in a loop.
struct Runner {
    store: Store<()>,
    run: Run,
}

enum Run {
    Component(wasmtime::component::TypedFunc<(u32, u32), (u32,)>),
    Async(wasmtime::component::TypedFunc<(u32, u32), (u32,)>),
    Core(wasmtime::TypedFunc<(u32, u32), u32>),
}

impl Runner {
    fn component(engine: &Engine, bytes: &[u8], export: &str) -> Result<Self> {
        let mut store = Store::new(engine, ());
        let instance = Linker::new(engine).instantiate(&mut store, &Component::from_binary(engine, bytes)?)?;
        let run = Run::Component(instance.get_typed_func(&mut store, export)?);
        Ok(Self { store, run })
    }

    /// A component that wasmtime runs with tasks.
    fn asynchronous(engine: &Engine, bytes: &[u8], export: &str) -> Result<Self> {
        let mut store = Store::new(engine, ());
        let component = Component::from_binary(engine, bytes)?;
        let mut linker = Linker::new(engine);
        // What waits for the host waits for this, until it is asked a second time.
        linker.root().func_wrap_concurrent("tick", |_, ()| {
            Box::pin(async {
                let mut asked = false;
                let waits = std::future::poll_fn(|context| {
                    if std::mem::replace(&mut asked, true) {
                        return std::task::Poll::Ready(());
                    }
                    context.waker().wake_by_ref();
                    std::task::Poll::Pending
                });
                waits.await;
                Ok(())
            })
        })?;
        let instance = ready(linker.instantiate_async(&mut store, &component))?;
        let run = Run::Async(instance.get_typed_func(&mut store, export)?);
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
            Run::Async(func) => {
                let result = ready(func.call_async(&mut self.store, (calls, length)));
                result.map_err(|e| format_err!("unfused: {e:?}"))?.0
            }
            Run::Core(func) => {
                func.call(&mut self.store, (calls, length)).map_err(|e| format_err!("core module: {e:?}"))?
            }
        };
        Ok((cpu_time() - before, sum))
    }
}

/// The result of something that waits for nothing outside.
fn ready<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(result) = future.as_mut().poll(&mut context) {
            return result;
        }
    }
}

/// Seconds of CPU time that this thread has used.
fn cpu_time() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
