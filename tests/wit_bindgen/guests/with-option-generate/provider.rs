//! Interfaces of another package, generated all at once.

use exports::foreign::pkg::{numbers, texts};

wit_bindgen::generate!({ path: "with-option-generate/world.wit", world: "provider", generate_all });

struct Provider;

impl numbers::Guest for Provider {
    fn gcd(a: u32, b: u32) -> u32 {
        if b == 0 { a } else { Self::gcd(b, a % b) }
    }
}

impl texts::Guest for Provider {
    fn repeat(s: String, n: u8) -> Vec<String> {
        vec![s; usize::from(n)]
    }
}

export!(Provider);
