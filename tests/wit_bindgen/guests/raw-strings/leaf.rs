//! Answers with ordinary strings.

use exports::meld::raw_strings::texts::Guest;

wit_bindgen::generate!({ path: "raw-strings/world.wit", world: "leaf" });

struct Leaf;

impl Guest for Leaf {
    fn echo(s: String) -> String {
        s
    }

    fn split(s: String) -> Vec<String> {
        s.split(' ').map(String::from).collect()
    }
}

export!(Leaf);
