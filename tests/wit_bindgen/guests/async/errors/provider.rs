//! Fails in many ways, at once and later.

use exports::meld::errors::parser::{Failure, Fault, Guest};
use wit_bindgen::{FutureReader, StreamReader, spawn_local, yield_async};

wit_bindgen::generate!({ path: "errors/world.wit", world: "provider" });

struct Provider;

fn parse(text: &str) -> Result<u32, Fault> {
    if text.is_empty() {
        return Err(Fault::Empty);
    }
    text.chars().zip(0..).try_fold(0u32, |number, (digit, at)| {
        let value = digit.to_digit(10).ok_or(Fault::BadDigit((at, digit)))?;
        number.checked_mul(10).and_then(|number| number.checked_add(value)).ok_or(Fault::TooLarge)
    })
}

fn at(line: u32, text: &str) -> impl FnOnce(Fault) -> Failure {
    move |fault| Failure { line, fault, text: text.to_owned() }
}

impl Guest for Provider {
    async fn number(text: String) -> Result<u32, Fault> {
        parse(&text)
    }

    async fn total(mut lines: StreamReader<String>) -> Result<u64, Failure> {
        let (mut total, mut line) = (0, 0);
        while let Some(text) = lines.next().await {
            line += 1;
            total += u64::from(parse(&text).map_err(at(line, &text))?);
        }
        Ok(total)
    }

    async fn numbers(text: String) -> (StreamReader<u32>, FutureReader<Result<(), Failure>>) {
        let (mut writer, reader) = wit_stream::new();
        let (end, ended) = wit_future::new(|| Ok(()));
        spawn_local(async move {
            for (text, line) in text.lines().zip(1..) {
                match parse(text) {
                    Ok(number) => assert!(writer.write_one(number).await.is_none()),
                    Err(fault) => {
                        drop(writer);
                        end.write(Err(at(line, text)(fault))).await.unwrap();
                        return;
                    }
                }
            }
            drop(writer);
            end.write(Ok(())).await.unwrap();
        });
        (reader, ended)
    }

    async fn outcome(outcome: FutureReader<Result<String, Fault>>) -> Result<Option<String>, Fault> {
        outcome.await.map(|text| Some(text).filter(|text| !text.is_empty()))
    }

    async fn check(wait: bool, fail: bool) -> Result<(), String> {
        if wait {
            yield_async().await;
        }
        if fail { Err("as asked".to_owned()) } else { Ok(()) }
    }
}

export!(Provider);
