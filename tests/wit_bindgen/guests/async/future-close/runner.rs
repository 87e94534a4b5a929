//! Drops an end of a future on each side, before the other end is used and while it waits.

use futures::join;
use meld::future_close::ends;
use wit_bindgen::yield_async;

wit_bindgen::generate!({ path: "future-close/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    async fn run() {
        // The reader goes away before the write, and while the write waits.
        let (writer, reader) = wit_future::new(String::new);
        ends::ignore(reader).await;
        assert!(writer.write("late".to_owned()).await.unwrap_err().value == "late");
        let (writer, reader) = wit_future::new(String::new);
        let (written, ()) = join!(writer.write("early".to_owned()), ends::ignore_later(3, reader));
        assert!(written.unwrap_err().value == "early");

        // The writer goes away: a default is written for it.
        let (writer, reader) = wit_future::new(|| "nothing better".to_owned());
        drop(writer);
        assert!(ends::read(reader).await == "nothing better");
        let (writer, reader) = wit_future::new(|| "too late".to_owned());
        let (text, ()) = join!(ends::read(reader), async {
            yield_async().await;
            drop(writer);
        });
        assert!(text == "too late");

        // The same from the other side.
        assert!(ends::abandon("the default".to_owned()).await.await == "the default");
        let promised = ends::write("one".to_owned()).await;
        assert!(promised.await == "one" && ends::refused_writes() == 0);
        let promised = ends::write("two".to_owned()).await;
        drop(promised);
        while ends::refused_writes() == 0 {
            yield_async().await;
        }
        assert!(ends::refused_writes() == 1);

        // Both ends here: a future that nobody else ever sees.
        let (writer, reader) = wit_future::new(String::new);
        drop(reader);
        assert!(writer.write("alone".to_owned()).await.unwrap_err().value == "alone");
    }
}

export!(Runner);
