//! The same for imports.

use meld::disable_custom_section_link_helpers::numbers::{double, text};

wit_bindgen::generate!({
    path: "disable-custom-section-link-helpers/world.wit",
    world: "runner",
    disable_custom_section_link_helpers: true,
});

struct Runner;

impl Guest for Runner {
    fn run() {
        assert!(double(21) == 42);
        assert!(double(1 << 31) == 0);
        assert!(text(0xabcd) == "0xabcd");
    }
}

export!(Runner);
