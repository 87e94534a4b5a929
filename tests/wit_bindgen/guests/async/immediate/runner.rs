//! Awaits results that are there.

use meld::immediate::arithmetic;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

wit_bindgen::generate!({ path: "immediate/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    async fn run() {
        assert!(arithmetic::add(3, 4).await == 7);
        assert!(arithmetic::add(u32::MAX, 2).await == 1);
        arithmetic::nothing().await;
        assert!(arithmetic::sum(255, i16::MIN, u32::MAX, -1, 0.5).await == 4294934781.5);
        assert!(arithmetic::greet("meld".to_owned()).await == "hello, meld");
        assert!(arithmetic::greet(String::new()).await == "hello, ");
        let long = "é".repeat(70_000);
        assert!(arithmetic::greet(long.clone()).await == format!("hello, {long}"));

        // The first poll makes the call and has the result: nothing is left to wait for.
        let mut call = pin!(arithmetic::count());
        let first = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(first == Poll::Ready(1));
        // A call that is never polled is never made.
        drop(arithmetic::count());
        assert!(arithmetic::count().await == 2);
        // More calls than any table of pending ones would hold.
        for n in 3..2000 {
            assert!(arithmetic::count().await == n);
        }
    }
}

export!(Runner);
