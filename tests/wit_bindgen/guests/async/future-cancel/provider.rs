//! Gives up reads and writes when it is told to.

use exports::meld::future_cancel::turns::Guest;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use wit_bindgen::{FutureReader, FutureWriteCancel, spawn_local};

wit_bindgen::generate!({ path: "future-cancel/world.wit", world: "provider" });

struct Provider;

/// Polls once, so that what a future does has begun.
async fn begin<F: Future>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await
}

impl Guest for Provider {
    async fn read(value: FutureReader<String>) -> String {
        value.await
    }

    async fn start_reading(
        value: FutureReader<String>,
        stop: FutureReader<()>,
    ) -> Result<FutureReader<String>, String> {
        let mut read = pin!(value.into_future());
        if let Poll::Ready(text) = begin(read.as_mut()).await {
            return Err(text);
        }
        stop.await;
        match read.cancel() {
            Ok(text) => Err(text),
            Err(reader) => Ok(reader),
        }
    }

    async fn start_writing(stop: FutureReader<()>) -> (FutureReader<String>, FutureReader<bool>) {
        let (writer, reader) = wit_future::new(|| "default".to_owned());
        let (answer, answered) = wit_future::new(|| false);
        spawn_local(async move {
            let mut write = pin!(writer.write("value".to_owned()));
            let _ = begin(write.as_mut()).await;
            stop.await;
            let unwritten = match write.as_mut().cancel() {
                FutureWriteCancel::AlreadySent => false,
                FutureWriteCancel::Dropped(text) => {
                    assert!(text == "value");
                    true
                }
                FutureWriteCancel::Cancelled(text, writer) => {
                    assert!(text == "value");
                    // A future must be written before it goes away.
                    drop(writer);
                    true
                }
            };
            answer.write(unwritten).await.unwrap();
        });
        (reader, answered)
    }
}

export!(Provider);
