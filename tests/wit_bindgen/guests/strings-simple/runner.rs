//! One string in, one out, two to one.

use meld::strings_simple::text;

wit_bindgen::generate!({ path: "strings-simple/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    fn run() {
        text::take("taken: ☕");
        assert!(text::give() == "given: 🫖");
        assert!(text::both("after", "before ") == "before after");
        assert!(text::both("", "").is_empty());
    }
}

export!(Runner);
