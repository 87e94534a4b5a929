//! Options of small, large and nested payloads.

use exports::meld::options::maybe::{Guest, Settings};

wit_bindgen::generate!({ path: "options/world.wit", world: "provider" });

struct Provider;

impl Guest for Provider {
    fn expect_none(x: Option<String>) {
        assert!(x.is_none());
    }

    fn expect_some(x: Option<String>) {
        assert!(x.as_deref() == Some("something"));
    }

    fn none() -> Option<String> {
        None
    }

    fn some() -> Option<String> {
        Some("anything".to_string())
    }

    fn echo_u8(x: Option<u8>) -> Option<u8> {
        x
    }

    fn echo_f64(x: Option<f64>) -> Option<f64> {
        x
    }

    fn echo_string(x: Option<String>) -> Option<String> {
        x
    }

    fn echo_nested(x: Option<Option<u32>>) -> Option<Option<u32>> {
        x
    }

    fn echo_tuple(x: Option<(u8, String)>) -> Option<(u8, String)> {
        x
    }

    fn echo_list(x: Vec<Option<i16>>) -> Vec<Option<i16>> {
        x
    }

    fn echo_settings(x: Settings) -> Settings {
        x
    }

    fn first(xs: Vec<String>) -> Option<String> {
        xs.into_iter().next()
    }
}

export!(Provider);
