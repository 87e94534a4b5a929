//! An interface of a package with a version, and a pre-release one at that.

use exports::meld::package_with_version::greeting::Guest;

wit_bindgen::generate!({ path: "package-with-version/world.wit", world: "provider" });

struct Provider;

impl Guest for Provider {
    fn greet(name: String) -> String {
        format!("hello, {name}")
    }
}

export!(Provider);
