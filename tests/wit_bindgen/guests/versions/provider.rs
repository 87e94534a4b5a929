//! Two versions of one interface, side by side.

use exports::meld::{clock1_0_0, clock2_0_0};

wit_bindgen::generate!({ path: "versions/world.wit", world: "provider", generate_all });

struct Provider;

impl clock1_0_0::time::Guest for Provider {
    fn now() -> u32 {
        1_000
    }

    fn label() -> String {
        "one".to_string()
    }
}

impl clock2_0_0::time::Guest for Provider {
    fn now() -> clock2_0_0::time::Instant {
        clock2_0_0::time::Instant { seconds: 1 << 40, nanos: 999_999_999 }
    }

    fn label() -> String {
        "two".to_string()
    }
}

export!(Provider);
