//! Counts.

use meld::demo::counter;

wit_bindgen::generate!({ path: "demo/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    fn run() {
        assert!(counter::count() == 0);
        assert!(counter::add(40) == 40);
        assert!(counter::add(2) == 42);
        assert!(counter::describe() == "counted to 42");
        counter::reset();
        assert!(counter::count() == 0);
        assert!(counter::describe() == "counted to 0");
    }
}

export!(Runner);
