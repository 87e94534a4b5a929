//! Chains.

use meld::method_chaining::builders::Builder;

wit_bindgen::generate!({ path: "method-chaining/world.wit", world: "runner", enable_method_chaining: true });

struct Runner;

impl Guest for Runner {
    fn run() {
        let builder = Builder::new();
        assert!(builder.build() == ":0:");
        assert!(builder.name("box").size(7).tag("a").tag("ö").build() == "box:7:a,ö");
        assert!(builder.tag("c").size(u32::MAX).build() == "box:4294967295:a,ö,c");
    }
}

export!(Runner);
