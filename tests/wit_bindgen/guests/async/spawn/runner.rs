//! Sees work go on that it did not wait for.

use meld::spawn::background;
use wit_bindgen::yield_async;

wit_bindgen::generate!({ path: "spawn/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    async fn run() {
        assert!(background::count_to(20).await < 20);
        while background::counted() < 20 {
            yield_async().await;
        }

        let mut done = background::many(30).await.collect().await;
        done.sort();
        assert!(done.into_iter().eq(0..30));
        assert!(background::many(0).await.collect().await.is_empty());

        let squares = background::gather(10).await;
        assert!(squares[0] == u32::MAX);
        assert!(squares[1..].iter().copied().eq((1..10).map(|n| n * n)));

        // This goes on when `run` has returned, and must end by itself.
        background::count_to(100).await;
    }
}

export!(Runner);
