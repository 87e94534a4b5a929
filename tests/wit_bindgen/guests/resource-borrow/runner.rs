//! Lends, and still owns afterwards.

use meld::resource_borrow::things::{Thing, consume, dropped, peek, sum};

wit_bindgen::generate!({ path: "resource-borrow/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    fn run() {
        let a = Thing::new(40);
        let b = Thing::new(2);
        assert!(peek(&a) == 40 && peek(&a) == 40);
        assert!(sum(&a, &b) == 42);
        assert!(sum(&b, &b) == 4);
        assert!(dropped() == 0);
        assert!(b.get() == 2);
        drop(b);
        assert!(dropped() == 1);
        assert!(consume(a) == 40);
        assert!(dropped() == 2);
    }
}

export!(Runner);
