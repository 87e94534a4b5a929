//! Functions that cannot wait, lifted synchronously, beside others that do.

use exports::meld::leaf::tools::{Guest, Item};
use std::sync::atomic::{AtomicU32, Ordering};
use wit_bindgen::yield_async;

wit_bindgen::generate!({
    path: "leaf/world.wit",
    world: "provider",
    sync: [
        "export:meld:leaf/tools#length",
        "export:meld:leaf/tools#heaviest",
        "export:meld:leaf/tools#log2",
    ],
});

struct Provider;

static CALLS: AtomicU32 = AtomicU32::new(0);

fn heaviest(items: Vec<Item>) -> Option<Item> {
    CALLS.fetch_add(1, Ordering::Relaxed);
    items.into_iter().max_by_key(|item| item.weight)
}

fn length(text: &str) -> u32 {
    CALLS.fetch_add(1, Ordering::Relaxed);
    text.chars().count() as u32
}

impl Guest for Provider {
    fn length(text: String) -> u32 {
        length(&text)
    }

    fn heaviest(items: Vec<Item>) -> Option<Item> {
        heaviest(items)
    }

    fn log2(value: u64) -> u32 {
        CALLS.fetch_add(1, Ordering::Relaxed);
        value.ilog2()
    }

    async fn slow_length(text: String, turns: u32) -> u32 {
        for _ in 0..turns {
            yield_async().await;
        }
        length(&text)
    }

    async fn slow_heaviest(items: Vec<Item>, turns: u32) -> Option<Item> {
        for _ in 0..turns {
            yield_async().await;
        }
        heaviest(items)
    }

    fn calls() -> u32 {
        CALLS.load(Ordering::Relaxed)
    }
}

export!(Provider);
