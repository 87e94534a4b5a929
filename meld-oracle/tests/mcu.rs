//! What `examples/mcu` prints, by the original: the composition unfused.
//!
//! In: the fixtures `station-default` and `station-arena`, made of the same sources as the components of the example.
//! Out: the lines that they print, which are those in `examples/mcu/expected.txt`. The script of the example compares
//! what the board prints with that file. `BLESS=1` rewrites it.

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
