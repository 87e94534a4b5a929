//! Handle tables in each storage, and what an engine must know for the output that has them.
//!
//! In: compositions with handle tables, of which one instance has a memory, or none; among them one whose memory two core
//! instances share, one that lends handles to the host from that memory, one whose resource the root exports. Out: with the default, the core
//! module has no more memories than the input, and not more than one table more; it is valid for a validator that knows
//! WebAssembly 2.0 only, and an interpreter without multi-memory makes of it what wasmtime makes of the input. In each storage, with
//! memories apart and in one, all forms do the same under a random host.

use meld_core::options::{HandleStorage, MemoryMode, SharedOptions};
use meld_core::{Fused, Input, Options};
use meld_oracle::differential::{Fusion, shared};
use std::collections::BTreeMap;
use wasmparser::{Parser, Payload, Validator, WasmFeatures};

const INSIDE: &str = include_str!("handle_leaks/inside.wat");
const HOST: &str = include_str!("handle_leaks/host.wat");
const SECOND: &str = include_str!("handle_storage/second_core_instance.wat");
const EXPORTED: &str = include_str!("handle_storage/exported.wat");

/// Compositions, by name, and how many memories of each are used.
const INPUTS: [(&str, &str, u32); 4] =
    [("inside", INSIDE, 0), ("host", HOST, 1), ("second core instance", SECOND, 1), ("exported", EXPORTED, 1)];

const STORAGES: [HandleStorage; 4] =
    [HandleStorage::Auto, HandleStorage::Memory, HandleStorage::Table, HandleStorage::Gc];

fn fuse(name: &str, text: &str, options: &Options) -> Fused {
    let input = Input::new(name, wat::parse_str(text).expect("a composition"));
    meld_core::fuse(&[input], options).unwrap_or_else(|e| panic!("{name}: {:#}", anyhow::Error::new(e)))
}

/// How many memories and tables a module has.
fn counts(core: &[u8]) -> (u32, u32) {
    let (mut memories, mut tables) = (0, 0);
    for payload in Parser::new(0).parse_all(core) {
        match payload.expect("a valid module") {
            Payload::MemorySection(section) => memories += section.count(),
            Payload::TableSection(section) => tables += section.count(),
            _ => {}
        }
    }
    (memories, tables)
}

#[test]
fn nothing_is_added_but_one_table() {
    for (name, text, used) in INPUTS {
        for mode in [MemoryMode::Auto, MemoryMode::Multi, MemoryMode::Shared(SharedOptions::default())] {
            let mut options = Options::default();
            let shared = matches!(mode, MemoryMode::Shared(_));
            options.memory = mode;
            let fused = fuse(name, text, &options);
            // Two memories of which one is dead are windows of one memory, where that is asked for: handles have a region there.
            let windows = shared && name == "second core instance";
            let said = if windows { "region" } else { "table" };
            assert_eq!(fused.report.output.private_storage, Some(said), "{name}");
            assert_eq!(counts(&fused.core), (used, u32::from(!windows)), "{name}: nobody else has a table");
            Validator::new_with_features(WasmFeatures::WASM2)
                .validate_all(&fused.core)
                .unwrap_or_else(|e| panic!("{name}: {e}"));
        }
    }
}

#[test]
fn what_was_asked_for_is_what_there_is() {
    for (name, text, used) in INPUTS {
        for (storage, said) in STORAGES.into_iter().zip(["table", "memory", "table", "gc"]) {
            let mut options = Options::default();
            options.handle_storage = storage;
            let fused = fuse(name, text, &options);
            assert_eq!(fused.report.output.private_storage, Some(said), "{name} {storage:?}");
            let (memories, tables) = counts(&fused.core);
            assert_eq!(memories > used, said == "memory", "{name} {storage:?}");
            assert_eq!(tables, u32::from(said == "table"), "{name} {storage:?}");
            options.shared().rebase = true;
            let fused = fuse(name, text, &options);
            let said = if storage == HandleStorage::Auto || said == "memory" { "region" } else { said };
            assert_eq!(fused.report.output.private_storage, Some(said), "{name} {storage:?} in one memory");
            assert_eq!(counts(&fused.core).0, u32::from(used > 0 || said == "region"), "{name} {storage:?}");
        }
    }
}

