//! A link in Rust, that sends each text on twice.

use exports::meld::chain::relay::Guest;
use meld::chain::relay;

wit_bindgen::generate!({ path: "chain/world.wit", world: "fourth" });

struct Fourth;

impl Guest for Fourth {
    fn pass(text: String, hops: u32) -> String {
        let once = relay::pass(&text, hops + 1);
        let twice = relay::pass(&text.to_uppercase(), hops + 10);
        format!("{once}\n{twice}")
    }
}

export!(Fourth);
