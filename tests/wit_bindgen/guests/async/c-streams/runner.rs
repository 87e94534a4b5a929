//! Streams between a guest in Rust and one in C.

use futures::join;
use meld::c_streams::flow;

wit_bindgen::generate!({ path: "c-streams/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    async fn run() {
        let (mut writer, reader) = wit_stream::new();
        let (sum, ()) = join!(flow::sum(reader), async {
            assert!(writer.write_all((0..1000).collect()).await.is_empty());
            assert!(writer.write_one(1 << 31).await.is_none());
            drop(writer);
        });
        assert!(sum == (1 << 31) + 499_500);
        let (writer, reader) = wit_stream::new();
        drop(writer);
        assert!(flow::sum(reader).await == 0);

        for (total, piece) in [(0, 5), (1, 1), (100, 7), (5000, 1024)] {
            let (numbers, taken) = flow::count(total, piece).await;
            let numbers = numbers.collect().await;
            assert!(taken.await == total && numbers.into_iter().eq(0..total));
        }
        // Closed in the middle, and before the first read.
        let (mut numbers, taken) = flow::count(1000, 100).await;
        let (_, read) = numbers.read(Vec::with_capacity(42)).await;
        assert!(read.into_iter().eq(0..42));
        drop(numbers);
        assert!(taken.await == 42);
        let (numbers, taken) = flow::count(1000, 100).await;
        drop(numbers);
        assert!(taken.await == 0);
        // Nobody wants to know.
        drop(flow::count(3, 3).await);

        // The callee blocks.
        let (mut writer, reader) = wit_stream::new();
        let (taken, rest) = join!(flow::take(5, reader), async {
            assert!(writer.write_one(7).await.is_none());
            assert!(writer.write_all(vec![8, 9]).await.is_empty());
            writer.write_all(vec![10, 11, 12, 13]).await
        });
        assert!(taken == [7, 8, 9, 10, 11] && rest == [12, 13]);
        let (mut writer, reader) = wit_stream::new();
        let (taken, ()) = join!(flow::take(5, reader), async {
            assert!(writer.write_one(7).await.is_none());
            drop(writer);
        });
        assert!(taken == [7]);

        let (mut writer, reader) = wit_stream::new();
        let (lengths, ()) = join!(flow::measure(reader), async {
            let texts = (0..30).map(|n| "é".repeat(n)).collect();
            assert!(writer.write_all(texts).await.is_empty());
            drop(writer);
        });
        assert!(lengths.into_iter().eq((0..30).map(|n| n * 2)));
    }
}

export!(Runner);
