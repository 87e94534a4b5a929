//! Makes calls while the gate is open, closed, closed twice, and closed by a call in progress.

use futures::future::join_all;
use futures::join;
use meld::backpressure::gate;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use wit_bindgen::yield_async;

wit_bindgen::generate!({ path: "backpressure/world.wit", world: "runner" });

struct Runner;

async fn begin<F: Future>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await
}

impl Guest for Runner {
    async fn run() {
        let mut call = Box::pin(gate::enter(1));
        assert!(begin(call.as_mut()).await == Poll::Ready(1));
        assert!(gate::entered() == [1]);

        gate::close();
        let mut calls: Vec<_> = (0..20).map(|number| Box::pin(gate::enter(number))).collect();
        for call in &mut calls {
            assert!(begin(call.as_mut()).await.is_pending());
        }
        yield_async().await;
        assert!(gate::entered().is_empty());
        gate::open();
        assert!(join_all(calls).await.into_iter().eq(0..20));
        let mut entered = gate::entered();
        entered.sort();
        assert!(entered.into_iter().eq(0..20));

        // Closed twice, it must be opened twice.
        gate::close();
        gate::close();
        let mut call = Box::pin(gate::enter(2));
        assert!(begin(call.as_mut()).await.is_pending());
        gate::open();
        yield_async().await;
        assert!(begin(call.as_mut()).await.is_pending() && gate::entered().is_empty());
        gate::open();
        assert!(call.await == 2 && gate::entered() == [2]);

        // A call that is given up leaves the line.
        gate::close();
        let mut first = Box::pin(gate::enter(3));
        let mut second = Box::pin(gate::enter(4));
        let mut third = Box::pin(gate::enter(5));
        assert!(begin(first.as_mut()).await.is_pending());
        assert!(begin(second.as_mut()).await.is_pending());
        assert!(begin(third.as_mut()).await.is_pending());
        drop(second);
        gate::open();
        assert!(join!(first, third) == (3, 5));
        // Which of them begins first is not said.
        let mut entered = gate::entered();
        entered.sort();
        assert!(entered == [3, 5]);

        // A call in progress keeps others out.
        let mut alone = Box::pin(gate::alone(5));
        assert!(begin(alone.as_mut()).await.is_pending());
        let mut call = Box::pin(gate::enter(6));
        assert!(begin(call.as_mut()).await.is_pending());
        assert!(gate::entered().is_empty());
        let ((), number) = join!(alone, call);
        assert!(number == 6 && gate::entered() == [6]);
    }
}

export!(Runner);
