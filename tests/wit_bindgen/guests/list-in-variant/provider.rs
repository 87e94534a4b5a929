//! Lists that are there only in some cases, so that only some cases have memory to pass on and to free.

use exports::meld::list_in_variant::holders::{Guest, Holder};

wit_bindgen::generate!({ path: "list-in-variant/world.wit", world: "provider" });
guests::count_allocations!();

struct Provider;

impl Guest for Provider {
    fn in_option(x: Option<Vec<String>>) -> u32 {
        x.map_or(u32::MAX, |names| names.iter().map(|name| name.len() as u32).sum())
    }

    fn in_result(x: Result<Vec<String>, String>) -> String {
        match x {
            Ok(names) => names.join("/"),
            Err(message) => format!("error: {message}"),
        }
    }

    fn in_variant(x: Holder) -> String {
        match x {
            Holder::Bytes(bytes) => format!("{} bytes", bytes.len()),
            Holder::Names(names) => names.concat(),
            Holder::Both((head, rest)) => head + &rest.concat(),
            Holder::Nothing => String::new(),
        }
    }

    fn in_list(mut xs: Vec<Holder>) -> Vec<Holder> {
        xs.reverse();
        xs
    }

    fn deep(x: Option<Result<Option<Vec<String>>, Vec<u16>>>) -> Option<Result<Option<Vec<String>>, Vec<u16>>> {
        x
    }

    fn make(which: u8) -> Holder {
        match which {
            0 => Holder::Bytes(vec![9; 300]),
            1 => Holder::Names(vec!["one".to_string(), "two".to_string()]),
            2 => Holder::Both(("head".to_string(), vec!["tail".to_string()])),
            _ => Holder::Nothing,
        }
    }

    fn split(x: String) -> Result<Vec<String>, String> {
        if x.is_empty() { Err("empty".to_string()) } else { Ok(x.split(' ').map(String::from).collect()) }
    }

    fn live_bytes() -> u32 {
        guests::live_bytes()
    }
}

export!(Provider);
