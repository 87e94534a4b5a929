//! Buffers behind handles.

use std::cell::{Cell, RefCell};

use exports::meld::resource_with_lists::buffers::{Buffer, Guest, GuestBuffer};
use exports::meld::resource_with_lists::trace;

wit_bindgen::generate!({ path: "resource_with_lists/world.wit", world: "leaf" });

thread_local!(static LIVE: Cell<u32> = const { Cell::new(0) });

struct Leaf;
struct Bytes(RefCell<Vec<u8>>);

impl Bytes {
    fn make(bytes: Vec<u8>) -> Self {
        LIVE.set(LIVE.get() + 1);
        Bytes(RefCell::new(bytes))
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        LIVE.set(LIVE.get() - 1);
    }
}

impl Guest for Leaf {
    type Buffer = Bytes;
}

impl GuestBuffer for Bytes {
    fn new(mut init: Vec<u8>) -> Self {
        init.extend(b" leaf");
        Bytes::make(init)
    }

    fn read(&self) -> Vec<u8> {
        self.0.borrow().clone()
    }

    fn write(&self, data: Vec<u8>) {
        self.0.borrow_mut().extend(data);
    }

    fn words(&self, words: Vec<String>) -> Vec<String> {
        let mine = String::from_utf8_lossy(&self.0.borrow()).into_owned();
        words.into_iter().rev().chain([mine]).collect()
    }

    fn swap(mut data: Vec<u8>) -> Vec<u8> {
        data.reverse();
        data
    }

    fn from_parts(parts: Vec<Buffer>) -> Buffer {
        let bytes = parts.into_iter().flat_map(|part| part.into_inner::<Bytes>().0.take()).collect();
        Buffer::new(Bytes::make(bytes))
    }
}

impl trace::Guest for Leaf {
    fn live() -> u32 {
        LIVE.get()
    }
}

export!(Leaf);
