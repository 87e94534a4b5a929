//! Lends the same thing several times at once.

use meld::resource_borrow_in_record::things::*;

wit_bindgen::generate!({ path: "resource_borrow_in_record/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    fn run() {
        let (a, b) = (Thing::new("a"), Thing::new("bé"));
        let lent = |thing, suffix: &str| Lent { thing, suffix: suffix.to_string() };
        let made = copies(&[lent(&a, "1"), lent(&b, ""), lent(&a, "3")]);
        assert!(made.iter().map(Thing::get).eq(["a1", "bé", "a3"].map(String::from)));
        assert!(live() == 5);
        drop(made);
        assert!(live() == 2);
        let text = join(&Deep { rows: vec![(1, lent(&b, "x")), (255, lent(&a, "y"))] });
        assert!(text == "1béx;255ay;");
        assert!(copies(&[]).is_empty());
        drop(a);
        drop(b);
        assert!(live() == 0);
    }
}

export!(Runner);
