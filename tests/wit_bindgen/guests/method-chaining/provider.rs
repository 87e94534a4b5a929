//! A builder, whose setters answer with itself.

use std::cell::{Cell, RefCell};

use exports::meld::method_chaining::builders::{Guest, GuestBuilder};

wit_bindgen::generate!({ path: "method-chaining/world.wit", world: "provider", enable_method_chaining: true });

struct Provider;

#[derive(Default)]
struct Builder {
    name: RefCell<String>,
    size: Cell<u32>,
    tags: RefCell<Vec<String>>,
}

impl Guest for Provider {
    type Builder = Builder;
}

impl GuestBuilder for Builder {
    fn new() -> Self {
        Builder::default()
    }

    fn name(&self, s: String) -> &Self {
        self.name.replace(s);
        self
    }

    fn size(&self, n: u32) -> &Self {
        self.size.set(n);
        self
    }

    fn tag(&self, s: String) -> &Self {
        self.tags.borrow_mut().push(s);
        self
    }

    fn build(&self) -> String {
        format!("{}:{}:{}", self.name.borrow(), self.size.get(), self.tags.borrow().join(","))
    }
}

export!(Provider);
