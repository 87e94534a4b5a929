//! Reads futures of the caller and writes its own, some of them after it has returned.

use exports::meld::futures::exchange::{Guest, Parcel};
use wit_bindgen::{FutureReader, spawn_local};

wit_bindgen::generate!({ path: "futures/world.wit", world: "provider" });

struct Provider;

impl Guest for Provider {
    async fn read(value: FutureReader<u32>) -> u32 {
        value.await
    }

    async fn promise(value: String) -> FutureReader<String> {
        let (writer, reader) = wit_future::new(String::new);
        spawn_local(async move { writer.write(value).await.unwrap() });
        reader
    }

    async fn double(value: FutureReader<u64>) -> FutureReader<u64> {
        let (writer, reader) = wit_future::new(|| 0);
        spawn_local(async move {
            let twice = value.await * 2;
            writer.write(twice).await.unwrap();
        });
        reader
    }

    async fn join(parcels: Vec<FutureReader<Parcel>>) -> Vec<Parcel> {
        let mut all = Vec::new();
        for parcel in parcels {
            all.push(parcel.await);
        }
        all
    }

    async fn pass(value: FutureReader<String>) -> FutureReader<String> {
        value
    }

    async fn signal(start: FutureReader<()>) -> FutureReader<()> {
        let (writer, reader) = wit_future::new(|| ());
        spawn_local(async move {
            start.await;
            writer.write(()).await.unwrap();
        });
        reader
    }

    async fn perhaps(value: Option<FutureReader<u8>>, other: (FutureReader<u8>, u8)) -> Result<u8, String> {
        let other = other.0.await + other.1;
        match value {
            Some(value) => Ok(value.await + other),
            None => Err(format!("only {other}")),
        }
    }

    async fn deep(value: FutureReader<FutureReader<u32>>) -> u32 {
        value.await.await
    }
}

export!(Provider);
