//! Takes the value out of its resource: the handle goes, the value is not dropped.

use std::cell::Cell;

use exports::meld::resource_into_inner::boxes::{Guest, GuestSecret, Secret};

wit_bindgen::generate!({ path: "resource_into_inner/world.wit", world: "provider" });

thread_local!(static DROPPED: Cell<u32> = const { Cell::new(0) });

struct Provider;

/// Counts the values that go with their resource, and not those that were taken out.
struct Text {
    text: String,
    taken: bool,
}

impl Text {
    fn take(mut self) -> String {
        self.taken = true;
        std::mem::take(&mut self.text)
    }
}

impl Drop for Text {
    fn drop(&mut self) {
        if !self.taken {
            DROPPED.set(DROPPED.get() + 1);
        }
    }
}

impl Guest for Provider {
    type Secret = Text;

    fn dropped() -> u32 {
        DROPPED.get()
    }
}

impl GuestSecret for Text {
    fn new(text: String) -> Self {
        Text { text, taken: false }
    }

    fn open(s: Secret) -> String {
        s.into_inner::<Text>().take()
    }

    fn merge(all: Vec<Secret>) -> Secret {
        let texts: Vec<String> = all.into_iter().map(|secret| secret.into_inner::<Text>().take()).collect();
        Secret::new(Text { text: texts.join("+"), taken: false })
    }
}

export!(Provider);
