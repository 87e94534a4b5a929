//! Sends streams, gets streams, and lets one go there and back while it is written.

use futures::join;
use meld::streams::bytes;
use wit_bindgen::StreamResult;

wit_bindgen::generate!({ path: "streams/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    async fn run() {
        // In one piece, larger than the reader's buffer.
        let (mut writer, reader) = wit_stream::new();
        let (sum, ()) = join!(bytes::sum(reader), async {
            assert!(writer.write_all(vec![3; 1000]).await.is_empty());
            drop(writer);
        });
        assert!(sum == 3000);
        // One by one, and an empty one.
        let (mut writer, reader) = wit_stream::new();
        let (sum, ()) = join!(bytes::sum(reader), async {
            for n in 0..50 {
                assert!(writer.write_one(n).await.is_none());
            }
            drop(writer);
        });
        assert!(sum == 1225);
        let (writer, reader) = wit_stream::new();
        drop(writer);
        assert!(bytes::sum(reader).await == 0);

        for (total, piece) in [(0, 1), (10, 3), (300, 300), (70_000, 4096)] {
            let all = bytes::count(total, piece).await.collect().await;
            assert!(all.len() == total as usize);
            assert!(all.iter().zip(0u32..).all(|(byte, n)| *byte == n as u8));
        }

        // The read asks for more than a write has, and gets what there is.
        let mut reader = bytes::count(5, 2).await;
        let (result, read) = reader.read(Vec::with_capacity(4)).await;
        assert!(result == StreamResult::Complete(2) && read == [0, 1]);
        let (result, read) = reader.read(Vec::with_capacity(1)).await;
        assert!(result == StreamResult::Complete(1) && read == [2]);
        assert!(reader.collect().await == [3, 4]);

        let (mut writer, reader) = wit_stream::new();
        let (capitals, ()) = join!(async { bytes::capitals(reader).await.collect().await }, async {
            for word in ["every ", "word ", "at ", "its ", "own ", "time, and a long one at the end of it all"] {
                assert!(writer.write_all(word.as_bytes().to_vec()).await.is_empty());
            }
            drop(writer);
        },);
        assert!(capitals == b"EVERY WORD AT ITS OWN TIME, AND A LONG ONE AT THE END OF IT ALL");

        // One stage behind the other, each a task of the provider.
        let counted = bytes::count(600, 100).await;
        let counted = bytes::pass(counted).await;
        let again = bytes::capitals(counted).await;
        let all = bytes::capitals(again).await.collect().await;
        let expected: Vec<u8> = (0..600u32).map(|n| (n as u8).to_ascii_uppercase()).collect();
        assert!(all == expected);

        let (mut a, a_reader) = wit_stream::new();
        let (mut b, b_reader) = wit_stream::new();
        let (merged, (), ()) = join!(
            bytes::merge(a_reader, b_reader),
            async {
                assert!(a.write_all(vec![1u32, 3, 5]).await.is_empty());
                drop(a);
            },
            async {
                for n in [2, 4, 6, 7, 8] {
                    assert!(b.write_one(n).await.is_none());
                }
                drop(b);
            },
        );
        assert!(merged == [1, 2, 3, 4, 5, 6, 7, 8]);
    }
}

export!(Runner);
