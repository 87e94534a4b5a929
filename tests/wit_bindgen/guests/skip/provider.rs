//! Skips a function in the bindings and writes its core function itself.

use exports::meld::skip::functions::Guest;

wit_bindgen::generate!({ path: "skip/world.wit", world: "provider", skip: ["by-hand"] });

struct Provider;

impl Guest for Provider {
    fn generated(x: u32) -> u32 {
        !x
    }

    fn unwanted(xs: Vec<String>) -> Vec<String> {
        xs
    }
}

/// The canonical ABI of the skipped function.
// SAFETY: no other symbol has this name.
#[unsafe(export_name = "meld:skip/functions#by-hand")]
extern "C" fn by_hand(x: i32, y: f64) -> i64 {
    i64::from(x as u32) - y as i64
}

export!(Provider);
