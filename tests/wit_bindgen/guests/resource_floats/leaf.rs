//! Floats behind handles.

use std::cell::Cell;

use exports::meld::resource_floats::floats::{Float, Guest, GuestFloat};
use exports::meld::resource_floats::trace;

wit_bindgen::generate!({ path: "resource_floats/world.wit", world: "leaf" });

thread_local!(static DROPPED: Cell<u32> = const { Cell::new(0) });

struct Leaf;
struct Number(f64);

impl Guest for Leaf {
    type Float = Number;
}

impl GuestFloat for Number {
    fn new(v: f64) -> Self {
        Number(v + 1.0)
    }

    fn get(&self) -> f64 {
        self.0 + 3.0
    }

    fn add(a: Float, b: f64) -> Float {
        Float::new(Number(a.into_inner::<Number>().0 + b + 6.0))
    }
}

impl Drop for Number {
    fn drop(&mut self) {
        DROPPED.set(DROPPED.get() + 1);
    }
}

impl trace::Guest for Leaf {
    fn dropped() -> u32 {
        DROPPED.get()
    }
}

export!(Leaf);
