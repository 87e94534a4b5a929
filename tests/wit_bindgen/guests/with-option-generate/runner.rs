//! Interfaces of another package, asked for one by one.

use foreign::pkg::{numbers, texts};

wit_bindgen::generate!({
    path: "with-option-generate/world.wit",
    world: "runner",
    with: {
        "foreign:pkg/numbers": generate,
        "foreign:pkg/texts": generate,
    },
});

struct Runner;

impl Guest for Runner {
    fn run() {
        assert!(numbers::gcd(4_294_967_295, 65_535) == 65_535);
        assert!(numbers::gcd(17, 0) == 17);
        assert!(texts::repeat("ab", 3) == ["ab"; 3]);
        assert!(texts::repeat("", 255).len() == 255);
        assert!(texts::repeat("x", 0).is_empty());
    }
}

export!(Runner);
