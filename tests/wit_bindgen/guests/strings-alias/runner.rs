//! Tags to strings and back.

use meld::strings_alias::tags::*;

wit_bindgen::generate!({ path: "strings-alias/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    fn run() {
        assert!(show(&Tag { key: "größe".to_string(), value: Some("7".to_string()) }) == "größe=7");
        assert!(show(&Tag { key: "bare".to_string(), value: None }) == "bare");
        assert!(show(&Tag { key: String::new(), value: Some(String::new()) }) == "=");
        assert!(parse("").is_none());
        let tag = parse("k=v=w").unwrap();
        assert!(tag.key == "k" && tag.value.as_deref() == Some("v=w"));
        let tag = parse("ключ").unwrap();
        assert!(tag.key == "ключ" && tag.value.is_none());
        assert!(longest(&["aaa", "éééé", "b"].map(String::from)) == "éééé");
        assert!(longest(&[]).is_empty());
    }
}

export!(Runner);
