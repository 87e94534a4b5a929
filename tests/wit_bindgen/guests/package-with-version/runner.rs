//! Calls the versioned interface.

use meld::package_with_version::greeting;

wit_bindgen::generate!({ path: "package-with-version/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    fn run() {
        assert!(greeting::greet("1.2.3") == "hello, 1.2.3");
        assert!(greeting::greet("") == "hello, ");
    }
}

export!(Runner);
