//! Frames that an engine prints when a guest traps.
//!
//! In: components of compilers, with debug information, composed by a composer that writes no names. Out: in wasmtime, the frames of
//! guests are the same before and after fusion, in every mode, as core modules and as components: the function, without the path of
//! its instance, the file and the line. A frame of an adapter names the boundary and the part of the work.

use crate::modes;
use crate::rows::with_rows;
use wasmtime::component::{Component, Linker};
use wasmtime::{Config, Engine, Instance, Module, Store, WasmBacktrace, WasmBacktraceDetails};

const COMPOSED: &[u8] = include_bytes!("composed.wasm");

/// A frame: the function, the file, the line.
type Frame = (String, String, u32);

/// The frames with a line.
fn frames(error: &wasmtime::Error) -> Vec<Frame> {
    let backtrace = error.downcast_ref::<WasmBacktrace>().expect("a trap has a backtrace");
    let mut frames = Vec::new();
    for frame in backtrace.frames() {
        for symbol in frame.symbols() {
            if let Some((file, line)) = symbol.file().zip(symbol.line()) {
                let name = symbol.name().or(frame.func_name()).unwrap_or_default();
                frames.push((name.to_owned(), file.to_owned(), line));
            }
        }
    }
    frames
}

/// The names of functions as the engine has them from the name section, with what demanglers make of them.
fn names(error: &wasmtime::Error) -> Vec<String> {
    let backtrace = error.downcast_ref::<WasmBacktrace>().expect("a trap has a backtrace");
    backtrace.frames().iter().filter_map(|frame| frame.func_name()).map(demangled).collect()
}

/// A name without the path of its instance.
fn demangled(name: &str) -> String {
    let shown = rustc_demangle::demangle(name).to_string();
    let shown = shown.split_once(".").map_or(shown.as_str(), |(name, _)| name);
    shown.rsplit_once("/main::").map_or(shown, |(_, name)| name).to_owned()
}

fn engine() -> Engine {
    let mut config = Config::new();
    config.wasm_multi_memory(true).wasm_backtrace_details(WasmBacktraceDetails::Enable);
    Engine::new(&config).expect("the configuration is fixed and valid")
}

fn trap_in_component(engine: &Engine, component: &[u8], n: u32) -> wasmtime::Error {
    let component = Component::new(engine, component).unwrap();
    let mut store = Store::new(engine, ());
    let instance = Linker::new(engine).instantiate(&mut store, &component).unwrap();
    let run = instance.get_typed_func::<(u32,), (u32,)>(&mut store, "run").unwrap();
    run.call(&mut store, (n,)).unwrap_err()
}

fn trap_in_core(engine: &Engine, module: &[u8], n: u32) -> wasmtime::Error {
    let module = Module::new(engine, module).unwrap();
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let run = instance.get_typed_func::<u32, u32>(&mut store, "run").unwrap();
    run.call(&mut store, n).unwrap_err()
}

#[test]
fn traps_have_the_same_frames() {
    let engine = engine();
    let files = [(7, "shouter.rs", 3), (9, "counter.c", 2), (11, "app.rs", 1)];
    for (n, file, least) in files {
        let before = trap_in_component(&engine, COMPOSED, n);
        let (expected, expected_names) = (frames(&before), names(&before));
        assert!(expected.len() > least && expected[0].1.ends_with(file), "{n}: {expected:?}");
        for (mode, options) in modes(1 << 16) {
            let fused = meld_core::fuse(&[meld_core::Input::new("debug", COMPOSED)], &options).unwrap();
            assert_eq!(fused.report.output.dropped_debug, []);
            let core = trap_in_core(&engine, &fused.core, n);
            assert_eq!(frames(&core), expected, "{mode}, core, {n}");
            assert_eq!(names(&core), expected_names, "{mode}, core, {n}");
            let component = trap_in_component(&engine, &fused.component.unwrap(), n);
            assert_eq!(frames(&component), expected, "{mode}, component, {n}");
        }
    }
}

