//! Closes streams from either side, before, during and after reads and writes.

use futures::join;
use meld::stream_close::{ends, memory};
use wit_bindgen::StreamResult;

wit_bindgen::generate!({ path: "stream-close/world.wit", world: "runner" });

guests::count_allocations!();

struct Runner;

impl Guest for Runner {
    async fn run() {
        round().await;
        let before = (guests::live_bytes(), memory::live_bytes());
        for _ in 0..3 {
            round().await;
        }
        assert!((guests::live_bytes(), memory::live_bytes()) == before);
    }
}

async fn round() {
    // The reader goes first.
    let (mut writer, reader) = wit_stream::new();
    ends::ignore(reader).await;
    let (result, buffer) = writer.write(vec![1, 2, 3]).await;
    assert!(result == StreamResult::Dropped && buffer.into_vec() == [1, 2, 3]);
    let (mut writer, reader) = wit_stream::new();
    let (rest, ()) = join!(writer.write_all(vec![4, 5]), ends::ignore(reader));
    assert!(rest == [4, 5]);

    // In the middle of a write.
    let (mut writer, reader) = wit_stream::new();
    let (rest, taken) = join!(writer.write_all((0..100).collect()), ends::take(30, reader));
    assert!(taken.into_iter().eq(0..30) && rest.into_iter().eq(30..100));

    // The writer goes first.
    let (writer, reader) = wit_stream::new();
    drop(writer);
    assert!(ends::take(5, reader).await.is_empty());
    let (mut writer, reader) = wit_stream::new();
    let (taken, ()) = join!(ends::take(5, reader), async {
        assert!(writer.write_all(vec![7, 8]).await.is_empty());
        drop(writer);
    });
    assert!(taken == [7, 8]);

    // The same with the reader here.
    let (mut reader, left) = ends::endless(10).await;
    for n in 0..25 {
        assert!(reader.next().await == Some(n));
    }
    drop(reader);
    assert!(left.await == 5);
    let (reader, left) = ends::endless(3).await;
    drop(reader);
    assert!(left.await == 3);

    let mut reader = ends::some(3).await;
    let (result, read) = reader.read(Vec::with_capacity(10)).await;
    assert!(result == StreamResult::Complete(3) && read == [0, 1, 2]);
    let (result, read) = reader.read(Vec::with_capacity(10)).await;
    assert!(result == StreamResult::Dropped && read.is_empty());
    drop(ends::some(0).await);

    // What was allocated and not sent is freed here, what was sent, there.
    let (mut writer, reader) = wit_stream::new();
    let texts: Vec<String> = (0..20).map(|n| "text ".repeat(n)).collect();
    let (rest, taken) = join!(writer.write_all(texts.clone()), ends::take_texts(7, reader));
    assert!(taken == texts[..7] && rest == texts[7..]);
}

export!(Runner);
