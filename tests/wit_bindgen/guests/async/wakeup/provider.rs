//! Tasks that wake each other by channels of their own.

use exports::meld::wakeup::desk::Guest;
use futures::channel::oneshot;
use std::cell::RefCell;
use std::collections::VecDeque;
use wit_bindgen::yield_async;

wit_bindgen::generate!({ path: "wakeup/world.wit", world: "provider" });

struct Provider;

#[derive(Default)]
struct Desk {
    things: VecDeque<String>,
    waiting: VecDeque<oneshot::Sender<String>>,
    guest: Option<(String, oneshot::Sender<String>)>,
}

thread_local! {
    static DESK: RefCell<Desk> = RefCell::new(Desk::default());
}

impl Guest for Provider {
    async fn take() -> String {
        let receiver = DESK.with_borrow_mut(|desk| {
            if let Some(thing) = desk.things.pop_front() {
                return Ok(thing);
            }
            let (sender, receiver) = oneshot::channel();
            desk.waiting.push_back(sender);
            Err(receiver)
        });
        match receiver {
            Ok(thing) => thing,
            Err(receiver) => receiver.await.unwrap(),
        }
    }

    fn put(mut thing: String) {
        DESK.with_borrow_mut(|desk| {
            // One that was given up does not take it.
            while let Some(sender) = desk.waiting.pop_front() {
                match sender.send(thing) {
                    Ok(()) => return,
                    Err(back) => thing = back,
                }
            }
            desk.things.push_back(thing);
        });
    }

    async fn put_later(turns: u32, thing: String) {
        for _ in 0..turns {
            yield_async().await;
        }
        Self::put(thing);
    }

    fn waiting() -> u32 {
        DESK.with_borrow(|desk| desk.waiting.len() as u32)
    }

    async fn meet(brought: String) -> String {
        let met = DESK.with_borrow_mut(|desk| match desk.guest.take() {
            Some((other, sender)) => {
                sender.send(brought).unwrap();
                Ok(other)
            }
            None => {
                let (sender, receiver) = oneshot::channel();
                desk.guest = Some((brought, sender));
                Err(receiver)
            }
        });
        match met {
            Ok(other) => other,
            Err(receiver) => receiver.await.unwrap(),
        }
    }
}

export!(Provider);
