//! Has reads and writes given up, before and after the other side came; gives up its own.

use futures::join;
use meld::future_cancel::turns;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use wit_bindgen::FutureWriteCancel;

wit_bindgen::generate!({ path: "future-cancel/world.wit", world: "runner" });

struct Runner;

async fn begin<F: Future>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await
}

impl Guest for Runner {
    async fn run() {
        // The read is given up, and what comes back can be read: over there, since both ends must not be used here.
        let (writer, reader) = wit_future::new(String::new);
        let (stop, stopped) = wit_future::new(|| ());
        let (back, ()) = join!(turns::start_reading(reader, stopped), async { stop.write(()).await.unwrap() });
        let back = back.unwrap();
        let (text, written) = join!(turns::read(back), write(writer, "after"));
        assert!(text == "after" && written);

        // The value came first.
        let (writer, reader) = wit_future::new(String::new);
        let (stop, stopped) = wit_future::new(|| ());
        let ((written, ()), text) =
            join!(async { (write(writer, "before").await, drop(stop)) }, turns::start_reading(reader, stopped));
        assert!(written && text.err().as_deref() == Some("before"));

        // The write is given up, and the reader gets the default.
        let (stop, stopped) = wit_future::new(|| ());
        let (reader, answered) = turns::start_writing(stopped).await;
        stop.write(()).await.unwrap();
        assert!(answered.await);
        assert!(reader.await == "default");

        // The write was done before it was given up.
        let (stop, stopped) = wit_future::new(|| ());
        let (reader, answered) = turns::start_writing(stopped).await;
        assert!(reader.await == "value");
        stop.write(()).await.unwrap();
        assert!(!answered.await);

        // The reader went away before the write was given up.
        let (stop, stopped) = wit_future::new(|| ());
        let (reader, answered) = turns::start_writing(stopped).await;
        drop(reader);
        stop.write(()).await.unwrap();
        assert!(answered.await);

        // On this side: a read of what nobody writes, a write that nobody reads.
        let (stop, stopped) = wit_future::new(|| ());
        let (reader, answered) = turns::start_writing(stopped).await;
        {
            let mut never = pin!(answered.into_future());
            assert!(begin(never.as_mut()).await.is_pending());
            let answered = never.as_mut().cancel().unwrap_err();
            assert!(reader.await == "value");
            stop.write(()).await.unwrap();
            assert!(!answered.await);
        }
        let (writer, reader) = wit_future::new(String::new);
        let mut kept = pin!(writer.write("kept".to_owned()));
        assert!(begin(kept.as_mut()).await.is_pending());
        match kept.as_mut().cancel() {
            FutureWriteCancel::Cancelled(text, writer) => {
                assert!(text == "kept");
                drop(reader);
                assert!(writer.write(text).await.is_err());
            }
            _ => panic!(),
        }
    }
}

async fn write(writer: wit_bindgen::FutureWriter<String>, text: &str) -> bool {
    writer.write(text.to_owned()).await.is_ok()
}

export!(Runner);
