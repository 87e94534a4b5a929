//! A `wasi:cli/command`: filters its input by another component, as its arguments say.

use futures::join;
use meld::async_command::filters;
use wasip3::cli::{environment, stderr, stdin, stdout};
use wasip3::clocks::monotonic_clock;
use wit_bindgen::StreamReader;

wit_bindgen::generate!({ path: "command/world.wit", world: "command" });

struct Command;

async fn print(text: String) {
    let (mut writer, reader) = wasip3::wit_stream::new();
    let written = stdout::write_via_stream(reader);
    let (written, ()) = join!(written.into_future(), async {
        assert!(writer.write_all(text.into_bytes()).await.is_empty());
        drop(writer);
    });
    written.unwrap();
}

async fn complain(text: String) {
    let (mut writer, reader) = wasip3::wit_stream::new();
    let written = stderr::write_via_stream(reader);
    let (written, ()) = join!(written.into_future(), async {
        assert!(writer.write_all(text.into_bytes()).await.is_empty());
        drop(writer);
    });
    written.unwrap();
}

/// The input, and a check that it ended well.
fn input() -> (StreamReader<u8>, impl Future<Output = ()>) {
    let (text, ended) = stdin::read_via_stream();
    (text, async move { ended.await.unwrap() })
}

impl wasip3::exports::cli::run::Guest for Command {
    async fn run() -> Result<(), ()> {
        let arguments = environment::get_arguments();
        let mood = environment::get_environment().into_iter().find(|(name, _)| name == "MOOD");
        match arguments.get(1).map(String::as_str) {
            Some("number") => {
                let (text, ended) = input();
                // The filter's stream goes on to the host.
                let written = stdout::write_via_stream(filters::numbered(text).await);
                let (written, ()) = join!(written.into_future(), ended);
                written.unwrap();
            }
            Some("count") => {
                let (text, ended) = input();
                let ((lines, words, bytes), ()) = join!(filters::count(text), ended);
                print(format!("{lines} lines, {words} words, {bytes} bytes\n")).await;
            }
            Some("wait") => {
                let start = monotonic_clock::now();
                // The longer one is waited for first.
                join!(
                    async {
                        monotonic_clock::wait_for(30_000_000).await;
                        print("second\n".to_owned()).await;
                    },
                    async {
                        monotonic_clock::wait_for(1_000_000).await;
                        print("first\n".to_owned()).await;
                    },
                );
                assert!(monotonic_clock::now() - start >= 30_000_000);
            }
            other => {
                let mood = mood.map_or_else(|| "neutral".to_owned(), |(_, mood)| mood);
                complain(format!("{} is not a filter (mood: {mood})\n", other.unwrap_or("nothing"))).await;
                return Err(());
            }
        }
        Ok(())
    }
}

wasip3::cli::command::export!(Command);
