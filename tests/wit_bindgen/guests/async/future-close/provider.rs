//! Drops ends of futures, at once and later.

use exports::meld::future_close::ends::Guest;
use std::sync::atomic::{AtomicU32, Ordering};
use wit_bindgen::{FutureReader, spawn_local, yield_async};

wit_bindgen::generate!({ path: "future-close/world.wit", world: "provider" });

struct Provider;

static REFUSED: AtomicU32 = AtomicU32::new(0);

impl Guest for Provider {
    async fn ignore(value: FutureReader<String>) {
        drop(value);
    }

    async fn ignore_later(turns: u32, value: FutureReader<String>) {
        for _ in 0..turns {
            yield_async().await;
        }
        drop(value);
    }

    async fn read(value: FutureReader<String>) -> String {
        value.await
    }

    async fn abandon(default: String) -> FutureReader<String> {
        let (writer, reader) = wit_future::new(|| "the default".to_owned());
        assert!(default == "the default");
        drop(writer);
        reader
    }

    async fn write(value: String) -> FutureReader<String> {
        let (writer, reader) = wit_future::new(String::new);
        spawn_local(async move {
            let text = value.clone();
            if let Err(error) = writer.write(value).await {
                // The value comes back to who could not send it.
                assert!(error.value == text);
                REFUSED.fetch_add(1, Ordering::Relaxed);
            }
        });
        reader
    }

    fn refused_writes() -> u32 {
        REFUSED.load(Ordering::Relaxed)
    }
}

export!(Provider);
