//! A resource whose bindings are somewhere else, in functions whose bindings are here.

use meld::with_and_resources::locks::{Lock, copy, melt};
use shared::meld::with_and_resources::keys::Key;

mod shared {
    wit_bindgen::generate!({ path: "with-and-resources/world.wit", world: "shared" });
}

wit_bindgen::generate!({
    path: "with-and-resources/world.wit",
    world: "runner",
    with: { "meld:with-and-resources/keys": crate::shared::meld::with_and_resources::keys },
});

struct Runner;

impl Guest for Runner {
    fn run() {
        let (a, b) = (Key::new(1), Key::new(u32::MAX));
        let lock = Lock::new(&a);
        assert!(lock.opens(&a) && !lock.opens(&b));
        let spare: Key = copy(&a);
        assert!(spare.number() == 1 && lock.opens(&spare));
        assert!(melt(a) == 1);
        assert!(melt(b) == u32::MAX);
        assert!(lock.opens(&spare));
    }
}

export!(Runner);
