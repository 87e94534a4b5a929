//! Bindings in a crate of their own: guests implement their traits and call their macros from outside.

/// The world that exports.
pub mod provider {
    wit_bindgen::generate!({
        path: "../world.wit",
        world: "provider",
        pub_export_macro: true,
        export_macro_name: "export_provider",
        default_bindings_module: "xcrate_bindings::provider",
    });
}

/// The world of this library's own imports.
pub mod library {
    wit_bindgen::generate!({ path: "../world.wit", world: "library" });
}

/// Calls an import from inside of the library.
pub fn total_of(names: &[&str]) -> u64 {
    use library::meld::xcrate::parts::{Part, total};
    let parts: Vec<Part> = names.iter().map(|name| Part { name: name.to_string(), count: u32::MAX }).collect();
    total(&parts)
}
