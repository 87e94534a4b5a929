//! Keeps blocks of memory.

use exports::meld::pressure::blocks::Guest;

mod blocks;

wit_bindgen::generate!({ path: "pressure/world.wit", world: "provider" });

struct Provider;

impl Guest for Provider {
    fn fill(bytes: u32, limit: u32) -> u32 {
        blocks::fill(bytes, limit)
    }

    fn clear() -> bool {
        blocks::clear()
    }
}

export!(Provider);
