//! What is initialized stays initialized, call after call.

use meld::run_ctors_once_workaround::state::{bump, text};

wit_bindgen::generate!({ path: "run-ctors-once-workaround/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    fn run() {
        assert!(bump() == 42);
        assert!(text() == "made at 42");
        assert!(bump() == 43);
        assert!(text() == "made at 42");
    }
}

export!(Runner);
