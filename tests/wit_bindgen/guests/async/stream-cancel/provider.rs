//! Gives up reads and writes when it is told to.

use exports::meld::stream_cancel::turns::Guest;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use wit_bindgen::{FutureReader, StreamReader, StreamResult, spawn_local};

wit_bindgen::generate!({ path: "stream-cancel/world.wit", world: "provider" });

struct Provider;

/// Polls once, so that what a future does has begun.
async fn begin<F: Future>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await
}

fn word(result: StreamResult) -> String {
    match result {
        StreamResult::Complete(_) => "complete",
        StreamResult::Dropped => "dropped",
        StreamResult::Cancelled => "cancelled",
    }
    .to_owned()
}

impl Guest for Provider {
    async fn start_reading(
        mut v: StreamReader<u32>,
        stop: FutureReader<()>,
    ) -> (Vec<u32>, String, Option<StreamReader<u32>>) {
        let (result, read) = {
            let mut read = pin!(v.read(Vec::with_capacity(8)));
            match begin(read.as_mut()).await {
                Poll::Ready(done) => {
                    stop.await;
                    done
                }
                Poll::Pending => {
                    stop.await;
                    read.as_mut().cancel()
                }
            }
        };
        (read, word(result), (result != StreamResult::Dropped).then_some(v))
    }

    async fn rest(v: StreamReader<u32>) -> Vec<u32> {
        v.collect().await
    }

    async fn start_writing(v: Vec<u32>, stop: FutureReader<()>) -> (StreamReader<u32>, FutureReader<u32>) {
        let (mut writer, reader) = wit_stream::new();
        let (left, left_over) = wit_future::new(|| 0);
        spawn_local(async move {
            let (_, buffer) = {
                let mut write = pin!(writer.write(v));
                match begin(write.as_mut()).await {
                    Poll::Ready(done) => done,
                    Poll::Pending => {
                        stop.await;
                        write.as_mut().cancel()
                    }
                }
            };
            drop(writer);
            left.write(buffer.remaining() as u32).await.unwrap();
        });
        (reader, left_over)
    }
}

export!(Provider);
