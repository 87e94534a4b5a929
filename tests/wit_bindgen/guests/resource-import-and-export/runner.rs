//! Sees the middle's values only, and counts the leaf's drops.

use meld::resource_import_and_export::values::{Value, dropped};

wit_bindgen::generate!({ path: "resource-import-and-export/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    fn run() {
        let a = Value::new(100);
        assert!(a.get() == 111);
        a.set(200);
        assert!(a.get() == 211);
        let b = Value::new(5);
        assert!(!a.same_as(&b) && a.same_as(&a));
        b.set(200);
        assert!(a.same_as(&b) && b.same_as(&a));
        assert!(dropped() == 0);

        // 201 and 201 in the leaf.
        let sum = Value::add(a, b);
        assert!(dropped() == 2);
        assert!(sum.get() == 412);
        drop(sum);
        assert!(dropped() == 3);

        assert!(toplevel_add(3, 4) == 7);
        assert!(dropped() == 6);
    }
}

export!(Runner);
