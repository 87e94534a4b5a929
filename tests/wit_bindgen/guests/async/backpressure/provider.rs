//! Lets calls in or keeps them waiting.

use exports::meld::backpressure::gate::Guest;
use std::cell::RefCell;
use wit_bindgen::{backpressure_dec, backpressure_inc, yield_async};

wit_bindgen::generate!({ path: "backpressure/world.wit", world: "provider" });

struct Provider;

thread_local! {
    static ENTERED: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

impl Guest for Provider {
    fn close() {
        backpressure_inc();
    }

    fn open() {
        backpressure_dec();
    }

    async fn enter(number: u32) -> u32 {
        ENTERED.with_borrow_mut(|entered| entered.push(number));
        number
    }

    fn entered() -> Vec<u32> {
        ENTERED.take()
    }

    async fn alone(turns: u32) {
        backpressure_inc();
        for _ in 0..turns {
            yield_async().await;
        }
        backpressure_dec();
    }
}

export!(Provider);
