//! The innermost layer.

use exports::meld::with_only_affects_imports::layers::{Guest, Layer};

wit_bindgen::generate!({ path: "with-only-affects-imports/world.wit", world: "leaf" });

struct Leaf;

impl Guest for Leaf {
    fn wrap(mut l: Layer) -> Layer {
        l.depth += 1;
        l.names.push("leaf".to_string());
        l
    }
}

export!(Leaf);
