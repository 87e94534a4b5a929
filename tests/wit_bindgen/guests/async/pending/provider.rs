//! Yields or waits before it answers.

use exports::meld::pending::slow::Guest;
use std::sync::atomic::{AtomicU32, Ordering};
use wit_bindgen::{FutureReader, yield_async};

wit_bindgen::generate!({ path: "pending/world.wit", world: "provider" });

struct Provider;

static ACTIVE: AtomicU32 = AtomicU32::new(0);

impl Guest for Provider {
    async fn after(turns: u32, value: u32) -> u32 {
        ACTIVE.fetch_add(1, Ordering::Relaxed);
        for _ in 0..turns {
            yield_async().await;
        }
        ACTIVE.fetch_sub(1, Ordering::Relaxed);
        value
    }

    async fn when(ready: FutureReader<()>, text: String) -> String {
        ACTIVE.fetch_add(1, Ordering::Relaxed);
        ready.await;
        ACTIVE.fetch_sub(1, Ordering::Relaxed);
        text
    }

    fn active() -> u32 {
        ACTIVE.load(Ordering::Relaxed)
    }
}

export!(Provider);
