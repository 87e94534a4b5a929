//! The versions do not mix.

use meld::{clock1_0_0, clock2_0_0};

wit_bindgen::generate!({ path: "versions/world.wit", world: "runner", generate_all });

struct Runner;

impl Guest for Runner {
    fn run() {
        assert!(clock1_0_0::time::now() == 1_000);
        assert!(clock1_0_0::time::label() == "one");
        let instant = clock2_0_0::time::now();
        assert!(instant.seconds == 1 << 40 && instant.nanos == 999_999_999);
        assert!(clock2_0_0::time::label() == "two");
    }
}

export!(Runner);
