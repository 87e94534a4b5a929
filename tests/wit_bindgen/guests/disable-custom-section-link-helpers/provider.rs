//! Bindings without the references that keep their custom section: in the crate that is linked, it stays anyway.

use exports::meld::disable_custom_section_link_helpers::numbers::Guest;

wit_bindgen::generate!({
    path: "disable-custom-section-link-helpers/world.wit",
    world: "provider",
    disable_custom_section_link_helpers: true,
});

struct Provider;

impl Guest for Provider {
    fn double(x: u32) -> u32 {
        x.wrapping_mul(2)
    }

    fn text(x: u32) -> String {
        format!("{x:#x}")
    }
}

export!(Provider);
