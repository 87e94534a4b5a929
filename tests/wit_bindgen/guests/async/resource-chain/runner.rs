//! Reads and writes files through two components.

use futures::join;
use meld::resource_chain::storage::{self, File};

wit_bindgen::generate!({ path: "resource-chain/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    async fn run() {
        assert!(storage::open(String::new()).await.err().as_deref() == Some("middle: a file needs a name"));
        let log = storage::open("log".to_owned()).await.unwrap();
        let notes = File::new("notes");
        assert!(log.name() == "log" && notes.name() == "~notes" && storage::files() == 2);

        assert!(log.append("one".to_owned()).await == 1);
        // Two wait for the size while others write and read.
        let (early, late) = (log.lines(), log.lines());
        let mut short = log.lines();
        let (first, second, (), early, late, ()) = join!(
            log.size(),
            log.size(),
            async {
                assert!(log.append("two".to_owned()).await == 2);
                assert!(log.append("three".to_owned()).await == 3);
                log.seal().await;
            },
            early.collect(),
            late.collect(),
            async {
                assert!(short.next().await.as_deref() == Some("> one"));
                drop(short);
            },
        );
        assert!(first == 17 && second == 17);
        assert!(early == ["> one", "> two", "> three"] && late == early);
        // Sealed, it says at once how large it is, and its lines end.
        let lines = log.lines();
        let (size, lines) = join!(log.size(), lines.collect());
        assert!(size == 17 && lines.len() == 3);

        notes.append("four".to_owned()).await;
        let both = File::merge(log, notes).await;
        assert!(both.name() == "log+~notes" && storage::files() == 1);
        let (appended, ()) = join!(both.append("five".to_owned()), async {});
        assert!(appended == 5);
        both.seal().await;
        let lines = both.lines();
        let (size, lines) = join!(both.size(), lines.collect());
        assert!(size == 29 && lines.concat() == "> one> two> three> four> five");
        drop(both);
        assert!(storage::files() == 0);
    }
}

export!(Runner);
