//! Reads, writes and transforms streams.

use exports::meld::streams::bytes::Guest;
use wit_bindgen::{StreamReader, StreamResult, spawn_local};

wit_bindgen::generate!({ path: "streams/world.wit", world: "provider" });

struct Provider;

impl Guest for Provider {
    async fn sum(mut numbers: StreamReader<u8>) -> u64 {
        let mut sum = 0;
        loop {
            // The buffer comes back with what fits.
            let (result, read) = numbers.read(Vec::with_capacity(100)).await;
            assert!(read.len() <= 100);
            sum += read.iter().map(|byte| u64::from(*byte)).sum::<u64>();
            match result {
                StreamResult::Complete(count) => assert!(count == read.len()),
                StreamResult::Dropped => return sum,
                StreamResult::Cancelled => panic!(),
            }
        }
    }

    async fn count(total: u32, piece: u32) -> StreamReader<u8> {
        let (mut writer, reader) = wit_stream::new();
        spawn_local(async move {
            let all: Vec<u8> = (0..total).map(|n| n as u8).collect();
            for piece in all.chunks(piece as usize) {
                assert!(writer.write_all(piece.to_vec()).await.is_empty());
            }
        });
        reader
    }

    async fn capitals(mut text: StreamReader<u8>) -> StreamReader<u8> {
        let (mut writer, reader) = wit_stream::new();
        spawn_local(async move {
            loop {
                let (result, mut read) = text.read(Vec::with_capacity(16)).await;
                read.make_ascii_uppercase();
                assert!(writer.write_all(read).await.is_empty());
                if result == StreamResult::Dropped {
                    break;
                }
            }
        });
        reader
    }

    async fn pass(numbers: StreamReader<u8>) -> StreamReader<u8> {
        numbers
    }

    async fn merge(mut a: StreamReader<u32>, mut b: StreamReader<u32>) -> Vec<u32> {
        let mut all = Vec::new();
        // A stream that has ended must not be read again.
        while let Some(first) = a.next().await {
            all.push(first);
            match b.next().await {
                Some(second) => all.push(second),
                None => {
                    all.extend(a.collect().await);
                    return all;
                }
            }
        }
        all.extend(b.collect().await);
        all
    }
}

export!(Provider);
