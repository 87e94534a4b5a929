//! Starts tasks that live longer than the call, or just as long.

use exports::meld::spawn::background::Guest;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wit_bindgen::{StreamReader, spawn_local, yield_async};

wit_bindgen::generate!({ path: "spawn/world.wit", world: "provider" });

struct Provider;

thread_local! {
    static COUNTED: Cell<u32> = const { Cell::new(0) };
}

impl Guest for Provider {
    async fn count_to(end: u32) -> u32 {
        COUNTED.set(0);
        spawn_local(async move {
            while COUNTED.get() < end {
                yield_async().await;
                COUNTED.set(COUNTED.get() + 1);
            }
        });
        COUNTED.get()
    }

    fn counted() -> u32 {
        COUNTED.get()
    }

    async fn many(total: u32) -> StreamReader<u32> {
        let (writer, reader) = wit_stream::new();
        let done = Rc::new(RefCell::new(Vec::new()));
        let tasks: Vec<_> = (0..total)
            .map(|number| {
                let done = Rc::clone(&done);
                spawn_local(async move {
                    for _ in 0..number % 3 {
                        yield_async().await;
                    }
                    done.borrow_mut().push(number);
                })
            })
            .collect();
        spawn_local(async move {
            let mut writer = writer;
            for task in tasks {
                assert!(task.await == Some(()));
            }
            assert!(writer.write_all(done.take()).await.is_empty());
        });
        reader
    }

    async fn gather(total: u32) -> Vec<u32> {
        let mut tasks: Vec<_> = (0..total)
            .map(|number| {
                spawn_local(async move {
                    yield_async().await;
                    number * number
                })
            })
            .collect();
        tasks[0].cancel();
        let mut all = Vec::new();
        for task in tasks {
            all.push(task.await.unwrap_or(u32::MAX));
        }
        all
    }
}

export!(Provider);
