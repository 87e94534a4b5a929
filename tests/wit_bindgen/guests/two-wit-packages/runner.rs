//! Calls both.

wit_bindgen::generate!({
    path: ["two-wit-packages/first", "two-wit-packages/second", "two-wit-packages/world.wit"],
    world: "meld:two-wit-packages/runner",
    generate_all,
});

struct Runner;

impl Guest for Runner {
    fn run() {
        let name = first::api::names::parse("Çağrı Öz Yıldız");
        assert!(name.given == "Çağrı" && name.family == "Öz Yıldız");
        assert!(second::api::names::initials(&name) == "ÇÖ");
        assert!(second::api::names::initials(&first::api::names::parse("Solo")) == "S");
        assert!(second::api::names::parse("4294967294") == 4_294_967_294);
        assert!(second::api::names::parse("no") == u32::MAX);
    }
}

export!(Runner);
