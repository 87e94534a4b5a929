//! The end of the chain.

use exports::meld::chain::relay::Guest;

wit_bindgen::generate!({ path: "chain/world.wit", world: "leaf" });

struct Leaf;

impl Guest for Leaf {
    fn pass(text: String, hops: u32) -> String {
        format!("[{text}] after {hops}")
    }
}

export!(Leaf);
