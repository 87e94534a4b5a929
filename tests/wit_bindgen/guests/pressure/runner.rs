//! Keeps blocks of memory while the provider keeps some, and checks that neither touches the other's.

use meld::pressure::blocks as other;

mod blocks;

wit_bindgen::generate!({ path: "pressure/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    fn run() {
        for round in 1..20 {
            assert!(Self::fill(1000 * round, 10) == (10, 10));
            assert!(Self::clear());
        }
    }

    fn fill(bytes: u32, limit: u32) -> (u32, u32) {
        // Block by block, so that both grow in turns.
        let (mut there, mut here) = (0, 0);
        for _ in 0..limit {
            there += other::fill(bytes, 1);
            here += blocks::fill(bytes, 1);
        }
        (there, here)
    }

    fn clear() -> bool {
        let there = other::clear();
        blocks::clear() && there
    }

    fn join(words: Vec<String>) -> String {
        words.join(" ")
    }
}

export!(Runner);
