//! Sends things around by every name they have.

use meld::resource_alias_redux::{copies, ends};

wit_bindgen::generate!({ path: "resource_alias_redux/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    fn run() {
        let shelves = copies::fill(vec![Thing::new("a"), Thing::new("ß")]);
        assert!(shelves.len() == 2);
        assert!(shelves[0].label == "<a made>" && shelves[0].item.get() == "a made");
        assert!(shelves[1].label == "<ß made>" && shelves[1].item.get() == "ß made");
        let items = ends::take(shelves);
        assert!(items.len() == 2 && items[0].get() == "a made" && items[1].get() == "ß made");

        let shuffled = shuffle(items);
        let texts: Vec<String> = shuffled.iter().map(Thing::get).collect();
        assert!(texts == ["ß made", "a made", "middle made"]);
        assert!(shuffle(vec![]).len() == 1);
    }
}

export!(Runner);
