//! Has calls wait for other calls, and tasks of its own for each other.

use futures::channel::oneshot;
use futures::future::join_all;
use futures::join;
use meld::wakeup::desk;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use wit_bindgen::spawn_local;

wit_bindgen::generate!({ path: "wakeup/world.wit", world: "runner" });

struct Runner;

async fn begin<F: Future>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await
}

impl Guest for Runner {
    async fn run() {
        desk::put("pen");
        assert!(desk::take().await == "pen");

        // A synchronous call wakes a task that sleeps.
        let mut taken = Box::pin(desk::take());
        assert!(begin(taken.as_mut()).await.is_pending() && desk::waiting() == 1);
        desk::put("ink");
        assert!(taken.await == "ink");

        // An asynchronous one does.
        let (taken, ()) = join!(desk::take(), desk::put_later(3, "paper".to_owned()));
        assert!(taken == "paper");
        let (first, second) = join!(desk::meet("first".to_owned()), desk::meet("second".to_owned()));
        assert!(first == "second" && second == "first");

        // Many sleep, and are woken in their order.
        let mut sleeping: Vec<_> = (0..30).map(|_| Box::pin(desk::take())).collect();
        for call in &mut sleeping {
            assert!(begin(call.as_mut()).await.is_pending());
        }
        assert!(desk::waiting() == 30);
        for n in 0..30 {
            desk::put(&n.to_string());
        }
        assert!(join_all(sleeping).await.into_iter().eq((0..30).map(|n| n.to_string())));

        // One that was given up does not take what is put down.
        let mut lost = Box::pin(desk::take());
        let mut kept = Box::pin(desk::take());
        assert!(begin(lost.as_mut()).await.is_pending() && begin(kept.as_mut()).await.is_pending());
        drop(lost);
        desk::put("stamp");
        assert!(kept.await == "stamp");

        // Tasks on this side, of one call.
        let (sender, receiver) = oneshot::channel();
        let done = spawn_local(async move {
            let thing: String = receiver.await.unwrap();
            desk::put(&format!("{thing}!"));
            desk::take().await
        });
        spawn_local(async move { sender.send(desk::take().await).unwrap() });
        desk::put_later(2, "letter".to_owned()).await;
        assert!(done.await.as_deref() == Some("letter!"));
    }
}

export!(Runner);
