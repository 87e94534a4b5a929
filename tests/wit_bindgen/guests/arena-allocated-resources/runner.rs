//! Fills the arena to the last place, and fills its holes.

use meld::arena_allocated_resources::slots::{Slot, used};

wit_bindgen::generate!({ path: "arena-allocated-resources/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    fn run() {
        let mut slots: Vec<Slot> = (0..32).map(|n| Slot::new(n << 40)).collect();
        assert!(used() == 32);
        assert!(slots.iter().map(Slot::get).eq((0..32).map(|n| n << 40)));
        let third = slots.remove(3);
        assert!(Slot::steal(third) == 3 << 40);
        drop(slots.remove(20));
        assert!(used() == 30);
        slots.push(Slot::new(u64::MAX));
        assert!(used() == 31);
        assert!(slots[3].get() == 4 << 40 && slots[30].get() == u64::MAX);
        drop(slots);
        assert!(used() == 0);
    }
}

export!(Runner);
