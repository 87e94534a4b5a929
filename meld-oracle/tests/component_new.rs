//! What standard tools make of core output.
//!
//! In: the fixtures of the regression run, and small compositions whose components import the same functions, fused into
//! core modules in several modes. Out: where a module has a `component-type` section, `wit-component`, which is what
//! `wasm-tools component new` and others are made of, makes a component of it that does the same as the input, call for
//! call of the host. Where a module has none, the reason that the result gives is looked up in the interface.

use meld_core::core_interface::{CoreInterface, CoreOptions};
use meld_core::error::WitError;
use meld_core::{Fused, Fuser, Options};
use meld_oracle::differential::{Steps, shared};
use meld_oracle::host::{ComponentCode, ComponentGuest, NoStart};
use std::collections::BTreeSet;
use std::path::Path;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

const SEED: u64 = 41;

/// Bytes by which each memory may grow: what the guests' allocators ask for is less.
const HEAP: u64 = 1 << 20;

/// Options under which everything is fused, with a name.
fn modes() -> Vec<(&'static str, Options)> {
    let one = shared(HEAP);
    let mut isolated = one.clone();
    isolated.shared().protection = meld_core::options::Protection::Isolated;
    vec![("several memories", Options::default()), ("one memory", one), ("one memory, isolated", isolated)]
}

fn fuse(inputs: &[(&str, &[u8])], options: &Options) -> Fused {
    let inputs: Vec<meld_core::Input<'_>> =
        inputs.iter().map(|(name, bytes)| meld_core::Input::new(*name, *bytes)).collect();
    meld_core::fuse(&inputs, options).unwrap_or_else(|e| panic!("{:#}", anyhow::Error::new(e)))
}

/// What `wasm-tools component new` makes of a module.
fn component_new(core: &[u8]) -> Result<Vec<u8>, String> {
    let mut encoder = ComponentEncoder::default();
    let encoder = encoder.validate(true).module(core).map_err(|e| format!("{e:#}"))?;
    encoder.encode().map_err(|e| format!("{e:#}"))
}

fn start(component: &[u8]) -> Result<ComponentGuest, String> {
    match ComponentCode::new(component).and_then(|code| code.start(SEED)) {
        Ok(guest) => Ok(guest),
        Err(NoStart::Unfit(why)) => Err(why),
        Err(NoStart::Trap(trap)) => Err(trap.0),
    }
}

/// Calls of every export of a component, and what it did.
fn calls(input: &[u8]) -> Result<Steps, String> {
    let steps = Steps::random(&mut start(input)?, SEED, 2);
    if steps.count() == 0 {
        return Err("nothing was called".to_owned());
    }
    Ok(steps)
}

/// Calls every export of `input`, and the same of `made`, which must do the same.
fn same(input: &[u8], made: &[u8]) -> Result<(), String> {
    calls(input)?.replay(&mut start(made)?)
}

/// Whether the reason why there is no section is found in the interface.
fn is_true(why: &WitError, interface: &CoreInterface) -> bool {
    let imports = interface.imports.values().map(|import| &import.options);
    let options: Vec<&CoreOptions> = imports.chain(interface.exports.iter().map(|export| &export.options)).collect();
    let several = |names: Vec<Option<&String>>| names.into_iter().flatten().collect::<BTreeSet<_>>().len() > 1;
    match why {
        WitError::Boundary { what: "memories", .. } => several(options.iter().map(|o| o.memory.as_ref()).collect()),
        WitError::Boundary { what: "`realloc` functions", .. } => {
            several(options.iter().map(|o| o.realloc.as_ref()).collect())
        }
        WitError::Boundary { what: "string encodings", .. } => {
            let with_memory = options.iter().filter(|options| options.memory.is_some());
            with_memory.map(|options| options.encoding).collect::<BTreeSet<_>>().len() > 1
        }
        _ => false,
    }
}

#[test]
fn fixtures() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/wit_bindgen/fixtures");
    let (mut made, mut refused) = (0, 0);
    for entry in std::fs::read_dir(folder).expect("the fixtures are in the repository") {
        let file = entry.expect("a readable folder").path();
        if file.extension().is_none_or(|e| e != "wasm") {
            continue;
        }
        let input = std::fs::read(&file).expect("a readable file");
        let calls = calls(&input).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        for (mode, options) in modes() {
            let at = format!("{}, {mode}", file.display());
            let fused = fuse(&[("input", &input)], &options);
            if let Some(why) = &fused.no_component_type {
                assert!(is_true(why, &fused.interface), "{at}: {why}");
                refused += 1;
                continue;
            }
            let component = component_new(&fused.core).unwrap_or_else(|e| panic!("{at}: {e}"));
            start(&component).and_then(|mut made| calls.replay(&mut made)).unwrap_or_else(|e| panic!("{at}: {e}"));
            made += 1;
        }
    }
    println!("{made} made, {refused} refused");
    assert!(made >= MADE, "only {made} were made, {refused} were refused");
}

