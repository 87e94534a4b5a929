//! Neither is taken for the other.

use meld::result_no_clobber::checks::{check, wrap};
use meld::result_no_clobber::names::{self, flip, open};

wit_bindgen::generate!({ path: "result-no-clobber/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    fn run() {
        assert!(matches!(flip(names::Result::Good), names::Result::Bad));
        assert!(matches!(flip(names::Result::Bad), names::Result::Good));
        assert!(matches!(check(names::Result::Good), Ok(names::Option::Second)));
        assert!(matches!(check(names::Result::Bad), Err(names::String { value: names::Result::Bad })));
        assert!(wrap(None).is_none());
        let packed = wrap(Some(names::Option::Second)).unwrap();
        assert!(matches!(packed.items[..], [names::Option::First, names::Option::Second]));
        assert!(matches!(open(names::Box::Some(254)), names::Box::Some(255)));
        assert!(matches!(open(names::Box::None), names::Box::Err));
        assert!(matches!(open(names::Box::Err), names::Box::None));
        let text = names::String { value: names::Result::Good };
        assert!(matches!(open(names::Box::Ok(text)), names::Box::Ok(names::String { value: names::Result::Bad })));
    }
}

export!(Runner);
