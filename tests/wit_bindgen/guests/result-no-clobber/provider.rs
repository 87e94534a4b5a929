//! Types called like those of the prelude, beside those of the prelude.

use exports::meld::result_no_clobber::{checks, names};

wit_bindgen::generate!({ path: "result-no-clobber/world.wit", world: "provider" });

struct Provider;

impl names::Guest for Provider {
    fn flip(r: names::Result) -> names::Result {
        match r {
            names::Result::Good => names::Result::Bad,
            names::Result::Bad => names::Result::Good,
        }
    }

    fn open(b: names::Box) -> names::Box {
        match b {
            names::Box::Some(x) => names::Box::Some(x + 1),
            names::Box::None => names::Box::Err,
            names::Box::Ok(text) => names::Box::Ok(names::String { value: <Self as names::Guest>::flip(text.value) }),
            names::Box::Err => names::Box::None,
        }
    }
}

impl checks::Guest for Provider {
    fn check(r: checks::Verdict) -> Result<checks::Pick, checks::Text> {
        match r {
            names::Result::Good => Ok(names::Option::Second),
            names::Result::Bad => Err(names::String { value: r }),
        }
    }

    fn wrap(o: Option<checks::Pick>) -> Option<checks::Pack> {
        o.map(|o| names::Vec { items: vec![names::Option::First, o] })
    }
}

export!(Provider);