#[test]
fn the_same_in_every_storage() {
    for (name, text) in [("second core instance", SECOND), ("exported", EXPORTED)] {
        let input = wat::parse_str(text).expect("a composition");
        for storage in STORAGES {
            for mut options in [Options::default(), shared(0)] {
                options.handle_storage = storage;
                let at = || format!("{name} {storage:?} {:?}", options.memory);
                let fusion = Fusion::with(&input, &options).unwrap_or_else(|e| panic!("{}: {e}", at()));
                let mut compared = 0;
                for seed in 0..6 {
                    let same = fusion.compare(seed, 8).unwrap_or_else(|e| panic!("{}, seed {seed}: {e}", at()));
                    compared += u32::from(same);
                }
                assert_eq!(compared, 6, "{}", at());
            }
        }
    }
}

/// An interpreter that knows WebAssembly 2.0 and no vectors.
fn interpreter() -> wasmi::Engine {
    let mut config = wasmi::Config::default();
    config.wasm_multi_memory(false).wasm_custom_page_sizes(false).wasm_memory64(false);
    config.wasm_tail_call(false).wasm_extended_const(false).wasm_wide_arithmetic(false);
    wasmi::Engine::new(&config)
}

/// The handles that a host keeps, and what it was told.
#[derive(Default)]
struct Host {
    handles: BTreeMap<u32, u32>,
    next: u32,
    log: Vec<u32>,
}

impl Host {
    fn add(&mut self, rep: u32) -> u32 {
        self.next += 1;
        self.handles.insert(1000 + self.next, rep);
        1000 + self.next
    }

    fn remove(&mut self, handle: u32) -> u32 {
        self.handles.remove(&handle).unwrap_or_else(|| panic!("{handle} is no handle"))
    }
}

/// The core module in the interpreter, with a host for handles.
struct Interpreted {
    store: wasmi::Store<Host>,
    instance: wasmi::Instance,
}

impl Interpreted {
    fn new(core: &[u8]) -> Self {
        let engine = interpreter();
        let module = wasmi::Module::new(&engine, core).expect("nothing but WebAssembly 2.0");
        let mut store = wasmi::Store::new(&engine, Host::default());
        let mut linker = wasmi::Linker::new(&engine);
        let make = |mut caller: wasmi::Caller<'_, Host>| caller.data_mut().add(0);
        let see = |mut caller: wasmi::Caller<'_, Host>, handle: u32| {
            assert!(caller.data().handles.contains_key(&handle), "{handle} is no handle");
            caller.data_mut().log.push(handle);
        };
        let take = |mut caller: wasmi::Caller<'_, Host>, at: u32, length: u32| {
            let memory = caller.get_export("memory").and_then(wasmi::Extern::into_memory).expect("a memory");
            for i in 0..length {
                let mut bytes = [0; 4];
                memory.read(&caller, (at + 4 * i) as usize, &mut bytes).expect("in bounds");
                caller.data_mut().remove(u32::from_le_bytes(bytes));
            }
        };
        let drop = |mut caller: wasmi::Caller<'_, Host>, handle: u32| _ = caller.data_mut().remove(handle);
        let new = |mut caller: wasmi::Caller<'_, Host>, rep: u32| caller.data_mut().add(rep);
        let rep = |caller: wasmi::Caller<'_, Host>, handle: u32| caller.data().handles[&handle];
        let wrapped = linker
            .func_wrap("host", "make", make)
            .and_then(|linker| linker.func_wrap("host", "see", see))
            .and_then(|linker| linker.func_wrap("host", "take", take))
            .and_then(|linker| linker.func_wrap("host", "[resource-drop]r", drop))
            .and_then(|linker| linker.func_wrap("[export]$root", "[resource-new]r", new))
            .and_then(|linker| linker.func_wrap("[export]$root", "[resource-rep]r", rep))
            .and_then(|linker| linker.func_wrap("[export]$root", "[resource-drop]r", drop));
        wrapped.expect("names of their own");
        let instance = linker.instantiate_and_start(&mut store, &module).expect("the host has what it needs");
        Self { store, instance }
    }

    fn call(&mut self, name: &str, argument: u32) -> Result<u32, wasmi::Error> {
        self.instance.get_typed_func::<u32, u32>(&self.store, name).expect(name).call(&mut self.store, argument)
    }
}

