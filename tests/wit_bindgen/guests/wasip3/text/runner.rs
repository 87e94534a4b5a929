//! Has something on its stack while it calls, and looks at it afterwards.

#![no_std]

extern crate alloc;

mod checks;

use core::hint::black_box;
use meld::text::tallies::{Tally, count};

wit_bindgen::generate!({ path: "text/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    fn run() {
        checks::text();
        let numbers = black_box([7u32; 30]);
        {
            let tally = Tally::new(40);
            assert!(tally.add(2) == 42);
            let other = Tally::new(1);
            assert!(other.add(1) == 2);
            checks::text();
            assert!(tally.add(1) == 43);
            assert!(count() == 2);
        }
        assert!(count() == 0);
        checks::text();
        assert!(numbers == [7; 30]);
    }
}

export!(Runner);
