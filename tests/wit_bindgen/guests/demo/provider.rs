//! The smallest component worth composing: a count.

use std::cell::Cell;

use exports::meld::demo::counter::Guest;

wit_bindgen::generate!({ path: "demo/world.wit", world: "provider" });

thread_local!(static COUNT: Cell<u32> = const { Cell::new(0) });

struct Provider;

impl Guest for Provider {
    fn add(n: u32) -> u32 {
        COUNT.set(COUNT.get() + n);
        COUNT.get()
    }

    fn count() -> u32 {
        COUNT.get()
    }

    fn describe() -> String {
        format!("counted to {}", COUNT.get())
    }

    fn reset() {
        COUNT.set(0);
    }
}

export!(Provider);
