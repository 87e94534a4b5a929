//! Drops ends of streams, and writes until the other end is dropped.

use exports::meld::stream_close::{ends::Guest, memory};
use wit_bindgen::{FutureReader, StreamReader, spawn_local};

wit_bindgen::generate!({ path: "stream-close/world.wit", world: "provider" });

guests::count_allocations!();

struct Provider;

async fn take<T: 'static>(total: u32, mut v: StreamReader<T>) -> Vec<T> {
    let mut all = Vec::new();
    while all.len() < total as usize {
        match v.next().await {
            Some(element) => all.push(element),
            None => break,
        }
    }
    all
}

impl Guest for Provider {
    async fn ignore(v: StreamReader<u16>) {
        drop(v);
    }

    async fn take(total: u32, v: StreamReader<u16>) -> Vec<u16> {
        take(total, v).await
    }

    async fn endless(piece: u32) -> (StreamReader<u16>, FutureReader<u32>) {
        let (mut writer, reader) = wit_stream::new();
        let (left, left_over) = wit_future::new(|| 0);
        spawn_local(async move {
            let mut next = 0;
            let rest = loop {
                let all: Vec<u16> = (next..next + piece as u16).collect();
                next += piece as u16;
                let rest = writer.write_all(all).await;
                if !rest.is_empty() {
                    break rest;
                }
            };
            left.write(rest.len() as u32).await.unwrap();
        });
        (reader, left_over)
    }

    async fn some(total: u32) -> StreamReader<u16> {
        let (mut writer, reader) = wit_stream::new();
        spawn_local(async move {
            assert!(writer.write_all((0..total as u16).collect()).await.is_empty());
        });
        reader
    }

    async fn take_texts(total: u32, v: StreamReader<String>) -> Vec<String> {
        take(total, v).await
    }
}

impl memory::Guest for Provider {
    fn live_bytes() -> u32 {
        guests::live_bytes()
    }
}

export!(Provider);
