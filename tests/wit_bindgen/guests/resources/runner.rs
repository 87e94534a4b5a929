//! Makes, moves, lends and drops, and counts every drop.

use meld::resources::store::*;

wit_bindgen::generate!({ path: "resources/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    fn run() {
        items();
        tokens();
        assert!(units_dropped() == 0);
        drop([Unit::new(), Unit::new(), Unit::new()]);
        assert!(units_dropped() == 3);
        shelves();
    }
}

fn items() {
    let a = Item::new(-5);
    let b = Item::new(5);
    assert!(a.get() == -5 && b.get() == 5);
    a.set(i32::MIN);
    assert!(a.get() == i32::MIN && b.get() == 5);
    a.set(1);
    assert!(a.compare(&b) == -4 && b.compare(&a) == 4 && a.compare(&a) == 0);
    assert!(items_dropped() == 0);

    // The argument is consumed and dropped over there.
    let c = Item::add(b, 100);
    assert!(c.get() == 105);
    assert!(items_dropped() == 1);
    let d = c.duplicate();
    drop(c);
    assert!(items_dropped() == 2);
    assert!(d.get() == 105);

    let many = make_many(200);
    assert!(many.iter().map(Item::get).eq(0..200));
    // Holes in the table, filled again.
    let many: Vec<Item> = many.into_iter().filter(|item| item.get() % 2 == 0).collect();
    assert!(items_dropped() == 102);
    let more = make_many(150);
    assert!(more.iter().map(Item::get).eq(0..150));
    assert!(many.iter().map(Item::get).eq((0..200).step_by(2)));
    drop(more);
    drop(many);
    assert!(items_dropped() == 352);

    // Out and back: the same item, dropped once.
    keep(a);
    let a = give_back().unwrap();
    assert!(a.get() == 1);
    assert!(give_back().is_none());
    keep(d);
    keep(a);
    assert!(items_dropped() == 353);
    drop(give_back());
    assert!(items_dropped() == 354);
}

fn tokens() {
    let a = KebabCaseToken::make(7);
    let b = KebabCaseToken::make(8);
    assert!(a.label() == "token 7" && b.label() == "token 8");
    assert!(KebabCaseToken::take(a) == 7);
    assert!(tokens_dropped() == 1);
    drop(b);
    assert!(tokens_dropped() == 2);
}

fn shelves() {
    let before = items_dropped();
    let shelf = Shelf::new();
    assert!(shelf.pop().is_none());
    for n in 0..10 {
        shelf.put(Item::new(n));
    }
    assert!(shelf.len() == 10);
    let top = shelf.pop().unwrap();
    assert!(top.get() == 9 && shelf.len() == 9);
    assert!(items_dropped() == before);
    // With the shelf goes what is on it.
    drop(shelf);
    assert!(shelves_dropped() == 1);
    assert!(items_dropped() == before + 9);
    assert!(top.get() == 9);
    drop(top);
    assert!(items_dropped() == before + 10);
}

export!(Runner);
