//! Guests whose memory never grows: one composition of stock guests in three forms, by the allocator that they have.
//!
//! In: the fixtures `station-default` (the standard library's allocator), `station-arena` (that of `meld-guest`) and
//! `station-extern` (the embedder's), and `arena-exhaustion`. That they behave alike fused and unfused is the business
//! of the regression run; here the instruction `memory.grow` is looked for, and what the arena imports is.

use meld_core::Fuser;
use meld_core::options::SharedArena;
use meld_oracle::differential::{Form, Fusion};
use std::path::Path;
use wasmparser::{Operator, Parser, Payload};

fn fixture(path: &str) -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    std::fs::read(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Of each core module, in order: how many `memory.grow` are in it, and the names of its imports.
fn modules(wasm: &[u8]) -> Vec<(usize, Vec<String>)> {
    let mut modules = Vec::new();
    // Which of the binaries around a payload are modules.
    let mut nest = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.expect("a valid binary") {
            Payload::Version { encoding, .. } => {
                let core = encoding == wasmparser::Encoding::Module;
                if core {
                    modules.push((0, Vec::new()));
                }
                nest.push(core);
            }
            Payload::End(_) => _ = nest.pop(),
            Payload::CodeSectionEntry(body) => {
                let operators = body.get_operators_reader().unwrap().into_iter().map(Result::unwrap);
                let grows = operators.filter(|operator| matches!(operator, Operator::MemoryGrow { .. })).count();
                modules.last_mut().expect("code is in a module").0 += grows;
            }
            Payload::ImportSection(section) => {
                let names = &mut modules.last_mut().expect("a module's import").1;
                for import in section.into_imports() {
                    let import = import.unwrap();
                    names.push(format!("{}::{}", import.module, import.name));
                }
            }
            _ => {}
        }
    }
    modules
}

fn grows(wasm: &[u8]) -> Vec<usize> {
    modules(wasm).into_iter().map(|(grows, _)| grows).collect()
}

#[test]
fn only_the_default_allocator_grows_the_memory() {
    // Each of the three components has a `memory.grow`, in its main module.
    let default = grows(&fixture("tests/wit_bindgen/fixtures/station-default.wasm"));
    assert_eq!(default.iter().filter(|grows| **grows > 0).count(), 3, "{default:?}");
    for path in [
        "tests/wit_bindgen/fixtures/station-arena.wasm",
        "tests/wit_bindgen/fixtures/arena-exhaustion.wasm",
        "examples/mcu/station-extern.wasm",
        "examples/mcu/sensor.wasm",
        "examples/mcu/report.wasm",
        "examples/mcu/station.wasm",
    ] {
        let found = grows(&fixture(path));
        assert!(!found.is_empty() && found.iter().all(|grows| *grows == 0), "{path}: {found:?}");
    }
}

/// Fuses a fixture into one memory.
fn shared(path: &str) -> Result<meld_core::Fused, meld_core::Error> {
    let bytes = fixture(path);
    let mut fuser = Fuser::new();
    fuser.input("station", &bytes[..]).component(true).options_mut().shared().rebase = true;
    fuser.fuse()
}

#[test]
fn in_one_memory_there_is_no_grow_and_no_env() {
    let fused = shared("tests/wit_bindgen/fixtures/station-arena.wasm").unwrap();
    for (grows, imports) in modules(&fused.core).into_iter().chain(modules(fused.component.as_ref().unwrap())) {
        assert_eq!(grows, 0);
        assert!(imports.iter().all(|name| !name.starts_with("env::")), "{imports:?}");
    }
    assert_eq!(modules(&fused.core), [(0, vec!["$root::print".to_owned()])]);

    let error = shared("tests/wit_bindgen/fixtures/station-default.wasm").unwrap_err();
    let why = format!("{:#}", anyhow::Error::from(error));
    assert!(why.contains("memory.grow is live") && why.contains("`meld-guest`"), "{why}");
}

/// Nothing but the arena is imported beside what the world says.
#[test]
fn the_embedders_arena_is_one_import_of_a_component() {
    for (path, imports) in [
        ("examples/mcu/sensor.wasm", vec!["import cabi-arena-realloc"]),
        ("examples/mcu/station-extern.wasm", vec!["import cabi-arena-realloc", "import print"]),
    ] {
        let world = meld_core::world_of(&fixture(path)).unwrap();
        let found: Vec<_> =
            world.lines().filter_map(|line| line.trim().split_once(": ").map(|(name, _)| name)).collect();
        let found: Vec<_> = found.into_iter().filter(|name| name.starts_with("import ")).collect();
        assert_eq!(found, imports, "{world}");
    }
}

/// Fuses the three components whose allocator is the embedder's, with what `options` says of it.
fn linked(options: impl FnOnce(&mut Fuser<'_>)) -> meld_core::Fused {
    let parts = ["sensor", "report", "station"].map(|name| (name, fixture(&format!("examples/mcu/{name}.wasm"))));
    let mut fuser = Fuser::new();
    for (name, bytes) in &parts {
        fuser.input(*name, &bytes[..]);
    }
    fuser.component(true).wit(true);
    options(&mut fuser);
    fuser.fuse().unwrap_or_else(|error| panic!("{:#}", anyhow::Error::from(error)))
}

#[test]
fn fused_the_embedders_arena_is_one_import_or_none() {
    const ARENA: &str = "env::__cabi_arena_realloc";
    for (bound, core, component) in [
        (false, vec!["$root::print", ARENA], vec!["cabi-arena-realloc", "print"]),
        (true, vec!["$root::print"], vec!["print"]),
    ] {
        let fused = linked(|fuser| {
            let arena = if bound { SharedArena::Inside(32768) } else { SharedArena::Embedder(32768) };
            fuser.options_mut().shared().arena = Some(arena);
            if !bound {
                fuser.passthrough(ARENA.parse().unwrap());
            }
        });
        let [(grows, mut imports)] = <[_; 1]>::try_from(modules(&fused.core)).unwrap();
        imports.sort();
        assert_eq!((grows, imports), (0, core.into_iter().map(str::to_owned).collect()), "bound: {bound}");
        assert!(grows_nowhere(fused.component.as_ref().unwrap()), "bound: {bound}");
        let world = fused.wit.unwrap();
        let names = world.lines().filter_map(|line| line.trim().strip_prefix("import ")?.split_once(": func"));
        assert_eq!(names.map(|(name, _)| name).collect::<Vec<_>>(), component, "{world}");
    }
}

fn grows_nowhere(wasm: &[u8]) -> bool {
    grows(wasm).iter().all(|grows| *grows == 0)
}

/// An arena that is full traps where the request is, fused as unfused, and after the trap there is no way back in.
#[test]
fn a_full_arena_traps() {
    let fusion = Fusion::new(&fixture("tests/wit_bindgen/fixtures/arena-exhaustion.wasm")).unwrap();
    for form in [Form::Input, Form::Component, Form::Core] {
        let mut guest = fusion.start(form, 1).unwrap();
        guest.call(&["run".to_owned()], &[]).unwrap_or_else(|trap| panic!("{form:?}: {}", trap.0));
        let trap = guest.call(&["fill".to_owned()], &[]).expect_err("16 KiB are filled at some time");
        assert!(trap.0.contains("unreachable"), "{form:?}: {}", trap.0);
    }
}
