//! Strings behind aliases of aliases.

use exports::meld::strings_alias::tags::{Guest, Name, Tag, Text};

wit_bindgen::generate!({ path: "strings-alias/world.wit", world: "provider" });

struct Provider;

impl Guest for Provider {
    fn show(t: Tag) -> Text {
        match t.value {
            Some(value) => format!("{}={value}", t.key),
            None => t.key,
        }
    }

    fn parse(s: Text) -> Option<Tag> {
        if s.is_empty() {
            return None;
        }
        Some(match s.split_once('=') {
            Some((key, value)) => Tag { key: key.to_string(), value: Some(value.to_string()) },
            None => Tag { key: s, value: None },
        })
    }

    fn longest(names: Vec<Name>) -> Name {
        names.into_iter().max_by_key(|name| name.chars().count()).unwrap_or_default()
    }
}

export!(Provider);
