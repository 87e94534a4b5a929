//! The buffers of the leaf, each in a box of this component's own.

use exports::meld::resource_with_lists::buffers::{Buffer, Guest, GuestBuffer};
use meld::resource_with_lists::buffers as inner;

wit_bindgen::generate!({ path: "resource_with_lists/world.wit", world: "middle" });

struct Middle;
struct Boxed(inner::Buffer);

impl Guest for Middle {
    type Buffer = Boxed;
}

impl GuestBuffer for Boxed {
    fn new(mut init: Vec<u8>) -> Self {
        init.extend(b" middle");
        Boxed(inner::Buffer::new(&init))
    }

    fn read(&self) -> Vec<u8> {
        self.0.read()
    }

    fn write(&self, mut data: Vec<u8>) {
        data.push(b'|');
        self.0.write(&data);
    }

    fn words(&self, mut words: Vec<String>) -> Vec<String> {
        words.push("middle".to_string());
        self.0.words(&words)
    }

    fn swap(data: Vec<u8>) -> Vec<u8> {
        let mut data = inner::Buffer::swap(&data);
        data.push(b'|');
        data
    }

    fn from_parts(parts: Vec<Buffer>) -> Buffer {
        let parts = parts.into_iter().map(|part| part.into_inner::<Boxed>().0).collect();
        Buffer::new(Boxed(inner::Buffer::from_parts(parts)))
    }
}

export!(Middle);
