//! Sends bytes and receives bytes.

use meld::raw_strings::bytes::{length, same};
use meld::raw_strings::texts::{echo, split};

wit_bindgen::generate!({ path: "raw-strings/world.wit", world: "runner", raw_strings });

struct Runner;

impl Guest for Runner {
    fn run() {
        assert!(length("漢字".as_bytes()) == 6);
        assert!(length(b"") == 0);
        let raw = |s: &str| s.as_bytes().to_vec();
        assert!(same("ß".as_bytes(), &[raw("ß"), raw("ß")]));
        assert!(!same("ß".as_bytes(), &[raw("ß"), raw("ss")]));
        assert!(same(b"", &[]));
        assert!(echo("ünï".as_bytes()) == "ünï".as_bytes());
        assert!(split("a ö  z".as_bytes()) == ["a".as_bytes(), "ö".as_bytes(), b"", b"z"]);
    }
}

export!(Runner);
