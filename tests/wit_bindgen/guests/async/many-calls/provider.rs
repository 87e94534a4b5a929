//! Has many calls open at a time.

use exports::meld::many_calls::counter::Guest;
use std::cell::Cell;
use wit_bindgen::{FutureReader, yield_async};

wit_bindgen::generate!({ path: "many-calls/world.wit", world: "provider" });

struct Provider;

thread_local! {
    static NEXT: Cell<u32> = const { Cell::new(0) };
}

impl Guest for Provider {
    async fn turn(n: u32) -> u32 {
        while NEXT.get() != n {
            yield_async().await;
        }
        NEXT.set(n + 1);
        n * 2
    }

    async fn echo(v: String, ready: FutureReader<()>) -> String {
        ready.await;
        v
    }

    async fn step(n: u32) -> u32 {
        for _ in 0..n % 4 {
            yield_async().await;
        }
        n + 1
    }
}

export!(Provider);
