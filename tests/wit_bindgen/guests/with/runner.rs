//! The same on the importing side.

use meld::mapped::post::{receive, send};
use shared::meld::mapped::types::{Message, Urgency};

mod shared {
    wit_bindgen::generate!({ path: "with/world.wit", world: "shared", generate_unused_types: true });
}

wit_bindgen::generate!({
    path: "with/world.wit",
    world: "runner",
    with: { "meld:mapped/types": crate::shared::meld::mapped::types },
});

struct Runner;

impl Guest for Runner {
    fn run() {
        let message = |from: &str, n| Message { from: from.to_string(), body: vec![n; usize::from(n)] };
        assert!(receive().is_none());
        assert!(send(&message("low", 1), Urgency::Low) == 1);
        assert!(send(&message("high", 255), Urgency::High) == 2);
        assert!(send(&message("last", 0), Urgency::Low) == 3);
        for (from, n) in [("high", 255), ("low", 1), ("last", 0)] {
            let received = receive().unwrap();
            assert!(received.from == from && received.body == vec![n; usize::from(n)]);
        }
        assert!(receive().is_none());
    }
}

export!(Runner);
