//! Passes the one as the other, without a conversion.

use meld::equal_types::{left, right};

wit_bindgen::generate!({ path: "equal-types/world.wit", world: "runner", merge_structurally_equal_types: true });

struct Runner;

impl Guest for Runner {
    fn run() {
        let shapes = left::give();
        assert!(shapes.len() == 3);
        let places = right::take(&shapes);
        assert!(places.len() == 3);
        assert!(places[0].x == -1 && places[0].y == "a");
        assert!(places[1].x == 2 && places[1].y == "b");
        assert!(places[2].x == i16::MAX && places[2].y.is_empty());
    }
}

export!(Runner);
