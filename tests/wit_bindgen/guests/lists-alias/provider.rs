//! Lists behind aliases, renamed on the way.

use exports::meld::lists_alias::tables::{Bytes, Guest, Row, Table};

wit_bindgen::generate!({ path: "lists-alias/world.wit", world: "provider" });

struct Provider;

impl Guest for Provider {
    fn first(t: Table) -> Row {
        t.into_iter().next().unwrap_or_default()
    }

    fn append(mut t: Table, r: Row) -> Table {
        t.push(r);
        t
    }

    fn flatten(t: Table) -> Bytes {
        t.concat()
    }
}

export!(Provider);
