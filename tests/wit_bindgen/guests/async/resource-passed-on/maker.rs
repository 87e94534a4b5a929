//! Makes jobs: those who wait are woken when a job is finished.

use exports::meld::resource_passed_on::jobs::{Guest, GuestJob};
use futures::channel::oneshot;
use std::cell::{Cell, RefCell};

wit_bindgen::generate!({ path: "resource-passed-on/world.wit", world: "maker" });

struct Maker;

thread_local! {
    static ALIVE: Cell<u32> = const { Cell::new(0) };
}

struct Job {
    name: String,
    value: Cell<Option<u32>>,
    waiting: RefCell<Vec<oneshot::Sender<u32>>>,
}

impl GuestJob for Job {
    fn new(name: String) -> Job {
        ALIVE.set(ALIVE.get() + 1);
        Job { name, value: Cell::new(None), waiting: RefCell::default() }
    }

    fn name(&self) -> String {
        self.name.clone()
    }

    fn finish(&self, value: u32) {
        self.value.set(Some(value));
        for waiting in self.waiting.take() {
            waiting.send(value).unwrap();
        }
    }

    async fn wait(&self) -> u32 {
        if let Some(value) = self.value.get() {
            return value;
        }
        let (sender, receiver) = oneshot::channel();
        self.waiting.borrow_mut().push(sender);
        receiver.await.unwrap()
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        ALIVE.set(ALIVE.get() - 1);
    }
}

impl Guest for Maker {
    type Job = Job;

    fn alive() -> u32 {
        ALIVE.get()
    }
}

export!(Maker);
