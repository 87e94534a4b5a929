//! Takes the strings, the empty one too.

wit_bindgen::generate!({ path: "return-string/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    fn run() {
        assert!(name() == "Łukasiewicz");
        assert!(line(0).is_empty());
        for n in [1, 7, 5000] {
            assert!(line(n) == "—".repeat(n as usize));
        }
    }
}

export!(Runner);
