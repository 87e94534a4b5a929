//! Every handle arrives once, and is dropped once.

use meld::resource_aggregates::holders::*;

wit_bindgen::generate!({ path: "resource_aggregates/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    fn run() {
        assert!(in_record(pair(1, 2, 3)) == 6);
        assert!(in_nested(Nested { p: pair(10, 0, 20), name: "nested".to_string(), t: Thing::new(300) }) == 330);
        assert!(in_tuple((Thing::new(4), "between".to_string(), Thing::new(5))) == 9);
        assert!(in_variant(Choice::One(Thing::new(6))) == 6);
        assert!(in_variant(Choice::Two((Thing::new(7), Thing::new(8)))) == 15);
        assert!(in_variant(Choice::Many(things(5))) == 10);
        assert!(in_variant(Choice::None) == 0);
        assert!(in_option(Some(Thing::new(9))) == 9);
        assert!(in_option(None) == 0);
        assert!(in_result(Ok(Thing::new(10))) == 10);
        assert!(in_result(Err(things(4))) == 6);
        assert!(in_list(things(100)) == 4950);
        assert!(in_list(vec![]) == 0);
        let lists = vec![vec![(1, Thing::new(10))], vec![], vec![(2, Thing::new(100)), (3, Thing::new(1000))]];
        assert!(in_lists(lists) == 3210);
        assert!(live() == 0);

        let one = || Thing::new(1);
        assert!(everything(pair(1, 1, 1), Choice::One(one()), Some(one()), Ok(one()), things(2), (one(), one())) == 9);
        assert!(everything(pair(1, 1, 1), Choice::None, None, Err(one()), vec![], (one(), one())) == 6);
        assert!(live() == 0);

        let (a, b) = (Thing::new(11), Thing::new(13));
        assert!(borrowed_list(&[&a, &b, &a]) == 35);
        assert!(borrowed_list(&[]) == 0);
        assert!(borrowed_record(&Lent { a: &a, b: Some(&b) }) == 24);
        assert!(borrowed_record(&Lent { a: &a, b: None }) == 11);
        assert!(borrowed_variant(Ok(&b)) == 13);
        assert!(borrowed_variant(Err((&a, &b))) == 143);
        assert!(live() == 2);
        assert!(a.value() == 11 && b.value() == 13);

        let list = out_list(10);
        assert!(list.iter().map(Thing::value).eq(0..10));
        assert!(live() == 12);
        drop(list);
        assert!(live() == 2);
        let nested = out_record(50);
        assert!(nested.p.a.value() == 50 && nested.p.n == 7 && nested.p.b.value() == 51);
        assert!(nested.name == "out" && nested.t.value() == 52);
        // Out of one aggregate and into another.
        assert!(in_record(Pair { a: nested.t, n: 0, b: nested.p.a }) == 102);
        assert!(live() == 3);
        drop(nested.p.b);
        assert!(out_option(None).is_none());
        assert!(out_option(Some(3)).is_some_and(|t| t.value() == 3));
        assert!(matches!(out_result(4), Ok(t) if t.value() == 4));
        assert!(matches!(out_result(5), Err(t) if t.value() == 5));
        drop((a, b));
        assert!(live() == 0);
    }
}

fn pair(a: u32, n: u8, b: u32) -> Pair {
    Pair { a: Thing::new(a), n, b: Thing::new(b) }
}

fn things(n: u32) -> Vec<Thing> {
    (0..n).map(Thing::new).collect()
}

export!(Runner);
