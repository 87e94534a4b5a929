//! Handles inside of everything that can hold one.

use std::cell::Cell;

use exports::meld::resource_aggregates::holders::*;

wit_bindgen::generate!({ path: "resource_aggregates/world.wit", world: "provider" });

thread_local!(static LIVE: Cell<u32> = const { Cell::new(0) });

struct Provider;
struct Number(u32);

impl Number {
    fn make(n: u32) -> Self {
        LIVE.set(LIVE.get() + 1);
        Number(n)
    }
}

impl Drop for Number {
    fn drop(&mut self) {
        LIVE.set(LIVE.get() - 1);
    }
}

impl GuestThing for Number {
    fn new(n: u32) -> Self {
        Number::make(n)
    }

    fn value(&self) -> u32 {
        self.0
    }
}

fn thing(n: u32) -> Thing {
    Thing::new(Number::make(n))
}

fn of(t: &Thing) -> u32 {
    t.get::<Number>().0
}

fn lent(t: &ThingBorrow<'_>) -> u32 {
    t.get::<Number>().0
}

fn all(ts: &[Thing]) -> u32 {
    ts.iter().map(of).sum()
}

impl Guest for Provider {
    type Thing = Number;

    fn in_record(p: Pair) -> u32 {
        of(&p.a) + of(&p.b) + u32::from(p.n)
    }

    fn in_nested(n: Nested) -> u32 {
        assert!(n.name == "nested");
        Self::in_record(n.p) + of(&n.t)
    }

    fn in_tuple((a, text, b): (Thing, String, Thing)) -> u32 {
        assert!(text == "between");
        of(&a) + of(&b)
    }

    fn in_variant(c: Choice) -> u32 {
        match c {
            Choice::One(t) => of(&t),
            Choice::Two((a, b)) => of(&a) + of(&b),
            Choice::Many(ts) => all(&ts),
            Choice::None => 0,
        }
    }

    fn in_option(t: Option<Thing>) -> u32 {
        t.map_or(0, |t| of(&t))
    }

    fn in_result(r: Result<Thing, Vec<Thing>>) -> u32 {
        match r {
            Ok(t) => of(&t),
            Err(ts) => all(&ts),
        }
    }

    fn in_list(ts: Vec<Thing>) -> u32 {
        all(&ts)
    }

    fn in_lists(ts: Vec<Vec<(u8, Thing)>>) -> u32 {
        ts.iter().flatten().map(|(n, t)| u32::from(*n) * of(t)).sum()
    }

    fn everything(
        a: Pair,
        b: Choice,
        c: Option<Thing>,
        d: Result<Thing, Thing>,
        e: Vec<Thing>,
        f: (Thing, Thing),
    ) -> u32 {
        let (Ok(d) | Err(d)) = d;
        Self::in_record(a) + Self::in_variant(b) + Self::in_option(c) + of(&d) + all(&e) + of(&f.0) + of(&f.1)
    }

    fn borrowed_list(ts: Vec<ThingBorrow<'_>>) -> u32 {
        ts.iter().map(lent).sum()
    }

    fn borrowed_record(l: Lent<'_>) -> u32 {
        lent(&l.a) + l.b.as_ref().map_or(0, lent)
    }

    fn borrowed_variant(r: Result<ThingBorrow<'_>, (ThingBorrow<'_>, ThingBorrow<'_>)>) -> u32 {
        match r {
            Ok(t) => lent(&t),
            Err((a, b)) => lent(&a) * lent(&b),
        }
    }

    fn out_list(n: u32) -> Vec<Thing> {
        (0..n).map(thing).collect()
    }

    fn out_record(n: u32) -> Nested {
        Nested { p: Pair { a: thing(n), n: 7, b: thing(n + 1) }, name: "out".to_string(), t: thing(n + 2) }
    }

    fn out_option(n: Option<u32>) -> Option<Thing> {
        n.map(thing)
    }

    fn out_result(n: u32) -> Result<Thing, Thing> {
        if n % 2 == 0 { Ok(thing(n)) } else { Err(thing(n)) }
    }

    fn live() -> u32 {
        LIVE.get()
    }
}

export!(Provider);
