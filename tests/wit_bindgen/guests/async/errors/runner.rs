//! Gets errors as results, from streams and from futures.

use futures::join;
use meld::errors::parser::{self, Failure, Fault};

wit_bindgen::generate!({ path: "errors/world.wit", world: "runner", additional_derives: [PartialEq, Clone] });

struct Runner;

impl Guest for Runner {
    async fn run() {
        assert!(parser::number("4294967295".to_owned()).await == Ok(u32::MAX));
        assert!(parser::number("4294967296".to_owned()).await == Err(Fault::TooLarge));
        assert!(parser::number(String::new()).await == Err(Fault::Empty));
        assert!(parser::number("12ä".to_owned()).await == Err(Fault::BadDigit((2, 'ä'))));

        assert!(total(&["1", "20", "300"]).await == (Ok(321), 0));
        let failure = Failure { line: 2, fault: Fault::BadDigit((0, 'x')), text: "x".to_owned() };
        // The reader went away with the failure: what follows is not taken.
        assert!(total(&["1", "x", "300", "4"]).await == (Err(failure), 2));
        assert!(total(&[]).await == (Ok(0), 0));

        let (numbers, end) = parser::numbers("5\n6\n7".to_owned()).await;
        assert!(numbers.collect().await == [5, 6, 7]);
        assert!(end.await == Ok(()));
        let (numbers, end) = parser::numbers("5\n\n7".to_owned()).await;
        assert!(numbers.collect().await == [5]);
        assert!(end.await == Err(Failure { line: 2, fault: Fault::Empty, text: String::new() }));

        for (outcome, expected) in [
            (Ok("done".to_owned()), Ok(Some("done".to_owned()))),
            (Ok(String::new()), Ok(None)),
            (Err(Fault::BadDigit((1, '?'))), Err(Fault::BadDigit((1, '?')))),
        ] {
            let (writer, reader) = wit_future::new(|| Err(Fault::TooLarge));
            let (found, written) = join!(parser::outcome(reader), writer.write(outcome));
            assert!(found == expected && written.is_ok());
        }
        // A default is an error as well.
        let (writer, reader) = wit_future::new(|| Err(Fault::TooLarge));
        drop(writer);
        assert!(parser::outcome(reader).await == Err(Fault::TooLarge));

        for wait in [false, true] {
            assert!(parser::check(wait, false).await == Ok(()));
            assert!(parser::check(wait, true).await == Err("as asked".to_owned()));
        }
    }
}

/// The total of these lines, and how many were not taken.
async fn total(lines: &[&str]) -> (Result<u64, Failure>, usize) {
    let (mut writer, reader) = wit_stream::new();
    join!(parser::total(reader), async {
        let lines = lines.iter().map(|line| line.to_string()).collect();
        let rest = writer.write_all(lines).await.len();
        drop(writer);
        rest
    })
}

export!(Runner);
