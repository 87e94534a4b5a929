//! The pages: no system interface at all.

use exports::meld::wasi_http::render::{Guest, Page};

wit_bindgen::generate!({ path: "wasi-http/world.wit", world: "words" });

struct Words;

impl Guest for Words {
    fn look_up(path: String, query: Option<String>) -> Page {
        let (status, body) = match (path.as_str(), query.as_deref()) {
            ("/", _) => (200, "a fused page\n".to_string()),
            ("/hello", Some(name)) => (200, format!("hello, {name}\n")),
            ("/hello", None) => (400, "hello whom?\n".to_string()),
            _ => (404, format!("no {path} here\n")),
        };
        let headers = vec![
            ("content-type".to_string(), "text/plain; charset=utf-8".to_string()),
            ("content-length".to_string(), body.len().to_string()),
        ];
        Page { status, headers, body }
    }

    fn upper(mut piece: Vec<u8>) -> Vec<u8> {
        piece.make_ascii_uppercase();
        piece
    }
}

export!(Words);