/// How many components are made of the fixtures. It only grows.
const MADE: usize = 228;

/// A component with this module and this world of this package.
fn component(wit: &str, world: &str, encoding: StringEncoding, module: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("test.wit", wit).expect("WIT that parses");
    let world = resolve.select_world(&[package], Some(world)).expect("a world");
    let mut module = wat::parse_str(module).unwrap_or_else(|e| panic!("{module}: {e}"));
    embed_component_metadata(&mut module, &resolve, world, encoding, false).expect("a module");
    component_new(&module).unwrap_or_else(|e| panic!("{e}"))
}

/// One component of several, as an input for the original.
fn linked(inputs: &[(&str, &[u8])]) -> Vec<u8> {
    let mut fuser = Fuser::new();
    for (name, bytes) in inputs {
        fuser.input(*name, *bytes);
    }
    fuser.component(true);
    fuser.fuse().expect("they are fused").component.expect("a component was asked for")
}

/// The imports of a module, in order.
fn imports(fused: &Fused) -> Vec<&str> {
    let names: Vec<&str> = fused.interface.imports.values().map(|import| import.field.as_str()).collect();
    let written = wasmprinter::print_bytes(&fused.core).expect("the output is valid");
    assert_eq!(written.lines().filter(|line| line.trim_start().starts_with("(import ")).count(), names.len());
    names
}

const RESOURCES: &str = r#"
    package h:o;
    interface i { resource r { ping: func(); } mk: func() -> r; plain: func(x: u32) -> u32; use-it: func(x: borrow<r>); }
    interface ea { f: func() -> u32; }
    interface eb { f: func() -> u32; }
    world a { import i; export ea; }
    world b { import i; export eb; }
"#;

/// A module that uses everything of the interface.
fn uses_resources(export: &str, memory: &str, add: u32) -> String {
    format!(
        r#"(module
            (import "h:o/i" "mk" (func $mk (result i32)))
            (import "h:o/i" "plain" (func $plain (param i32) (result i32)))
            (import "h:o/i" "use-it" (func $use (param i32)))
            (import "h:o/i" "[method]r.ping" (func $ping (param i32)))
            (import "h:o/i" "[resource-drop]r" (func $drop (param i32)))
            {memory}
            (func (export "h:o/{export}#f") (result i32) (local $r i32)
              (local.set $r (call $mk))
              (call $use (local.get $r))
              (call $ping (local.get $r))
              (call $drop (local.get $r))
              (i32.add (call $plain (i32.const {add})) (i32.const {add}))))"#
    )
}

/// No option of these functions makes a difference, so each is imported once, and tools know all of them.
#[test]
fn functions_with_handles_are_imported_once() {
    let without = |export, add| uses_resources(export, "", add);
    let with = |export, add| uses_resources(export, r#"(memory (export "memory") 1)"#, add);
    for (a, b) in
        [(without("ea", 1), without("eb", 2)), (with("ea", 1), with("eb", 2)), (with("ea", 1), without("eb", 2))]
    {
        let a = component(RESOURCES, "a", StringEncoding::UTF8, &a);
        let b = component(RESOURCES, "b", StringEncoding::UTF16, &b);
        let inputs: [(&str, &[u8]); 2] = [("a", &a), ("b", &b)];
        for (mode, options) in modes() {
            let fused = fuse(&inputs, &options);
            let mut names = imports(&fused);
            names.sort_unstable();
            assert_eq!(names, ["[method]r.ping", "[resource-drop]r", "mk", "plain", "use-it"], "{mode}");
            assert!(fused.no_component_type.is_none(), "{mode}: {:?}", fused.no_component_type);
            let made = component_new(&fused.core).unwrap_or_else(|e| panic!("{mode}: {e}"));
            same(&linked(&inputs), &made).unwrap_or_else(|e| panic!("{mode}: {e}"));
        }
    }
}

const STRINGS: &str = r#"
    package l:g;
    interface i { log: func(x: string); bytes: func(x: list<u8>); pair: func(x: u32) -> tuple<u32, u32>; get: func() -> string; }
    interface ea { f: func() -> u32; }
    interface eb { f: func() -> u32; }
    world a { import i; export ea; }
    world b { import i; export eb; }
"#;

/// A module that passes what is in its memory, and never looks at it.
fn logs(export: &str, text: &str, calls: &str) -> String {
    format!(
        r#"(module
            (import "l:g/i" "log" (func $log (param i32 i32)))
            (import "l:g/i" "bytes" (func $bytes (param i32 i32)))
            (import "l:g/i" "pair" (func $pair (param i32 i32)))
            (import "l:g/i" "get" (func $get (param i32)))
            (memory (export "memory") 1)
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
            (data (i32.const 8) "{text}")
            (func (export "l:g/{export}#f") (result i32) {calls} (i32.const 7)))"#
    )
}

