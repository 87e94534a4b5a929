//! An interface whose types are in another module, generated separately.

use std::cell::RefCell;

use exports::meld::mapped::post::Guest;
use shared::meld::mapped::types::{Message, Urgency};

mod shared {
    wit_bindgen::generate!({ path: "with/world.wit", world: "shared", generate_unused_types: true });
}

wit_bindgen::generate!({
    path: "with/world.wit",
    world: "provider",
    with: { "meld:mapped/types": crate::shared::meld::mapped::types },
});

thread_local!(static BOX: RefCell<Vec<Message>> = const { RefCell::new(Vec::new()) });

struct Provider;

impl Guest for Provider {
    fn send(m: Message, u: Urgency) -> u32 {
        BOX.with_borrow_mut(|messages| {
            match u {
                Urgency::Low => messages.insert(0, m),
                Urgency::High => messages.push(m),
            }
            messages.len() as u32
        })
    }

    fn receive() -> Option<Message> {
        BOX.with_borrow_mut(Vec::pop)
    }
}

export!(Provider);
