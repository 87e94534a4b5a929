//! One string in, one out, two to one.

use exports::meld::strings_simple::text::Guest;

wit_bindgen::generate!({ path: "strings-simple/world.wit", world: "provider" });

struct Provider;

impl Guest for Provider {
    fn take(s: String) {
        assert!(s == "taken: ☕");
    }

    fn give() -> String {
        "given: 🫖".to_string()
    }

    fn both(s: String, t: String) -> String {
        t + &s
    }
}

export!(Provider);
