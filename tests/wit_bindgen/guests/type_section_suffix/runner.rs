//! One world twice and another once in one module, told apart by their sections' suffixes.

wit_bindgen::generate!({ path: "type_section_suffix/world.wit", world: "runner", type_section_suffix: "-main" });

mod first {
    wit_bindgen::generate!({ path: "type_section_suffix/world.wit", world: "part", type_section_suffix: "-first" });
}

mod second {
    wit_bindgen::generate!({ path: "type_section_suffix/world.wit", world: "part", type_section_suffix: "-second" });
}

struct Runner;

impl Guest for Runner {
    fn run() {
        assert!(first::meld::type_section_suffix::numbers::half(85) == 42);
        assert!(second::meld::type_section_suffix::numbers::half(u32::MAX) == u32::MAX / 2);
        assert!(meld::type_section_suffix::texts::half("äöü!?") == "äö");
    }
}

export!(Runner);