/// What the input returns for a number, in wasmtime; `None` where it traps.
fn unfused(text: &str, name: &str, argument: u32) -> Option<u32> {
    let engine = meld_oracle::engine::engine();
    let component = wasmtime::component::Component::new(engine, text).expect("a component");
    let mut store = wasmtime::Store::new(engine, ());
    meld_oracle::engine::limit(&mut store);
    let instance = wasmtime::component::Linker::new(engine).instantiate(&mut store, &component).expect("it starts");
    let func = instance.get_typed_func::<(u32,), (u32,)>(&mut store, name).expect(name);
    func.call(&mut store, (argument,)).ok().map(|(result,)| result)
}

#[test]
fn an_interpreter_without_multi_memory_runs_what_is_closed() {
    for (name, text, export) in [("inside", INSIDE, "rounds"), ("second core instance", SECOND, "rounds")] {
        for rounds in [0, 1, 5, 300, 1023] {
            let mut guest = Interpreted::new(&fuse(name, text, &Options::default()).core);
            let result = guest.call(export, rounds).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!(Some(result), unfused(text, export, rounds), "{name}, {rounds} rounds");
        }
    }
    assert_eq!(unfused(SECOND, "wrong", 3), None);
    let trap = Interpreted::new(&fuse("second", SECOND, &Options::default()).core).call("wrong", 3);
    assert!(trap.is_err_and(|e| e.as_trap_code() == Some(wasmi::TrapCode::UnreachableCodeReached)));
    // In memories of their own, there would be one too many for it.
    let mut options = Options::default();
    options.handle_storage = HandleStorage::Memory;
    let core = fuse("second", SECOND, &options).core;
    assert!(wasmi::Module::new(&interpreter(), &core).is_err(), "two memories and more");
}

#[test]
fn an_interpreter_without_multi_memory_lends_to_the_host() {
    const ROUNDS: u32 = 700;
    let mut guest = Interpreted::new(&fuse("host", HOST, &Options::default()).core);
    assert_eq!(guest.call("rounds", ROUNDS).expect("no trap"), 4, "four handles at a time");
    let host = guest.store.data();
    assert_eq!((host.next, host.handles.len()), (4 * ROUNDS, 0), "every handle is gone");
    assert_eq!(host.log.len() as u32, ROUNDS);
}

#[test]
fn an_interpreter_without_multi_memory_exports_a_resource() {
    let mut guest = Interpreted::new(&fuse("exported", EXPORTED, &Options::default()).core);
    let mut handles = Vec::new();
    for n in 0..400 {
        let handle = guest.call("make", n * 7).expect("no trap");
        assert_eq!(guest.store.data().handles[&handle], n * 7);
        let passed = guest.call("pass", handle).expect("no trap");
        assert_ne!(passed, handle);
        assert_eq!(guest.store.data().handles.get(&handle), None, "it went in");
        // What is lent to the module is told by its representation.
        assert_eq!(guest.call("look", n * 7).expect("no trap"), n * 7);
        handles.push(passed);
    }
    for (n, handle) in (0..).zip(handles) {
        assert_eq!(guest.call("keep", handle).expect("no trap"), if n == 0 { 0 } else { (n - 1) * 7 });
    }
    assert!(guest.store.data().handles.is_empty(), "the guest has the last one");
}
