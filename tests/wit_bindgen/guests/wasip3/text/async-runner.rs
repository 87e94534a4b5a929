//! The same in a task, which leaves its stack when it lets others run.

#![no_std]

extern crate alloc;

mod checks;

use wit_bindgen::yield_async;

wit_bindgen::generate!({ path: "text/world.wit", world: "async-runner" });

struct Runner;

impl Guest for Runner {
    async fn run() {
        for _ in 0..3 {
            checks::text();
            yield_async().await;
        }
    }
}

export!(Runner);
