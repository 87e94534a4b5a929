//! Two packages with interfaces of one name, the second using the first.

use exports::first;
use exports::second;

wit_bindgen::generate!({
    path: ["two-wit-packages/first", "two-wit-packages/second", "two-wit-packages/world.wit"],
    world: "meld:two-wit-packages/provider",
    generate_all,
});

struct Provider;

impl first::api::names::Guest for Provider {
    fn parse(s: String) -> first::api::names::Name {
        let (given, family) = s.split_once(' ').unwrap_or((&s, ""));
        first::api::names::Name { given: given.to_string(), family: family.to_string() }
    }
}

impl second::api::names::Guest for Provider {
    fn initials(n: second::api::names::Name) -> String {
        n.given.chars().next().into_iter().chain(n.family.chars().next()).collect()
    }

    fn parse(s: String) -> u32 {
        s.parse().unwrap_or(u32::MAX)
    }
}

export!(Provider);
