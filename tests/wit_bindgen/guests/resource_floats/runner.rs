//! Each layer leaves its mark on the numbers, so none can be skipped.

use meld::resource_floats::floats::Float;
use meld::resource_floats::trace::dropped;

wit_bindgen::generate!({ path: "resource_floats/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    fn run() {
        let a = Float::new(1000.5);
        // Made: +10 +1; read: +3 +30.
        assert!(a.get() == 1044.5);
        assert!(dropped() == 0);
        // Added: +60 +6.
        let b = Float::add(a, 2.0);
        assert!(b.get() == 1112.5);
        assert!(dropped() == 1);
        let many: Vec<Float> = (0..20).map(|n| Float::new(f64::from(n))).collect();
        assert!(many.iter().zip(0..20).all(|(float, n)| float.get() == f64::from(n) + 44.0));
        drop(many);
        assert!(dropped() == 21);
        drop(b);
        assert!(dropped() == 22);
    }
}

export!(Runner);
