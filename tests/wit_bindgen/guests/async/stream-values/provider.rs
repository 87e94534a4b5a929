//! Reads streams of elements of every kind, and writes some back.

use exports::meld::stream_values::elements::{self, *};
use std::sync::atomic::{AtomicU32, Ordering};
use wit_bindgen::{FutureReader, StreamReader, StreamWriter, spawn_local};

wit_bindgen::generate!({ path: "stream-values/world.wit", world: "provider" });

struct Provider;

static ALIVE: AtomicU32 = AtomicU32::new(0);

struct Number(u32);

impl Drop for Number {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Ordering::Relaxed);
    }
}

impl GuestToken for Number {
    fn new(number: u32) -> Number {
        ALIVE.fetch_add(1, Ordering::Relaxed);
        Number(number)
    }

    fn number(&self) -> u32 {
        self.0
    }
}

/// Writes what `change` makes of each element that comes.
fn each<A: 'static, B: 'static>(
    mut from: StreamReader<A>,
    (mut to, reader): (StreamWriter<B>, StreamReader<B>),
    change: impl Fn(A) -> B + 'static,
) -> StreamReader<B> {
    spawn_local(async move {
        while let Some(element) = from.next().await {
            assert!(to.write_one(change(element)).await.is_none());
        }
    });
    reader
}

impl Guest for Provider {
    type Token = Number;

    async fn units(ticks: StreamReader<()>) -> u32 {
        ticks.collect().await.len() as u32
    }

    async fn some_units(total: u32) -> StreamReader<()> {
        let (mut writer, reader) = wit_stream::new();
        spawn_local(async move { assert!(writer.write_all(vec![(); total as usize]).await.is_empty()) });
        reader
    }

    async fn numbers(v: StreamReader<i64>) -> StreamReader<f64> {
        each(v, wit_stream::new(), |n| n as f64 / 2.0)
    }

    async fn bits(v: StreamReader<bool>) -> Vec<bool> {
        v.collect().await
    }

    async fn texts(v: StreamReader<String>) -> StreamReader<String> {
        each(v, wit_stream::new(), |text| format!("<{text}>"))
    }

    async fn entries(v: StreamReader<Entry>) -> StreamReader<Entry> {
        each(v, wit_stream::new(), |mut entry| {
            entry.values.reverse();
            entry
        })
    }

    async fn events(v: StreamReader<Event>) -> Vec<Event> {
        v.collect().await
    }

    async fn options(v: StreamReader<Option<u8>>) -> StreamReader<Result<u8, String>> {
        each(v, wit_stream::new(), |v| v.ok_or_else(|| "nothing".to_owned()))
    }

    async fn tokens(v: StreamReader<elements::Token>) -> StreamReader<elements::Token> {
        each(v, wit_stream::new(), |token| {
            let number = token.get::<Number>().0;
            // Even ones are made anew, and the old ones dropped.
            if number % 2 == 0 { elements::Token::new(Number::new(number + 100)) } else { token }
        })
    }

    fn tokens_alive() -> u32 {
        ALIVE.load(Ordering::Relaxed)
    }

    async fn inner(mut v: StreamReader<StreamReader<u8>>) -> Vec<u32> {
        let mut sums = Vec::new();
        while let Some(inner) = v.next().await {
            sums.push(inner.collect().await.into_iter().map(u32::from).sum());
        }
        sums
    }

    async fn promises(mut v: StreamReader<FutureReader<u32>>) -> u32 {
        let mut sum = 0;
        while let Some(promise) = v.next().await {
            sum += promise.await;
        }
        sum
    }
}

export!(Provider);
