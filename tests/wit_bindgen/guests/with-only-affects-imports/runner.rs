//! Wraps through both.

use meld::with_only_affects_imports::layers::{Layer, wrap};

wit_bindgen::generate!({ path: "with-only-affects-imports/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    fn run() {
        let layer = wrap(&Layer { depth: 5, names: vec!["runner".to_string()] });
        assert!(layer.depth == 32);
        assert!(layer.names == ["runner", "leaf", "middle"]);
        let layer = wrap(&layer);
        assert!(layer.depth == 86);
        assert!(layer.names == ["runner", "leaf", "middle", "leaf", "middle"]);
    }
}

export!(Runner);