/// Fuses two such components and says which imports the result has.
fn fused_logs(encodings: (StringEncoding, StringEncoding), calls: [&str; 2], options: &Options) -> (Fused, Vec<u8>) {
    let a = component(STRINGS, "a", encodings.0, &logs("ea", "h\\00i\\00a\\00", calls[0]));
    let b = component(STRINGS, "b", encodings.1, &logs("eb", "h\\00i\\00b\\00", calls[1]));
    let inputs: [(&str, &[u8]); 2] = [("a", &a), ("b", &b)];
    (fuse(&inputs, options), linked(&inputs))
}

const UTF8: (StringEncoding, StringEncoding) = (StringEncoding::UTF8, StringEncoding::UTF8);
const MIXED: (StringEncoding, StringEncoding) = (StringEncoding::UTF8, StringEncoding::UTF16);
const LOG: &str = "(call $log (i32.const 8) (i32.const 3))";
const BYTES: &str = "(call $bytes (i32.const 8) (i32.const 5))";
const PAIR: &str = "(call $pair (i32.const 8) (i32.const 64))";
const GET: &str = "(call $get (i32.const 64))";

/// Where there is one memory, the memory makes no difference any more, and what each passes is still there.
#[test]
fn one_memory_has_one_import_of_each_function() {
    for (encodings, calls, expected) in [
        (UTF8, LOG, "log"),
        (UTF8, BYTES, "bytes"),
        (UTF8, PAIR, "pair"),
        // The encoding makes no difference where there are no strings.
        (MIXED, BYTES, "bytes"),
        (MIXED, PAIR, "pair"),
    ] {
        for (mode, options) in modes().into_iter().skip(1) {
            let (fused, original) = fused_logs(encodings, [calls; 2], &options);
            assert_eq!(imports(&fused), [expected], "{mode}");
            assert!(fused.no_component_type.is_none(), "{mode}: {:?}", fused.no_component_type);
            let made = component_new(&fused.core).unwrap_or_else(|e| panic!("{mode}, {expected}: {e}"));
            same(&original, &made).unwrap_or_else(|e| panic!("{mode}, {expected}: {e}"));
        }
    }
}

/// Two memories, two encodings or two reallocs are two imports, and tools that know one are told so.
#[test]
fn options_that_differ_are_imports_that_differ() {
    let one = shared(HEAP);
    for (encodings, calls, options, what) in [
        (UTF8, [LOG, LOG], Options::default(), "memories"),
        (UTF8, [PAIR, PAIR], Options::default(), "memories"),
        (MIXED, [LOG, LOG], one.clone(), "string encodings"),
        (UTF8, [GET, GET], one.clone(), "`realloc` functions"),
    ] {
        let (fused, _) = fused_logs(encodings, calls, &options);
        assert_eq!(imports(&fused).len(), 2, "{what}");
        let why = fused.no_component_type.as_ref().expect("tools do not know two");
        assert!(matches!(why, WitError::Boundary { what: found, .. } if *found == what), "{why}");
        assert!(is_true(why, &fused.interface), "{why}");
        // The module is there without the section, and tools do not make something else of it.
        component_new(&fused.core).expect_err("nothing says what it is");
    }
}

/// Which imports there are is a matter of live code alone.
#[test]
fn a_window_without_a_live_call_goes() {
    let map = |calls| {
        let (fused, _) = fused_logs(UTF8, calls, &shared(HEAP));
        fused.report.map.len()
    };
    assert!(map([LOG, ""]) < map([LOG, LOG]));
    assert!(map(["", LOG]) < map([LOG, LOG]));
}
