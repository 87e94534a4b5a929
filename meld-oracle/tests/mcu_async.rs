//! What `examples/mcu-async` prints, by the original: the composition unfused, with a clock that goes on when everybody waits.
//!
//! In: the composition of the example. Out: the lines that it prints, which are those in `examples/mcu-async/expected.txt`. The script of the example compares what
//! the board prints with that file. `BLESS=1` rewrites it. Fused into one memory, as the script does it, the composition prints the same, with as many records of tasks
//! as the script gives it, and traps with one less.

use meld_core::Fuser;
use meld_core::options::{PackAssumption, StackSize, WindowSize};
use meld_oracle::engine::concurrent_engine;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use wasmtime::component::{Component, Linker};
use wasmtime::{Result, Store};

/// Records of tasks, which `run.sh` gives to the option.
const TASKS: u32 = 19;

/// How often what sleeps lets others run until it may be sure that all wait.
const TURNS: u32 = 64;

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/mcu-async")
}

fn composition() -> Vec<u8> {
    std::fs::read(example().join("station-async.wasm")).expect("the composition is in the repository")
}

/// Milliseconds of a clock, and who sleeps until when, in the order in which they wake.
#[derive(Default)]
struct Time {
    now: u64,
    asleep: BTreeSet<(u64, u64)>,
    count: u64,
}

#[derive(Clone, Default)]
struct Clock(Arc<Mutex<Time>>);

impl Clock {
    fn time(&self) -> MutexGuard<'_, Time> {
        self.0.lock().expect("no thread panicked with it")
    }

    async fn sleep(self, milliseconds: u32) {
        let sleeper = Sleeper::new(self, milliseconds);
        loop {
            let before = sleeper.clock.time().now;
            for _ in 0..TURNS {
                tokio::task::yield_now().await;
            }
            let mut time = sleeper.clock.time();
            if time.now == before && time.asleep.first() == Some(&sleeper.until) {
                // The others have another look at what is there now.
                time.now = sleeper.until.0.max(before + u64::from(sleeper.until.0 == before));
                return;
            }
        }
    }
}

/// Somebody who sleeps, or is told to give up.
struct Sleeper {
    clock: Clock,
    until: (u64, u64),
}

impl Sleeper {
    fn new(clock: Clock, milliseconds: u32) -> Sleeper {
        let mut time = clock.time();
        time.count += 1;
        let until = (time.now + u64::from(milliseconds), time.count);
        time.asleep.insert(until);
        drop(time);
        Sleeper { clock, until }
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        self.clock.time().asleep.remove(&self.until);
    }
}

/// Calls `run`, and returns what was printed.
fn printed(component: &[u8]) -> Result<String> {
    let engine = concurrent_engine();
    let component = Component::new(engine, component)?;
    let mut linker = Linker::<String>::new(engine);
    let clock = Clock::default();
    linker.instance("meld:field/timer")?.func_wrap_concurrent("sleep", move |_, (milliseconds,): (u32,)| {
        let clock = clock.clone();
        Box::pin(async move {
            clock.sleep(milliseconds).await;
            Ok(())
        })
    })?;
    linker.root().func_wrap("print", |mut store, (line,): (String,)| {
        let lines = store.data_mut();
        lines.push_str(&line);
        lines.push('\n');
        Ok(())
    })?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut store = Store::new(engine, String::new());
        store.set_epoch_deadline(60);
        let instance = linker.instantiate_async(&mut store, &component).await?;
        let run = instance.get_typed_func::<(), ()>(&mut store, "run")?;
        run.call_async(&mut store, ()).await?;
        Ok(store.into_data())
    })
}

/// The composition in one memory with room for so many records, and with one stack if there is a size.
fn fused(tasks: u32, stack: Option<u64>) -> Vec<u8> {
    let mut fuser = Fuser::new();
    let composition = composition();
    fuser.input("station", &composition).component(true);
    let shared = fuser.options_mut().shared();
    shared.rebase = true;
    shared.size = WindowSize::Packed(PackAssumption::HeapBase);
    shared.handles = Some(16);
    shared.tasks = Some(tasks);
    if let Some(bytes) = stack {
        shared.common().stack = Some(StackSize::Bytes(bytes));
    }
    let fused = fuser.fuse_component().unwrap_or_else(|error| panic!("{:#}", anyhow::Error::from(error)));
    assert_eq!(fused.report.fusion.kept_crossings, Some(0), "all of it is fused");
    fused.bytes
}

#[test]
fn the_board_is_to_print_what_the_composition_prints() {
    let expected = example().join("expected.txt");
    let original = printed(&composition()).expect("it runs unfused");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&expected, &original).expect("the repository is writable");
    }
    assert_eq!(original, std::fs::read_to_string(&expected).expect("it is in the repository"));
    for stack in [None, Some(4096)] {
        assert_eq!(printed(&fused(TASKS, stack)).expect("it runs fused"), original, "{stack:?}");
    }
}

#[test]
fn with_one_record_less_it_traps() {
    let error = printed(&fused(TASKS - 1, None)).expect_err("there are too few records");
    assert!(format!("{error:?}").contains("tasks-full"), "{error:?}");
}
