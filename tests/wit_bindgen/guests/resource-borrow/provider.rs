//! Functions that borrow a resource of their own instance.

use std::cell::Cell;

use exports::meld::resource_borrow::things::{Guest, GuestThing, Thing, ThingBorrow};

wit_bindgen::generate!({ path: "resource-borrow/world.wit", world: "provider" });

thread_local!(static DROPPED: Cell<u32> = const { Cell::new(0) });

struct Provider;
struct Number(u32);

impl Guest for Provider {
    type Thing = Number;

    fn peek(t: ThingBorrow<'_>) -> u32 {
        t.get::<Number>().0
    }

    fn sum(a: ThingBorrow<'_>, b: ThingBorrow<'_>) -> u32 {
        a.get::<Number>().0 + b.get::<Number>().0
    }

    fn consume(t: Thing) -> u32 {
        t.get::<Number>().0
    }

    fn dropped() -> u32 {
        DROPPED.get()
    }
}

impl GuestThing for Number {
    fn new(n: u32) -> Self {
        Number(n)
    }

    fn get(&self) -> u32 {
        self.0
    }
}

impl Drop for Number {
    fn drop(&mut self) {
        DROPPED.set(DROPPED.get() + 1);
    }
}

export!(Provider);
