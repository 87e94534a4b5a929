//! Uses synchronous components while asynchronous calls are open.

use futures::future::join_all;
use futures::join;
use meld::mixed::{jobs, paging::page, parsing::number};

wit_bindgen::generate!({ path: "mixed/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    async fn run() {
        assert!(number("4294967295") == Some(u32::MAX) && number("4294967296").is_none() && number("x").is_none());
        assert!(page("title", "one two three") == "TITLE\n'ONE', 'TWO'\n'THREE'\n");
        assert!(page("", "") == "\n");

        assert!(jobs::describe("a 12 b 30".to_owned()).await == "4 words, sum 42");
        let calls = (0..20u32).map(|n| async move {
            let line = format!("x {n} y {}", n * n);
            let described = jobs::describe(line.clone()).await;
            // A page made when the answer is there, and others are not.
            (described, page(&n.to_string(), &line))
        });
        for ((described, page), n) in join_all(calls).await.into_iter().zip(0..) {
            assert!(described == format!("4 words, sum {}", n + n * n));
            assert!(page == format!("{n}\n'X', '{n}'\n'Y', '{}'\n", n * n));
        }

        let (mut writer, reader) = wit_stream::new();
        let (reports, ()) = join!(async { jobs::process(reader).await.collect().await }, async {
            for n in 0..10 {
                let line = format!("{n} and 1");
                assert!(page("p", &line) == format!("P\n'{n}', 'AND'\n'1'\n"));
                assert!(writer.write_one(line).await.is_none());
            }
            drop(writer);
        },);
        assert!(reports.into_iter().eq((0..10).map(|n| format!("3 words, sum {}", n + 1))));
    }
}

export!(Runner);
