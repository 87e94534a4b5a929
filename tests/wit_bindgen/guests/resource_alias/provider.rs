//! A resource of one interface, used by another under the same and under a new name.

use std::cell::Cell;

use exports::meld::resource_alias::{one, two};

wit_bindgen::generate!({ path: "resource_alias/world.wit", world: "provider" });

thread_local!(static DROPPED: Cell<u32> = const { Cell::new(0) });

struct Provider;
struct X(u32);
struct Y(one::X);

impl one::Guest for Provider {
    type X = X;

    fn unpack(h: one::Holder) -> Vec<one::X> {
        vec![h.x]
    }
}

impl one::GuestX for X {
    fn new(n: u32) -> Self {
        X(n)
    }

    fn get(&self) -> u32 {
        self.0
    }
}

impl two::Guest for Provider {
    type Y = Y;

    fn unpack(b: two::Both, x: one::XBorrow<'_>) -> Vec<one::X> {
        let copy = one::X::new(X(x.get::<X>().0));
        vec![b.bag.x, b.y.into_inner::<Y>().0, copy]
    }

    fn dropped() -> u32 {
        DROPPED.get()
    }
}

impl two::GuestY for Y {
    fn new(x: one::X) -> Self {
        Y(x)
    }

    fn open(&self) -> u32 {
        self.0.get::<X>().0
    }
}

impl Drop for X {
    fn drop(&mut self) {
        DROPPED.set(DROPPED.get() + 1);
    }
}

export!(Provider);
