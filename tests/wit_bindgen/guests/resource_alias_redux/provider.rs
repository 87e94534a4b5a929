//! A resource under three names in three interfaces.

use exports::meld::resource_alias_redux::{copies, ends, sources};

wit_bindgen::generate!({ path: "resource_alias_redux/world.wit", world: "provider" });

struct Provider;
struct Text(String);

impl sources::Guest for Provider {
    type Thing = Text;
}

impl sources::GuestThing for Text {
    fn new(s: String) -> Self {
        Text(s + " made")
    }

    fn get(&self) -> String {
        self.0.clone()
    }
}

impl copies::Guest for Provider {
    fn fill(items: Vec<copies::Item>) -> Vec<copies::Shelf> {
        items
            .into_iter()
            .map(|item| {
                let label = format!("<{}>", item.get::<Text>().0);
                copies::Shelf { item, label }
            })
            .collect()
    }
}

impl ends::Guest for Provider {
    fn take(shelves: Vec<ends::Shelf>) -> Vec<ends::FinalItem> {
        shelves
            .into_iter()
            .map(|shelf| {
                assert!(shelf.label == format!("<{}>", shelf.item.get::<Text>().0));
                shelf.item
            })
            .collect()
    }
}

export!(Provider);
