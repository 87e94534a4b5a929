//! Tastes it.

use meld::flavorful::flavors::*;

wit_bindgen::generate!({ path: "flavorful/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    fn run() {
        in_record(&named("Vanille"));
        assert!(out_record().a == "fraise");
        assert!(inout_record(&named("")).a == "!");
        assert!(inout_record(&named("Pfeffer")).a == "Pfeffer!");

        let list = [named("b1"), named("")];
        let second = Choice::Second(("c1".to_string(), "c2".to_string()));
        in_variants(Some(&named("a")), Ok(&list), &second);
        let (a, b, c) = out_variants();
        assert!(a.is_none());
        assert!(matches!(b, Err(Errno::Late)));
        assert!(matches!(c, Choice::First(text) if text == "prime"));

        let results = [Ok(()), Err(Errno::TooBig), Err(Errno::BadName)];
        let choices = [Choice::None, second, Choice::First(String::new())];
        let (a, b, c) = lists_of_variants(&[true, false, false], &results, &choices);
        assert!(a == [false, false, true]);
        assert!(matches!(b[..], [Err(Errno::BadName), Err(Errno::TooBig), Ok(())]));
        assert!(matches!(&c[0], Choice::First(text) if text.is_empty()));
        assert!(matches!(&c[1], Choice::Second((x, y)) if x == "c1" && y == "c2"));
        assert!(matches!(c[2], Choice::None) && c.len() == 3);

        let mixture = Mixture {
            head: "h".to_string(),
            rest: vec![("r1".to_string(), None), ("r2".to_string(), Some(Choice::First("x".to_string())))],
            tail: Ok("t".to_string()),
        };
        let stirred = stir(&mixture, 2);
        assert!(stirred.head == "r2");
        assert!(stirred.rest.len() == 2);
        assert!(stirred.rest[0].0 == "h" && matches!(stirred.rest[0].1, Some(Choice::None)));
        assert!(stirred.rest[1].0 == "r1" && matches!(stirred.rest[1].1, Some(Choice::None)));
        assert!(matches!(stirred.tail, Err(Errno::TooBig)));
        let again = stir(&stirred, 0);
        assert!(again.head == "r2" && again.tail.is_ok_and(|text| text == "clean"));

        assert!(matches!(fails(Errno::TooBig), Ok(None)));
        assert!(matches!(fails(Errno::BadName), Ok(Some(list)) if list == [1, 2, 3]));
        assert!(matches!(fails(Errno::Late), Err(Errno::BadName)));
    }
}

fn named(a: &str) -> Named {
    Named { a: a.to_string() }
}

export!(Runner);
