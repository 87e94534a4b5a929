//! Gives calls up: before they begin, while they wait, while they yield, and when their result is there.

use meld::subtask_cancel::work::{self, Tool};
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use wit_bindgen::yield_async;

wit_bindgen::generate!({ path: "subtask-cancel/world.wit", world: "runner" });

struct Runner;

/// Polls once, so that the call is made.
async fn begin<F: Future>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await
}

impl Guest for Runner {
    async fn run() {
        // A call that waits for ever.
        let mut call = Box::pin(work::forever("a".to_owned()));
        assert!(begin(call.as_mut()).await.is_pending());
        assert!(work::log() == ["a begins"]);
        drop(call);
        assert!(work::log() == ["a is given up"]);

        // Three of them, given up in another order.
        let mut calls = ["a", "b", "c"].map(|name| Some(Box::pin(work::forever(name.to_owned()))));
        for call in &mut calls {
            assert!(begin(call.as_mut().unwrap().as_mut()).await.is_pending());
        }
        work::log();
        for index in [1, 2, 0] {
            calls[index] = None;
        }
        assert!(work::log() == ["b is given up", "c is given up", "a is given up"]);

        // What was passed is over there, and goes with the call.
        let (stop, until) = wit_future::new(|| ());
        let mut call = Box::pin(work::using(Tool::new("saw"), until));
        assert!(begin(call.as_mut()).await.is_pending() && work::tools() == 1);
        drop(call);
        assert!(work::tools() == 0 && work::log() == ["saw begins", "saw is given up"]);
        assert!(stop.write(()).await.is_err());

        // What was lent is given back.
        let tool = Tool::new("axe");
        let (stop, until) = wit_future::new(|| ());
        let mut call = Box::pin(work::borrowing(&tool, until));
        assert!(begin(call.as_mut()).await.is_pending());
        drop(call);
        assert!(work::log() == ["axe begins", "axe is given up"]);
        assert!(stop.write(()).await.is_err());
        assert!(tool.name() == "axe" && work::tools() == 1);
        drop(tool);
        assert!(work::tools() == 0);

        // Not given up.
        let tool = Tool::new("file");
        let (stop, until) = wit_future::new(|| ());
        let mut call = Box::pin(work::borrowing(&tool, until));
        assert!(begin(call.as_mut()).await.is_pending());
        stop.write(()).await.unwrap();
        assert!(call.await == "file" && work::log() == ["file begins", "file ends"]);
        drop(tool);

        // A call that yields.
        let mut call = Box::pin(work::after(1_000_000));
        assert!(begin(call.as_mut()).await.is_pending());
        yield_async().await;
        yield_async().await;
        drop(call);
        assert!(work::log() == ["after 1000000 begins", "after 1000000 is given up"]);

        // The call ends while nobody looks; the result is there when it is given up.
        let mut call = Box::pin(work::after(1));
        assert!(begin(call.as_mut()).await.is_pending());
        let mut log = work::log();
        while log.len() < 2 {
            yield_async().await;
            log.extend(work::log());
        }
        assert!(log == ["after 1 begins", "after 1 ends"]);
        drop(call);
        assert!(work::log().is_empty());

        // A call that has not begun: what it would have owned comes back.
        let tool = Tool::new("plane");
        let (stop, until) = wit_future::new(|| ());
        work::hold(true);
        let mut call = Box::pin(work::using(tool, until));
        assert!(begin(call.as_mut()).await.is_pending());
        drop(call);
        work::hold(false);
        assert!(work::log().is_empty() && work::tools() == 0);
        assert!(stop.write(()).await.is_err());
        assert!(work::after(0).await == "after 0");
    }
}

export!(Runner);
