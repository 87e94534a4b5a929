//! Answers at once.

use exports::meld::immediate::arithmetic::Guest;
use std::sync::atomic::{AtomicU32, Ordering};

wit_bindgen::generate!({ path: "immediate/world.wit", world: "provider" });

struct Provider;

static CALLS: AtomicU32 = AtomicU32::new(0);

impl Guest for Provider {
    async fn add(a: u32, b: u32) -> u32 {
        a.wrapping_add(b)
    }

    async fn count() -> u32 {
        CALLS.fetch_add(1, Ordering::Relaxed) + 1
    }

    async fn nothing() {}

    async fn sum(a: u8, b: i16, c: u32, d: i64, e: f64) -> f64 {
        f64::from(a) + f64::from(b) + f64::from(c) + d as f64 + e
    }

    async fn greet(name: String) -> String {
        format!("hello, {name}")
    }
}

export!(Provider);
