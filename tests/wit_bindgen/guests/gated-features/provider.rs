//! Functions behind feature gates: one open, one shut.

use exports::meld::gated_features::settled::Guest;

wit_bindgen::generate!({ path: "gated-features/world.wit", world: "provider", features: ["wanted"] });

struct Provider;

impl Guest for Provider {
    fn old() -> String {
        "old".to_string()
    }

    fn tried(x: u32) -> u32 {
        x.rotate_left(8)
    }

    fn fading() -> bool {
        true
    }
}

export!(Provider);
