//! What `examples/mcu` prints, by the original: the composition unfused.
//!
//! In: the fixtures `station-default` and `station-arena`, made of the same sources as the components of the example.
//! Out: the lines that they print, which are those in `examples/mcu/expected.txt`. The script of the example compares
//! what the board prints with that file. `BLESS=1` rewrites it. The components of the example themselves have no
//! allocator, so they run fused only, with one inside.

use meld_core::Fuser;
use meld_core::options::{PackAssumption, SharedArena, StackSize, Target, WindowSize};
use meld_oracle::core_host::CoreCode;
use meld_oracle::differential::{Form, Fusion};
use meld_oracle::host::{Event, Guest};
use meld_oracle::value::Value;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Calls `run` and returns what was printed.
fn printed(guest: &mut dyn Guest) -> String {
    guest.call(&["run".to_owned()], &[]).unwrap_or_else(|trap| panic!("{}", trap.0));
    let lines = guest.recorder().trace.iter().map(|event| match event {
        Event::Call { function, args, .. } if function == "print" => match &args[..] {
            [Value::String(line)] => format!("{line}\n"),
            other => panic!("printed {other:?}"),
        },
        other => panic!("the station only prints: {other:?}"),
    });
    lines.collect()
}

#[test]
fn the_components_of_the_example_print_the_same() {
    // As the script fuses them: each with its own stack, or with one for all.
    for stack in [None, Some(StackSize::Bytes(6144))] {
        assert_eq!(printed_by_parts(stack), std::fs::read_to_string(root().join("examples/mcu/expected.txt")).unwrap());
    }
}

/// What the three components print, fused with an arena inside.
fn printed_by_parts(stack: Option<StackSize>) -> String {
    let mut fuser = Fuser::new();
    let parts = ["sensor", "report", "station"].map(|name| {
        let path = root().join(format!("examples/mcu/{name}.wasm"));
        (name, std::fs::read(path).unwrap())
    });
    for (name, bytes) in &parts {
        fuser.input(*name, &bytes[..]);
    }
    let shared = fuser.no_simd(true).options_mut().shared();
    shared.size = WindowSize::Packed(PackAssumption::HeapBase);
    shared.handles = Some(16);
    shared.arena = Some(SharedArena::Inside(32768));
    shared.common().stack = stack;
    let fused = fuser.fuse().unwrap_or_else(|error| panic!("{:#}", anyhow::Error::from(error)));
    // What the components import, in order; the first is provided inside.
    let imports = ["cabi-arena-realloc", "print"].map(str::to_owned);
    let code = CoreCode::new(&fused.core, &fused.interface, &imports).unwrap();
    printed(&mut code.start(1).unwrap())
}

#[test]
fn the_board_is_to_print_what_the_composition_prints() {
    let expected = root().join("examples/mcu/expected.txt");
    for fixture in ["station-default", "station-arena"] {
        let bytes = std::fs::read(root().join(format!("tests/wit_bindgen/fixtures/{fixture}.wasm"))).unwrap();
        let fusion = Fusion::new(&bytes).unwrap();
        for form in [Form::Input, Form::Core] {
            let printed = printed(&mut *fusion.start(form, 1).unwrap());
            if form == Form::Input && std::env::var_os("BLESS").is_some() {
                std::fs::write(&expected, &printed).unwrap();
            }
            assert_eq!(printed, std::fs::read_to_string(&expected).unwrap(), "{fixture}, {form:?}");
        }
    }
}

/// The second program: five providers and a program, with windows of the size that they use and one stack.
#[test]
fn the_operating_system_prints_the_same_in_two_kibibytes() {
    let expected = root().join("examples/mcu/expected-os.txt");
    let bytes = wat::parse_file(root().join("examples/mcu/os.wat")).unwrap();
    let fusion = Fusion::new(&bytes).unwrap();
    let original = printed(&mut *fusion.start(Form::Input, 1).unwrap());
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&expected, &original).unwrap();
    }
    assert_eq!(original, std::fs::read_to_string(&expected).unwrap());
    let mut fuser = Fuser::new();
    fuser.input("os", &bytes[..]);
    fuser.target(Target::Synth);
    let shared = fuser.options_mut().shared();
    shared.size = WindowSize::Packed(PackAssumption::HeapBase);
    shared.handles = Some(4);
    shared.byte_pages = true;
    shared.common().stack = Some(StackSize::Proved);
    let fused = fuser.fuse().unwrap_or_else(|error| panic!("{:#}", anyhow::Error::from(error)));
    let code = CoreCode::new(&fused.core, &fused.interface, &["print".to_owned()]).unwrap();
    assert_eq!(printed(&mut code.start(1).unwrap()), original);
    // Stacks of 2 KiB each, which most guests do not use, take nothing but the room of the first one.
    let size = fused.report.map.last().map_or(0, |area| area.end);
    assert!(size < 2400, "the one memory has {size} bytes");
}
