//! Changes a resource in place through the handle it was given.

use std::cell::Cell;

use exports::meld::owned_resource_deref_mut::logs::{Guest, GuestLog, Log};

wit_bindgen::generate!({ path: "owned-resource-deref-mut/world.wit", world: "provider" });

thread_local!(static DROPPED: Cell<u32> = const { Cell::new(0) });

struct Provider;
struct Lines(Vec<String>);

impl Guest for Provider {
    type Log = Lines;

    fn dropped() -> u32 {
        DROPPED.get()
    }
}

impl GuestLog for Lines {
    fn new(first: String) -> Self {
        Lines(vec![first])
    }

    fn lines(&self) -> Vec<String> {
        self.0.clone()
    }

    fn extended(mut l: Log, more: Vec<String>) -> Log {
        l.get_mut::<Lines>().0.extend(more);
        l
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        DROPPED.set(DROPPED.get() + 1);
    }
}

export!(Provider);
