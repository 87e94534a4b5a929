//! Strings returned by functions that belong to no interface.

wit_bindgen::generate!({ path: "return-string/world.wit", world: "provider" });

struct Provider;

impl Guest for Provider {
    fn name() -> String {
        "Łukasiewicz".to_string()
    }

    fn line(n: u32) -> String {
        "—".repeat(n as usize)
    }
}

export!(Provider);
