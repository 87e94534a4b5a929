//! Guests of the target of WASI 0.3, which keep their stack pointer in slot 0 of `context`: two synchronous ones, one beside a guest in C
//! with its stack pointer in a global, and one that uses tasks beside a synchronous one.
//!
//! In: the fixtures. Each guest gives every task a stack of its own, and traps if the stack pointer is not where it was put when a
//! task ends or waits, `realloc` and destructors included. So a slot that is not zero at an entry, or not put back after it, is found by the guest
//! itself. They run unfused, and fused in every mode that there is for them; `--share-stack` refuses them by name.

use meld_core::options::{Protection, StackSize};
use meld_core::{Fuser, Options};
use meld_oracle::concurrent;
use meld_oracle::differential::shared;
use meld_oracle::engine::{engine, limit};
use meld_oracle::error_chain;
use std::path::Path;
use wasmtime::{Linker, Module, Store};

/// Seconds that the code of a fixture may run.
const SECONDS: u64 = 30;

fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/wit_bindgen/fixtures/async");
    std::fs::read(path.join(format!("{name}.wasm"))).expect("the fixture is in the repository")
}

/// The modes without one stack.
fn modes() -> [(&'static str, Options); 3] {
    let apart = shared(1 << 20);
    let mut isolated = apart.clone();
    isolated.shared().protection = Protection::Isolated;
    [("memories apart", Options::default()), ("one memory", apart), ("one memory, isolated", isolated)]
}

fn run_component(what: &str, component: &[u8]) {
    concurrent::run(component, SECONDS).unwrap_or_else(|fault| panic!("{what}: {fault}"));
}

fn run_core(what: &str, core: &[u8]) {
    let module = Module::new(engine(), core).unwrap_or_else(|e| panic!("{what}: {e:?}"));
    assert_eq!(module.imports().len(), 0, "{what}: slots of `context` are globals of the module");
    let mut store = Store::new(engine(), ());
    limit(&mut store);
    let instance = Linker::new(engine()).instantiate(&mut store, &module).expect("it imports nothing");
    let run = instance.get_typed_func::<(), ()>(&mut store, "run").expect("it exports `run`");
    // The second call finds everything as the first one did.
    for _ in 0..2 {
        run.call(&mut store, ()).unwrap_or_else(|e| panic!("{what}: {e:?}"));
    }
}

#[test]
fn synchronous_guests() {
    for name in ["stack-in-context", "stack-in-context-c"] {
        let input = fixture(name);
        run_component(name, &input);
        for (mode, options) in modes() {
            let what = format!("{name}, {mode}");
            let mut fuser = Fuser::with_options(options);
            fuser.component(true).input(name, &input);
            let fused = fuser.fuse().unwrap_or_else(|e| panic!("{what}: {}", error_chain(&e)));
            run_core(&what, &fused.core);
            run_component(&what, &fused.component.expect("it was asked for"));
        }
    }
}

#[test]
fn a_guest_that_uses_tasks() {
    let name = "stack-in-context-async";
    let input = fixture(name);
    run_component(name, &input);
    let mut fuser = Fuser::new();
    fuser.input(name, &input);
    let fused = fuser.fuse_component().unwrap_or_else(|e| panic!("{}", error_chain(&e)));
    assert_eq!(fused.report.fusion.kept_crossings, Some(0), "all of it is one core module");
    run_component("fused", &fused.bytes);
}

#[test]
fn one_stack_is_refused_by_name() {
    let input = fixture("stack-in-context");
    let mut options = shared(1 << 20);
    options.shared().common().stack = Some(StackSize::Bytes(1 << 16));
    let mut fuser = Fuser::with_options(options);
    fuser.input("stack-in-context", &input);
    let error = error_chain(&fuser.fuse().expect_err("the guest makes its stack itself"));
    for part in ["core instance `", "stack pointer in a slot of `context`", "let each component have its own stack"] {
        assert!(error.contains(part), "{error}");
    }
}
