//! A bit of everything, through aliases and types used from elsewhere.

use exports::meld::flavorful::flavors::*;

wit_bindgen::generate!({ path: "flavorful/world.wit", world: "provider" });

struct Provider;

impl Guest for Provider {
    fn in_record(x: Named) {
        assert!(x.a == "Vanille");
    }

    fn out_record() -> Named {
        Named { a: "fraise".to_string() }
    }

    fn inout_record(x: Named) -> Named {
        Named { a: x.a + "!" }
    }

    fn in_variants(a: Option<Named>, b: Result<NamedList, Errno>, c: Choice) {
        assert!(a.is_some_and(|named| named.a == "a"));
        assert!(b.is_ok_and(|list| list.len() == 2 && list[0].a == "b1" && list[1].a.is_empty()));
        assert!(matches!(c, Choice::Second((x, y)) if x == "c1" && y == "c2"));
    }

    fn out_variants() -> (Option<Named>, Result<NamedList, Errno>, Choice) {
        (None, Err(Errno::Late), Choice::First("prime".to_string()))
    }

    fn lists_of_variants(
        mut a: Vec<bool>,
        mut b: Vec<Result<(), Errno>>,
        mut c: Vec<Choice>,
    ) -> (Vec<bool>, Vec<Result<(), Errno>>, Vec<Choice>) {
        a.reverse();
        b.reverse();
        c.reverse();
        (a, b, c)
    }

    fn stir(mut m: Mixture, times: u8) -> Mixture {
        for _ in 0..times {
            m.rest.push((m.head, Some(Choice::None)));
            m.head = m.rest.remove(0).0;
        }
        m.tail = match m.tail {
            Ok(_) => Err(Errno::TooBig),
            Err(_) => Ok("clean".to_string()),
        };
        m
    }

    fn fails(x: Errno) -> Result<MaybeList, Errno> {
        match x {
            Errno::TooBig => Ok(None),
            Errno::BadName => Ok(Some(vec![1, 2, 3])),
            Errno::Late => Err(Errno::BadName),
        }
    }
}

export!(Provider);
