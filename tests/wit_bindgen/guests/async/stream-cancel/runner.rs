//! Has reads and writes given up with nothing, something and all of it done; gives up its own.

use futures::join;
use meld::stream_cancel::turns;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use wit_bindgen::StreamResult;

wit_bindgen::generate!({ path: "stream-cancel/world.wit", world: "runner" });

struct Runner;

async fn begin<F: Future>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await
}

impl Guest for Runner {
    async fn run() {
        reads_over_there().await;
        writes_over_there().await;
        here().await;
    }
}

async fn reads_over_there() {
    // Nothing came before the read was given up; the stream goes on.
    let (mut writer, reader) = wit_stream::new();
    let (stop, stopped) = wit_future::new(|| ());
    let ((read, end, reader), ()) =
        join!(turns::start_reading(reader, stopped), async { stop.write(()).await.unwrap() });
    assert!(read.is_empty() && end == "cancelled");
    let (rest, ()) = join!(turns::rest(reader.unwrap()), async {
        assert!(writer.write_all(vec![1, 2, 3]).await.is_empty());
        drop(writer);
    });
    assert!(rest == [1, 2, 3]);

    // Something came.
    let (mut writer, reader) = wit_stream::new();
    let (stop, stopped) = wit_future::new(|| ());
    let ((read, end, reader), ()) = join!(turns::start_reading(reader, stopped), async {
        assert!(writer.write_all(vec![1, 2, 3]).await.is_empty());
        stop.write(()).await.unwrap();
    });
    assert!(read == [1, 2, 3] && end == "complete");
    // Numbers may be read where they are written.
    let ((), rest) = join!(
        async {
            assert!(writer.write_all(vec![4]).await.is_empty());
            drop(writer);
        },
        reader.unwrap().collect(),
    );
    assert!(rest == [4]);

    // The writer went away.
    let (writer, reader) = wit_stream::new();
    let (stop, stopped) = wit_future::new(|| ());
    let ((read, end, reader), ()) = join!(turns::start_reading(reader, stopped), async {
        drop(writer);
        stop.write(()).await.unwrap();
    });
    assert!(read.is_empty() && end == "dropped" && reader.is_none());
}

async fn writes_over_there() {
    // Nothing was taken.
    let (stop, stopped) = wit_future::new(|| ());
    let (reader, left) = turns::start_writing(vec![1, 2, 3], stopped).await;
    stop.write(()).await.unwrap();
    assert!(left.await == 3);
    assert!(reader.collect().await.is_empty());

    // All of it was taken, in one read.
    let (stop, stopped) = wit_future::new(|| ());
    let (mut reader, left) = turns::start_writing(vec![1, 2, 3], stopped).await;
    let (result, read) = reader.read(Vec::with_capacity(3)).await;
    assert!(result == StreamResult::Complete(3) && read == [1, 2, 3]);
    stop.write(()).await.unwrap();
    assert!(left.await == 0);
    assert!(reader.collect().await.is_empty());

    // The reader went away first.
    let (stop, stopped) = wit_future::new(|| ());
    let (reader, left) = turns::start_writing(vec![1, 2, 3], stopped).await;
    drop(reader);
    stop.write(()).await.unwrap();
    assert!(left.await == 3);
}

async fn here() {
    // A read of a stream that nobody writes yet, given up twice; then the elements come.
    let (mut writer, mut reader) = wit_stream::new::<u32>();
    for _ in 0..2 {
        let mut read = pin!(reader.read(Vec::with_capacity(4)));
        assert!(begin(read.as_mut()).await.is_pending());
        let (result, read) = read.as_mut().cancel();
        assert!(result == StreamResult::Cancelled && read.is_empty() && read.capacity() >= 4);
    }
    let (stop, stopped) = wit_future::new(|| ());
    {
        let mut write = pin!(writer.write(vec![1, 2]));
        assert!(begin(write.as_mut()).await.is_pending());
        let (result, buffer) = write.as_mut().cancel();
        assert!(result == StreamResult::Cancelled && buffer.into_vec() == [1, 2]);
    }
    // The other end goes away with what was given up.
    let ((read, end, reader), ()) = join!(turns::start_reading(reader, stopped), async {
        assert!(writer.write_all(vec![5]).await.is_empty());
        stop.write(()).await.unwrap();
    });
    drop(writer);
    assert!(read == [5] && end == "complete" && reader.is_some());

    // A read that is dropped is given up as well.
    let (mut writer, mut reader) = wit_stream::new::<u32>();
    {
        let mut read = Box::pin(reader.read(Vec::with_capacity(4)));
        assert!(begin(read.as_mut()).await.is_pending());
    }
    let (rest, read) = join!(writer.write_all(vec![9]), reader.next());
    assert!(rest.is_empty() && read == Some(9));
}

export!(Runner);
