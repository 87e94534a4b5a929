//! Has several calls open at a time and sees them end in the order in which it lets them.

use meld::pending::slow;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

wit_bindgen::generate!({ path: "pending/world.wit", world: "runner" });

struct Runner;

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

impl Guest for Runner {
    async fn run() {
        assert!(slow::after(1, 5).await == 5);
        assert!(slow::after(50, 6).await == 6);
        assert!(slow::active() == 0);

        let (first_writer, first_ready) = wit_future::new(|| ());
        let (second_writer, second_ready) = wit_future::new(|| ());
        let mut first = pin!(slow::when(first_ready, "first".to_owned()));
        let mut second = pin!(slow::when(second_ready, "second".to_owned()));
        assert!(poll(first.as_mut()).is_pending());
        assert!(poll(second.as_mut()).is_pending());
        assert!(slow::active() == 2);

        second_writer.write(()).await.unwrap();
        assert!(second.await == "second");
        assert!(slow::active() == 1);
        assert!(poll(first.as_mut()).is_pending());

        // The first one still waits while others come and go.
        assert!(slow::after(10, 7).await == 7);
        assert!(poll(first.as_mut()).is_pending());
        first_writer.write(()).await.unwrap();
        assert!(first.await == "first");
        assert!(slow::active() == 0);
    }
}

export!(Runner);
