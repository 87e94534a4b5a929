//! Uses its stack, in functions, in what they allocate, and in a destructor.

#![no_std]

extern crate alloc;

use alloc::string::String;
use alloc::vec::Vec;
use core::cell::Cell;
use core::hint::black_box;
use exports::meld::text::tallies::{Guest as Tallies, GuestTally};
use exports::meld::text::text::Guest as Text;
use wasip3_guests::{stack_in_use, stacks};

wit_bindgen::generate!({ path: "text/world.wit", world: "provider" });

struct Provider;

/// How many tallies there are.
static TALLIES: Count = Count(Cell::new(0));

struct Count(Cell<u32>);

// SAFETY: there is one thread.
unsafe impl Sync for Count {}

struct Tally(Cell<u32>);

impl Tallies for Provider {
    type Tally = Tally;

    fn count() -> u32 {
        TALLIES.0.get()
    }
}

impl Text for Provider {
    fn shout(text: String) -> String {
        let mut small = [0u8; 100];
        let n = text.len().min(small.len());
        small[..n].copy_from_slice(&text.as_bytes()[..n]);
        let small = black_box(&mut small);
        small.make_ascii_uppercase();
        String::from(core::str::from_utf8(&small[..n]).unwrap_or("?"))
    }

    fn sorted(numbers: Vec<u32>) -> Vec<u32> {
        let mut small = [u32::MAX; 64];
        small[..numbers.len()].copy_from_slice(&numbers);
        black_box(&mut small).sort_unstable();
        small[..numbers.len()].to_vec()
    }

    fn deep(times: u32) -> u32 {
        let frame = black_box([times; 16]);
        if times == 0 { 0 } else { frame[(times % 16) as usize] + black_box(<Provider as Text>::deep)(times - 1) }
    }

    fn stacks() -> (u32, u32) {
        (stacks(), stack_in_use() / 4096)
    }
}

impl GuestTally for Tally {
    fn new(start: u32) -> Tally {
        TALLIES.0.set(TALLIES.0.get() + 1);
        Tally(Cell::new(start))
    }

    fn add(&self, n: u32) -> u32 {
        let numbers = black_box([n; 8]);
        self.0.set(self.0.get() + numbers[3]);
        self.0.get()
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        let numbers = black_box([1u32; 32]);
        TALLIES.0.set(TALLIES.0.get() - numbers[7]);
    }
}

export!(Provider);
