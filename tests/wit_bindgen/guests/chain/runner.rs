//! The beginning of the chain: UTF-8 to Latin-1 to UTF-16 to UTF-8, and all the way back.

use meld::chain::relay::pass;

wit_bindgen::generate!({ path: "chain/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    fn run() {
        for s in ["", "plain", "naïve", "ключ", "𝄞 and é", "ß"] {
            let upper = s.to_uppercase();
            let expected = format!("漢[«{s}»] after 3字\n漢[«{upper}»] after 12字");
            assert!(pass(s, 0) == expected);
        }
        let long = "é".repeat(9000);
        let passed = pass(&long, 100);
        assert!(passed.starts_with("漢[«éé") && passed.ends_with("ÉÉ»] after 112字"));
        assert!(passed.matches('é').count() == 9000 && passed.matches('É').count() == 9000);
    }
}

export!(Runner);
