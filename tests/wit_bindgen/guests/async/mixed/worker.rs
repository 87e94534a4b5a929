//! Waits, and has synchronous components do the work.

use exports::meld::mixed::jobs::Guest;
use meld::mixed::reporting::report;
use wit_bindgen::{StreamReader, spawn_local, yield_async};

wit_bindgen::generate!({ path: "mixed/world.wit", world: "worker" });

struct Worker;

impl Guest for Worker {
    async fn describe(line: String) -> String {
        let before = report(&line);
        yield_async().await;
        let after = report(&line);
        assert!(before == after);
        after
    }

    async fn process(mut lines: StreamReader<String>) -> StreamReader<String> {
        let (mut writer, reader) = wit_stream::new();
        spawn_local(async move {
            while let Some(line) = lines.next().await {
                assert!(writer.write_one(report(&line)).await.is_none());
            }
        });
        reader
    }
}

export!(Worker);
