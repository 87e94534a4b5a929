//! The component that knows the words.

use exports::example::greeter::catalog::{Guest, Language};

wit_bindgen::generate!({ path: "../../../examples/greeter/world.wit", world: "text" });

const PHRASES: [(&str, &str, bool, &str); 4] = [
    ("de", "Deutsch", true, "Guten Tag"),
    ("en", "English", false, "Hello"),
    ("fr", "français", true, "Bonjour"),
    ("ja", "日本語", true, "こんにちは"),
];

struct Text;

impl Guest for Text {
    fn languages() -> Vec<Language> {
        PHRASES
            .iter()
            .map(|(code, name, formal, _)| Language { code: code.to_string(), name: name.to_string(), formal: *formal })
            .collect()
    }

    fn phrase(code: String) -> Option<String> {
        PHRASES.iter().find(|(known, ..)| *known == code).map(|(.., phrase)| phrase.to_string())
    }
}

export!(Text);
