//! Checks each member of each aggregate separately, so that a shifted one cannot hide.

use meld::records::shapes::*;

wit_bindgen::generate!({ path: "records/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    fn run() {
        assert!(swap((1, 0xfffe)) == (0xfffe, 1));
        assert!(swap((u8::MAX, 0)) == (0, u8::MAX));
        let strings = pair_of_strings(("left", "rïght"));
        assert!(strings.0 == "rïght" && strings.1 == "left");

        let p = mirror(Point { x: i32::MIN, y: 7 });
        assert!(p.x == 7 && p.y == i32::MIN);
        assert!(echo_single(EmptyLike { only: true }).only);
        assert!(!echo_single(EmptyLike { only: false }).only);

        let padded = Padded { a: 0xa5, b: u64::MAX - 1, c: 0xbeef, d: -0.5, e: true, f: 1.0e300, g: '🧩' };
        let back = echo_padded(padded);
        assert!(back.a == 0xa5);
        assert!(back.b == u64::MAX - 1);
        assert!(back.c == 0xbeef);
        assert!(back.d == -0.5);
        assert!(back.e);
        assert!(back.f == 1.0e300);
        assert!(back.g == '🧩');

        let ada = Person {
            name: "Ada".to_string(),
            age: 36,
            born_at: Point { x: 51, y: -1 },
            tags: vec!["analyst".to_string(), String::new()],
        };
        let older = birthday(&ada);
        assert!(older.name == "Ada");
        assert!(older.age == 37);
        assert!(older.born_at.x == 51 && older.born_at.y == -1);
        assert!(older.tags == ["analyst", "", "turned 37"]);

        assert!(invert(Permission::empty()) == Permission::all());
        assert!(invert(Permission::READ | Permission::EXECUTE) == Permission::WRITE);
        assert!(union_wide(Wide::B0, Wide::B16) == Wide::B0 | Wide::B16);
        assert!(union_wide(Wide::B7 | Wide::B8, Wide::B15) == Wide::B7 | Wide::B8 | Wide::B15);

        let (((b,), a), p) = nest((Point { x: 1, y: 2 }, (3, (-4,))));
        assert!(b == -4 && a == 3 && p.x == 1 && p.y == 2);

        assert!(sum_and_product(u32::MAX, 2) == (0x1_0000_0001, 0x1_ffff_fffe));
    }
}

export!(Runner);