#[test]
fn what_is_stripped_is_gone() {
    use meld_core::options::Strip;
    let sections = |strip| {
        let mut fuser = meld_core::Fuser::new();
        fuser.strip(strip).input("debug", COMPOSED);
        let fused = fuser.fuse().unwrap();
        let names = wasmparser::Parser::new(0).parse_all(&fused.core).filter_map(|payload| match payload.unwrap() {
            wasmparser::Payload::CustomSection(section) => Some(section.name().to_owned()),
            _ => None,
        });
        let names: Vec<String> = names.collect();
        let dropped = fused.report.output.dropped_sections;
        let dropped: Vec<String> = dropped.into_iter().map(|dropped| dropped.name).collect();
        let has = |names: &[String], name: &str| names.iter().any(|known| known.starts_with(name));
        assert_eq!(has(&names, ".debug"), !has(&dropped, ".debug_info"), "{strip:?}");
        [".debug", "name", "producers", "target_features"].map(|name| has(&names, name))
    };
    assert_eq!(sections(Strip::Nothing), [true, true, true, true]);
    assert_eq!(sections(Strip::Debug), [false, true, true, true]);
    assert_eq!(sections(Strip::Names), [false, false, true, true]);
    assert_eq!(sections(Strip::All), [false, false, false, true]);
}

/// `app` gives a string of length `n` to `words`, which traps at 7. A string of 200,000 bytes is not in memory.
const WITH_ADAPTER: &str = r#"(component
  (component $words
    (core module $m
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
      (func (export "take") (param i32 i32)
        (if (i32.eq (local.get 1) (i32.const 7)) (then (unreachable)))))
    (core instance $i (instantiate $m))
    (func (export "take") (param "text" string)
      (canon lift (core func $i "take") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
  (component $app
    (import "take" (func $take (param "text" string)))
    (core module $memory (memory (export "memory") 1))
    (core instance $memory (instantiate $memory))
    (core func $take (canon lower (func $take) (memory (core memory $memory "memory"))))
    (core module $m
      (import "" "memory" (memory 1))
      (import "" "take" (func $take (param i32 i32)))
      (func (export "run") (param $n i32) (result i32)
        (call $take (i32.const 0) (local.get $n))
        (local.get $n)))
    (core instance $i (instantiate $m (with "" (instance
      (export "memory" (memory $memory "memory")) (export "take" (func $take))))))
    (func (export "run") (param "n" u32) (result u32) (canon lift (core func $i "run"))))
  (instance $words (instantiate $words))
  (instance $app (instantiate $app (with "take" (func $words "take"))))
  (export "run" (func $app "run")))"#;

#[test]
fn frames_of_adapters_name_the_boundary() {
    let engine = engine();
    let plain = wat::parse_str(WITH_ADAPTER).unwrap();
    for version in [4, 5] {
        let (component, _) = with_rows(&plain, version);
        for (mode, options) in modes(1 << 16) {
            let fused = meld_core::fuse(&[meld_core::Input::new("debug", &component[..])], &options).unwrap();
            let component = fused.component.unwrap();
            // The lines are those of `Step`: the call, and the conversion of parameters.
            for (n, line) in [(7, 3), (200_000, 2)] {
                for trap in [trap_in_core(&engine, &fused.core, n), trap_in_component(&engine, &component, n)] {
                    let frames = frames(&trap);
                    let of_adapter = |(name, ..): &&Frame| name == "adapter take app->words";
                    let adapter = frames.iter().find(of_adapter).unwrap_or_else(|| panic!("{mode}: {frames:?}"));
                    assert_eq!((&*adapter.1, adapter.2), ("/<meld>/adapter take app->words", line), "{mode}, {n}");
                    // And the guests around it have theirs.
                    assert!(frames.len() > if n == 7 { 2 } else { 1 }, "{mode}: {frames:?}");
                }
            }
        }
    }
    // Without debug information in the input, there is none in the result.
    let fused = meld_core::fuse(&[meld_core::Input::new("plain", &plain[..])], &meld_core::Options::default()).unwrap();
    assert!(frames(&trap_in_core(&engine, &fused.core, 7)).is_empty());
}
