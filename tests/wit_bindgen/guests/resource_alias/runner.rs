//! One resource, whichever interface names it.

use meld::resource_alias::{one, two};

wit_bindgen::generate!({ path: "resource_alias/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    fn run() {
        let first = one::unpack(one::Holder { x: one::X::new(42) });
        assert!(first.len() == 1 && first[0].get() == 42);

        let y = two::Y::new(two::X::new(7));
        assert!(y.open() == 7);
        let both = two::Both { bag: two::Bag { x: one::X::new(3) }, y };
        let second = two::unpack(both, &first[0]);
        assert!(second.len() == 3);
        assert!(second[0].get() == 3 && second[1].get() == 7 && second[2].get() == 42);
        assert!(two::dropped() == 0);
        drop(first);
        assert!(two::dropped() == 1);
        drop(second);
        assert!(two::dropped() == 4);
    }
}

export!(Runner);
