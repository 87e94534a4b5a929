//! An interface most of whose types no function mentions.

use exports::meld::unused_types::sparse::{Guest, GuestUnusedResource, Used};

wit_bindgen::generate!({ path: "unused-types/world.wit", world: "provider", generate_unused_types: true });

struct Provider;
struct Unused;

impl Guest for Provider {
    type UnusedResource = Unused;

    fn call(x: Used) -> Used {
        Used { a: x.a.wrapping_add(1) }
    }
}

impl GuestUnusedResource for Unused {
    fn new() -> Self {
        Unused
    }
}

export!(Provider);
