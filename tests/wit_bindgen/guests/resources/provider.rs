//! Several resources, owned here, there, and by each other.

use std::cell::{Cell, RefCell};

use exports::meld::resources::store::*;

wit_bindgen::generate!({ path: "resources/world.wit", world: "provider" });

thread_local! {
    static ITEMS: Cell<u32> = const { Cell::new(0) };
    static TOKENS: Cell<u32> = const { Cell::new(0) };
    static UNITS: Cell<u32> = const { Cell::new(0) };
    static SHELVES: Cell<u32> = const { Cell::new(0) };
    static KEPT: RefCell<Option<Item>> = const { RefCell::new(None) };
}

struct Provider;
struct Number(Cell<i32>);
struct Token(u32);
struct Nothing;
struct Stack(RefCell<Vec<Item>>);

impl Guest for Provider {
    type Item = Number;
    type KebabCaseToken = Token;
    type Unit = Nothing;
    type Shelf = Stack;

    fn make_many(n: u32) -> Vec<Item> {
        (0..n).map(|n| Item::new(Number(Cell::new(n as i32)))).collect()
    }

    fn keep(i: Item) {
        KEPT.replace(Some(i));
    }

    fn give_back() -> Option<Item> {
        KEPT.take()
    }

    fn items_dropped() -> u32 {
        ITEMS.get()
    }

    fn tokens_dropped() -> u32 {
        TOKENS.get()
    }

    fn units_dropped() -> u32 {
        UNITS.get()
    }

    fn shelves_dropped() -> u32 {
        SHELVES.get()
    }
}

impl GuestItem for Number {
    fn new(n: i32) -> Self {
        Number(Cell::new(n))
    }

    fn get(&self) -> i32 {
        self.0.get()
    }

    fn set(&self, n: i32) {
        self.0.set(n);
    }

    fn add(a: Item, b: i32) -> Item {
        Item::new(Number(Cell::new(a.get::<Number>().0.get() + b)))
    }

    fn compare(&self, other: ItemBorrow<'_>) -> i32 {
        self.0.get() - other.get::<Number>().0.get()
    }

    fn duplicate(&self) -> Item {
        Item::new(Number(Cell::new(self.0.get())))
    }
}

impl GuestKebabCaseToken for Token {
    fn make(n: u32) -> KebabCaseToken {
        KebabCaseToken::new(Token(n))
    }

    fn take(t: KebabCaseToken) -> u32 {
        t.into_inner::<Token>().0
    }

    fn label(&self) -> String {
        format!("token {}", self.0)
    }
}

impl GuestUnit for Nothing {
    fn new() -> Self {
        Nothing
    }
}

impl GuestShelf for Stack {
    fn new() -> Self {
        Stack(RefCell::new(Vec::new()))
    }

    fn put(&self, i: Item) {
        self.0.borrow_mut().push(i);
    }

    fn pop(&self) -> Option<Item> {
        self.0.borrow_mut().pop()
    }

    fn len(&self) -> u32 {
        self.0.borrow().len() as u32
    }
}

impl Drop for Number {
    fn drop(&mut self) {
        ITEMS.set(ITEMS.get() + 1);
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        TOKENS.set(TOKENS.get() + 1);
    }
}

impl Drop for Nothing {
    fn drop(&mut self) {
        UNITS.set(UNITS.get() + 1);
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        SHELVES.set(SHELVES.get() + 1);
    }
}

export!(Provider);
