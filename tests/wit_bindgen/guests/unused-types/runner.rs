//! Names the unused types, and calls the one function there is.

use meld::unused_types::sparse::{UnusedEnum, UnusedFlags, UnusedRecord, UnusedVariant, Used, call};

wit_bindgen::generate!({ path: "unused-types/world.wit", world: "runner", generate_unused_types: true });

struct Runner;

impl Guest for Runner {
    fn run() {
        assert!(call(Used { a: 41 }).a == 42);
        assert!(call(Used { a: 255 }).a == 0);
        // Types without a part at run time: it is enough that they are there.
        let record = UnusedRecord { a: 1, b: UnusedVariant::Two(vec![UnusedEnum::A, UnusedEnum::B]) };
        assert!(matches!(record.b, UnusedVariant::Two(list) if list.len() == usize::from(record.a) + 1));
        assert!(UnusedFlags::all() == UnusedFlags::A | UnusedFlags::B);
    }
}

export!(Runner);
