//! Imports through a library's bindings and through its own.

use xcrate_bindings::library::meld::xcrate::parts::{Part, largest};

wit_bindgen::generate!({ path: "xcrate/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    fn run() {
        assert!(xcrate_bindings::total_of(&["a", "b", "c"]) == 3 * u64::from(u32::MAX));
        let part = |name: &str, count| Part { name: name.to_string(), count };
        assert!(largest(&[]).is_none());
        let most = largest(&[part("few", 1), part("many", 1000), part("some", 10)]).unwrap();
        assert!(most.name == "many" && most.count == 1000);

        let own = [meld::xcrate::parts::Part { name: String::new(), count: 7 }];
        assert!(meld::xcrate::parts::total(&own) == 7);
    }
}

export!(Runner);
