//! What an engine must know for the output of `--memory shared`: WebAssembly 2.0 and no more.
//!
//! In: every fixture of the regression run. Out: each form, as it is and isolated, is valid for a validator that knows WebAssembly 2.0
//! only, which has no multi-memory; and each fixture with an export `run` is run by an interpreter whose
//! other features are off. It traps where a check of a guest fails. The same interpreter refuses what the default
//! makes of the same input, where that has several memories.

use meld_core::options::MemoryMode;
use meld_core::{Fused, Input, Options};
use meld_oracle::differential::shared;
use std::path::PathBuf;
use wasmparser::{Parser, Payload, Validator, WasmFeatures};

/// How many fixtures have an export `run`. There may be more.
const RUNS: usize = 75;

/// Bytes by which each memory may grow: what the guests' allocators ask for is less.
const HEAP: u64 = 1 << 20;

fn fixtures() -> Vec<(String, Vec<u8>)> {
    let paths = meld_oracle::fixtures::synchronous();
    let named = |path: PathBuf| {
        let name = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
        (name, std::fs::read(path).expect("a readable file"))
    };
    paths.into_iter().map(named).collect()
}

fn fuse(name: &str, input: &[u8], options: &Options) -> Fused {
    let input = Input::new(name, input);
    meld_core::fuse(&[input], options).unwrap_or_else(|e| panic!("{name}: {:#}", anyhow::Error::new(e)))
}

/// Without vectors: the interpreter has none.
fn plain() -> Options {
    let mut options = shared(HEAP);
    options.no_simd = true;
    options
}

#[test]
fn no_form_needs_more_than_wasm_2() {
    assert!(!WasmFeatures::WASM2.contains(WasmFeatures::MULTI_MEMORY));
    for (name, input) in fixtures() {
        let mut isolated = shared(HEAP);
        isolated.shared().protection = meld_core::options::Protection::Isolated;
        for options in [shared(HEAP), isolated] {
            let core = fuse(&name, &input, &options).core;
            Validator::new_with_features(WasmFeatures::WASM2)
                .validate_all(&core)
                .unwrap_or_else(|e| panic!("{name}, {:?}: {e}", options.memory));
        }
    }
}

/// An interpreter that knows WebAssembly 2.0 without vectors.
fn interpreter() -> wasmi::Engine {
    let mut config = wasmi::Config::default();
    config.wasm_multi_memory(false).wasm_custom_page_sizes(false).wasm_memory64(false);
    config.wasm_tail_call(false).wasm_extended_const(false).wasm_wide_arithmetic(false);
    wasmi::Engine::new(&config)
}

/// Instantiates a module under a host whose functions do nothing, and calls its export `run`. `false`: it has none.
fn run(engine: &wasmi::Engine, core: &[u8]) -> Result<bool, wasmi::Error> {
    let module = wasmi::Module::new(engine, core)?;
    if module.get_export("run").is_none() {
        return Ok(false);
    }
    let mut store = wasmi::Store::new(engine, ());
    let mut linker = wasmi::Linker::new(engine);
    for import in module.imports() {
        let wasmi::ExternType::Func(ty) = import.ty() else { panic!("{import:?} is no function") };
        assert!(ty.results().is_empty(), "{import:?}: what would it return?");
        linker.func_new(import.module(), import.name(), ty.clone(), |_, _, _| Ok(()))?;
    }
    let instance = linker.instantiate_and_start(&mut store, &module)?;
    instance.get_typed_func::<(), ()>(&store, "run")?.call(&mut store, ())?;
    Ok(true)
}

#[test]
fn an_interpreter_without_multi_memory_runs_every_fixture() {
    let engine = interpreter();
    let (mut runs, mut refused) = (0, 0);
    let mut failures = Vec::new();
    for (name, input) in fixtures() {
        match run(&engine, &fuse(&name, &input, &plain()).core) {
            Ok(ran) => runs += usize::from(ran),
            Err(error) => failures.push(format!("{name}: {error}")),
        }
        // The separate memories of the default would not do here.
        let mut separate = Options::default();
        separate.memory = MemoryMode::Multi;
        separate.no_simd = true;
        let separate = fuse(&name, &input, &separate).core;
        let several = memories(&separate) > 1;
        refused += usize::from(several);
        assert_eq!(wasmi::Module::new(&engine, &separate).is_err(), several, "{name}");
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(runs >= RUNS, "there were {RUNS} fixtures with a `run`, now there are {runs}");
    assert!(refused > RUNS / 2, "only {refused} have several memories to begin with");
}

/// How many memories a module has.
fn memories(core: &[u8]) -> u32 {
    let mut count = 0;
    for payload in Parser::new(0).parse_all(core) {
        if let Payload::MemorySection(section) = payload.expect("a valid module") {
            count += section.count();
        }
    }
    count
}
