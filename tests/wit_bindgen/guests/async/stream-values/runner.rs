//! Sends elements of every kind, singly and many at a time.

use futures::join;
use meld::stream_values::elements::{self, *};
use wit_bindgen::{StreamReader, StreamWriter};

wit_bindgen::generate!({ path: "stream-values/world.wit", world: "runner", additional_derives: [PartialEq, Clone] });

struct Runner;

/// Writes all of it, then drops the writer.
async fn send<T: 'static>(mut writer: StreamWriter<T>, all: Vec<T>) {
    assert!(writer.write_all(all).await.is_empty());
}

/// Sends `all` by a stream and collects the one that comes back.
async fn through<A: 'static, B: 'static, F: Future<Output = StreamReader<B>>>(
    (writer, reader): (StreamWriter<A>, StreamReader<A>),
    call: impl Fn(StreamReader<A>) -> F,
    all: Vec<A>,
) -> Vec<B> {
    let (back, ()) = join!(async { call(reader).await.collect().await }, send(writer, all));
    back
}

impl Guest for Runner {
    async fn run() {
        let (writer, reader) = wit_stream::new();
        let (count, ()) = join!(elements::units(reader), send(writer, vec![(); 1000]));
        assert!(count == 1000);
        assert!(elements::some_units(77).await.collect().await.len() == 77);

        let halves = through(wit_stream::new(), elements::numbers, vec![1, -3, i64::MAX]).await;
        assert!(halves == [0.5, -1.5, (1u64 << 62) as f64]);
        let (writer, reader) = wit_stream::new();
        let (bits, ()) = join!(elements::bits(reader), send(writer, vec![true, false, true]));
        assert!(bits == [true, false, true]);

        let words: Vec<String> = (0..100).map(|n| "word ".repeat(n)).collect();
        let quoted: Vec<String> = words.iter().map(|word| format!("<{word}>")).collect();
        assert!(through(wit_stream::new(), elements::texts, words).await == quoted);
        let entry = |n: u16| Entry { key: n.to_string(), values: (0..n).collect() };
        let entries = through(wit_stream::new(), elements::entries, (0..9).map(entry).collect()).await;
        assert!(entries.len() == 9);
        for (found, n) in entries.into_iter().zip(0..) {
            assert!(found == Entry { values: (0..n).rev().collect(), ..entry(n) });
        }
        let all = [Event::Tick, Event::Text("t".to_owned()), Event::Pair((7, 0.5)), Event::Tick];
        let (writer, reader) = wit_stream::new();
        let (back, ()) = join!(elements::events(reader), send(writer, all.to_vec()));
        assert!(back == all);
        let back = through(wit_stream::new(), elements::options, vec![Some(1), None, Some(255)]).await;
        assert!(back == [Ok(1), Err("nothing".to_owned()), Ok(255)]);

        tokens().await;

        let (mut writer, reader) = wit_stream::new();
        let (sums, ()) = join!(elements::inner(reader), async {
            for n in 0..4u8 {
                let (inner, inner_reader) = wit_stream::new();
                assert!(writer.write_one(inner_reader).await.is_none());
                send(inner, vec![n; 10]).await;
            }
            drop(writer);
        });
        assert!(sums == [0, 10, 20, 30]);
        let (mut writer, reader) = wit_stream::new();
        let (sum, ()) = join!(elements::promises(reader), async {
            for n in 0..4 {
                let (promise, promised) = wit_future::new(|| 0);
                assert!(writer.write_one(promised).await.is_none());
                promise.write(n * 1000).await.unwrap();
            }
            drop(writer);
        });
        assert!(sum == 6000);
    }
}

async fn tokens() {
    let all: Vec<Token> = (0..10).map(Token::new).collect();
    assert!(elements::tokens_alive() == 10);
    let back = through(wit_stream::new(), elements::tokens, all).await;
    assert!(elements::tokens_alive() == 10);
    assert!(back.iter().map(Token::number).eq((0..10).map(|n| if n % 2 == 0 { n + 100 } else { n })));
    drop(back);
    assert!(elements::tokens_alive() == 0);

    // What nobody takes out of a stream goes back to who put it in.
    let (mut writer, reader) = wit_stream::new();
    drop(reader);
    let back = writer.write_all(vec![Token::new(1), Token::new(2)]).await;
    assert!(back.len() == 2 && elements::tokens_alive() == 2);
    drop(back);
    assert!(elements::tokens_alive() == 0);
}

export!(Runner);
