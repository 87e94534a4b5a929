//! Skips what it does not call.

use meld::skip::functions::{by_hand, generated};

wit_bindgen::generate!({ path: "skip/world.wit", world: "runner", skip: ["unwanted"] });

struct Runner;

impl Guest for Runner {
    fn run() {
        assert!(generated(0) == u32::MAX);
        assert!(by_hand(u32::MAX, 0.9) == 4_294_967_295);
        assert!(by_hand(0, 1.0e12) == -1_000_000_000_000);
    }
}

export!(Runner);
