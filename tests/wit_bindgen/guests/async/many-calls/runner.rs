//! Makes hundreds of calls at a time, and lets them end in an order of its choice.

use futures::future::join_all;
use futures::join;
use futures::stream::{FuturesUnordered, StreamExt};
use meld::many_calls::counter;

wit_bindgen::generate!({ path: "many-calls/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    async fn run() {
        // The last one made is the first one to end.
        let calls = (0..60).rev().map(counter::turn);
        assert!(join_all(calls).await.into_iter().eq((0..60).rev().map(|n| n * 2)));

        let (writers, calls): (Vec<_>, Vec<_>) = (0..300)
            .map(|n| {
                let (writer, reader) = wit_future::new(|| ());
                (writer, counter::echo(format!("call {n}"), reader))
            })
            .unzip();
        let (echoes, ()) = join!(join_all(calls), async {
            // Every third first, from the end.
            let mut writers: Vec<_> = writers.into_iter().map(Some).collect();
            for start in 0..3 {
                for index in (start..300).step_by(3).rev() {
                    writers[index].take().unwrap().write(()).await.unwrap();
                }
            }
        });
        assert!(echoes.into_iter().eq((0..300).map(|n| format!("call {n}"))));

        let mut calls: FuturesUnordered<_> = (0..200).map(counter::step).collect();
        let mut sum = 0;
        while let Some(n) = calls.next().await {
            sum += n;
        }
        assert!(sum == 20_100);

        // One after the other, so that entries of the table are used again.
        for n in 0..500 {
            assert!(counter::step(n).await == n + 1);
        }
    }
}

export!(Runner);
