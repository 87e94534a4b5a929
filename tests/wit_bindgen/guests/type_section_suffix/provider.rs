//! One world, with a suffix to its section.

use exports::meld::type_section_suffix::{numbers, texts};

wit_bindgen::generate!({
    path: "type_section_suffix/world.wit",
    world: "provider",
    type_section_suffix: "-of-the-provider",
});

struct Provider;

impl numbers::Guest for Provider {
    fn half(x: u32) -> u32 {
        x / 2
    }
}

impl texts::Guest for Provider {
    fn half(x: String) -> String {
        x.chars().take(x.chars().count() / 2).collect()
    }
}

export!(Provider);
