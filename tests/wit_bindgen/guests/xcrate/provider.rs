//! Implements the bindings of another crate.

use xcrate_bindings::provider::exports::meld::xcrate::parts::{Guest, Part};

struct Provider;

impl Guest for Provider {
    fn total(parts: Vec<Part>) -> u64 {
        parts.iter().map(|part| u64::from(part.count)).sum()
    }

    fn largest(parts: Vec<Part>) -> Option<Part> {
        parts.into_iter().max_by_key(|part| part.count)
    }
}

xcrate_bindings::provider::export_provider!(Provider);
