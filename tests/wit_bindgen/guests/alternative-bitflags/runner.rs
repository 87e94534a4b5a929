//! The same flags by the bindings' own macro.

use meld::alternative_bitflags::rights::{self, Grant, Right};

wit_bindgen::generate!({ path: "alternative-bitflags/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    fn run() {
        assert!(rights::default_rights() == Right::READ | Right::LIST);
        assert!(rights::without(Right::all(), Right::LIST) == Right::READ | Right::WRITE | Right::ADMIN);
        assert!(rights::without(Right::empty(), Right::all()).is_empty());
        let grants = [
            Grant { to: "ada".to_string(), rights: Right::ADMIN },
            Grant { to: String::new(), rights: Right::READ | Right::WRITE },
        ];
        assert!(rights::describe(&grants) == ["ada 1000", " 0011"]);
    }
}

export!(Runner);
