//! The values themselves.

use std::cell::Cell;

use exports::meld::resource_import_and_export::values::{Guest, GuestValue, Value, ValueBorrow};

wit_bindgen::generate!({ path: "resource-import-and-export/world.wit", world: "leaf" });

thread_local!(static DROPPED: Cell<u32> = const { Cell::new(0) });

struct Leaf;
struct Number(Cell<u32>);

impl Guest for Leaf {
    type Value = Number;

    fn dropped() -> u32 {
        DROPPED.get()
    }
}

impl GuestValue for Number {
    fn new(n: u32) -> Self {
        Number(Cell::new(n))
    }

    fn get(&self) -> u32 {
        self.0.get()
    }

    fn set(&self, n: u32) {
        self.0.set(n);
    }

    fn add(a: Value, b: Value) -> Value {
        Value::new(Number(Cell::new(a.get::<Number>().get() + b.get::<Number>().get())))
    }

    fn same_as(&self, other: ValueBorrow<'_>) -> bool {
        self.0 == other.get::<Number>().0
    }
}

impl Drop for Number {
    fn drop(&mut self) {
        DROPPED.set(DROPPED.get() + 1);
    }
}

export!(Leaf);
