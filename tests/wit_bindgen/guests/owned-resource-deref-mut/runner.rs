//! The handle goes in and comes back; what it stands for was never dropped.

use meld::owned_resource_deref_mut::logs::{Log, dropped};

wit_bindgen::generate!({ path: "owned-resource-deref-mut/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    fn run() {
        let log = Log::new("first");
        let log = Log::extended(log, &["second".to_string(), "третий".to_string()]);
        assert!(log.lines() == ["first", "second", "третий"]);
        let log = Log::extended(log, &[]);
        assert!(log.lines().len() == 3);
        assert!(dropped() == 0);
        drop(log);
        assert!(dropped() == 1);
    }
}

export!(Runner);
