//! Passes another component's handles through a function of the world.

use meld::resource_alias_redux::copies;

wit_bindgen::generate!({ path: "resource_alias_redux/world.wit", world: "middle" });

struct Middle;

impl Guest for Middle {
    fn shuffle(mut things: Vec<Thing>) -> Vec<Thing> {
        things.reverse();
        things.push(Thing::new("middle"));
        copies::fill(things).into_iter().map(|shelf| shelf.item).collect()
    }
}

export!(Middle);
