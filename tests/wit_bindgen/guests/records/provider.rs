//! Records, tuples and flags, taken apart and put together again.

use exports::meld::records::shapes::*;

wit_bindgen::generate!({ path: "records/world.wit", world: "provider" });

struct Provider;

impl Guest for Provider {
    fn swap((a, b): (u8, u16)) -> (u16, u8) {
        (b, a)
    }

    fn pair_of_strings((a, b): (String, String)) -> (String, String) {
        (b, a)
    }

    fn mirror(p: Point) -> Point {
        Point { x: p.y, y: p.x }
    }

    fn echo_single(s: EmptyLike) -> EmptyLike {
        s
    }

    fn echo_padded(p: Padded) -> Padded {
        p
    }

    fn birthday(mut p: Person) -> Person {
        p.age += 1;
        p.tags.push(format!("turned {}", p.age));
        p
    }

    fn invert(p: Permission) -> Permission {
        !p
    }

    fn union_wide(a: Wide, b: Wide) -> Wide {
        a | b
    }

    fn nest((p, (a, (b,))): (Point, (u8, (i64,)))) -> (((i64,), u8), Point) {
        (((b,), a), p)
    }

    fn sum_and_product(a: u32, b: u32) -> (u64, u64) {
        (u64::from(a) + u64::from(b), u64::from(a) * u64::from(b))
    }
}

export!(Provider);
