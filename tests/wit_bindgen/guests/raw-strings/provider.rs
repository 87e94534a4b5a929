//! Takes strings as the bytes they are.

use exports::meld::raw_strings::bytes::Guest;

wit_bindgen::generate!({ path: "raw-strings/world.wit", world: "provider", raw_strings });

struct Provider;

impl Guest for Provider {
    fn length(s: Vec<u8>) -> u32 {
        s.len() as u32
    }

    fn same(a: Vec<u8>, b: Vec<Vec<u8>>) -> bool {
        b.iter().all(|b| *b == a)
    }
}

export!(Provider);
