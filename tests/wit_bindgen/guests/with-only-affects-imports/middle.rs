//! Maps the import to bindings made elsewhere, and still gets its own for the export.

use exports::meld::with_only_affects_imports::layers::{Guest, Layer};
use shared::meld::with_only_affects_imports::layers as inner;

mod shared {
    wit_bindgen::generate!({ path: "with-only-affects-imports/world.wit", world: "shared" });
}

wit_bindgen::generate!({
    path: "with-only-affects-imports/world.wit",
    world: "middle",
    with: { "meld:with-only-affects-imports/layers": crate::shared::meld::with_only_affects_imports::layers },
});

struct Middle;

impl Guest for Middle {
    fn wrap(l: Layer) -> Layer {
        let inner = inner::wrap(&inner::Layer { depth: l.depth + 10, names: l.names });
        let mut names = inner.names;
        names.push("middle".to_string());
        Layer { depth: inner.depth * 2, names }
    }
}

export!(Middle);
