//! Keys of one interface in the hands of another.

use exports::meld::with_and_resources::{keys, locks};

wit_bindgen::generate!({ path: "with-and-resources/world.wit", world: "provider" });

struct Provider;
struct Key(u32);
struct Lock(u32);

impl keys::Guest for Provider {
    type Key = Key;
}

impl keys::GuestKey for Key {
    fn new(n: u32) -> Self {
        Key(n)
    }

    fn number(&self) -> u32 {
        self.0
    }
}

impl locks::Guest for Provider {
    type Lock = Lock;

    fn melt(k: locks::Key) -> u32 {
        k.into_inner::<Key>().0
    }

    fn copy(k: locks::KeyBorrow<'_>) -> locks::Key {
        locks::Key::new(Key(k.get::<Key>().0))
    }
}

impl locks::GuestLock for Lock {
    fn new(k: locks::KeyBorrow<'_>) -> Self {
        Lock(k.get::<Key>().0)
    }

    fn opens(&self, k: locks::KeyBorrow<'_>) -> bool {
        self.0 == k.get::<Key>().0
    }
}

export!(Provider);
