//! Calls what the open gate lets through.

use meld::gated_features::settled;

wit_bindgen::generate!({ path: "gated-features/world.wit", world: "runner", features: ["wanted"] });

struct Runner;

impl Guest for Runner {
    fn run() {
        assert!(settled::old() == "old");
        assert!(settled::tried(0x1234_5678) == 0x3456_7812);
        assert!(settled::fading());
    }
}

export!(Runner);
