//! Opens some, drops some.

use meld::resource_into_inner::boxes::{Secret, dropped};

wit_bindgen::generate!({ path: "resource_into_inner/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    fn run() {
        assert!(Secret::open(Secret::new("sésame")) == "sésame");
        assert!(dropped() == 0);
        drop(Secret::new("lost"));
        assert!(dropped() == 1);
        let merged = Secret::merge((0..20).map(|n| Secret::new(&n.to_string())).collect());
        assert!(dropped() == 1);
        assert!(Secret::open(merged) == "0+1+2+3+4+5+6+7+8+9+10+11+12+13+14+15+16+17+18+19");
        drop(Secret::merge(vec![]));
        assert!(dropped() == 2);
    }
}

export!(Runner);
