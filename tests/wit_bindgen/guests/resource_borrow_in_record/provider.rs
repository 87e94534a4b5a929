//! Borrowed handles inside records inside lists.

use std::cell::Cell;

use exports::meld::resource_borrow_in_record::things::*;

wit_bindgen::generate!({ path: "resource_borrow_in_record/world.wit", world: "provider" });

thread_local!(static LIVE: Cell<u32> = const { Cell::new(0) });

struct Provider;
struct Text(String);

impl Text {
    fn make(s: String) -> Self {
        LIVE.set(LIVE.get() + 1);
        Text(s)
    }
}

impl Drop for Text {
    fn drop(&mut self) {
        LIVE.set(LIVE.get() - 1);
    }
}

impl GuestThing for Text {
    fn new(s: String) -> Self {
        Text::make(s)
    }

    fn get(&self) -> String {
        self.0.clone()
    }
}

impl Guest for Provider {
    type Thing = Text;

    fn copies(xs: Vec<Lent<'_>>) -> Vec<Thing> {
        xs.iter().map(|x| Thing::new(Text::make(format!("{}{}", x.thing.get::<Text>().0, x.suffix)))).collect()
    }

    fn join(d: Deep<'_>) -> String {
        d.rows.iter().map(|(n, lent)| format!("{n}{}{};", lent.thing.get::<Text>().0, lent.suffix)).collect()
    }

    fn live() -> u32 {
        LIVE.get()
    }
}

export!(Provider);
