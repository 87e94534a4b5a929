//! Calls without blocking: those of a leaf have their result at once.

use futures::future::join_all;
use meld::leaf::tools::{self, Item};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

wit_bindgen::generate!({ path: "leaf/world.wit", world: "runner" });

struct Runner;

fn items() -> Vec<Item> {
    (0..7).map(|n| Item { name: format!("item {n}"), weight: n * 3 % 7 }).collect()
}

/// The result, which must be there at the first look.
fn at_once<T>(call: impl Future<Output = T>) -> T {
    match pin!(call).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!(),
    }
}

impl Guest for Runner {
    async fn run() {
        for n in 0..100 {
            assert!(at_once(tools::length("ä".repeat(n))) == n as u32);
        }
        assert!(at_once(tools::log2(u64::MAX)) == 63);
        let found = at_once(tools::heaviest(items())).unwrap();
        assert!(found.name == "item 2" && found.weight == 6);
        assert!(at_once(tools::heaviest(Vec::new())).is_none());

        assert!(tools::slow_length("twelve chars".to_owned(), 0).await == 12);
        // A leaf is called while others wait.
        let slow = (0..10).map(|n| async move {
            let slow = tools::slow_length("x".repeat(n), n as u32).await;
            slow + tools::length("y".repeat(n)).await
        });
        assert!(join_all(slow).await.into_iter().eq((0..10).map(|n| 2 * n)));
        assert!(tools::slow_heaviest(items(), 3).await.unwrap().name == "item 2");
        assert!(tools::calls() == 125);
    }
}

export!(Runner);
