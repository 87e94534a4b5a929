//! Maps from every kind of key.

use std::collections::BTreeMap;

use exports::meld::maps::tables::{Entry, Guest};

wit_bindgen::generate!({ path: "map/world.wit", world: "provider" });

struct Provider;

impl Guest for Provider {
    fn invert(m: BTreeMap<String, u32>) -> BTreeMap<u32, String> {
        m.into_iter().map(|(key, value)| (value, key)).collect()
    }

    fn echo(m: BTreeMap<char, Vec<String>>) -> BTreeMap<char, Vec<String>> {
        m
    }

    fn nested(mut m: BTreeMap<String, BTreeMap<u16, bool>>) -> BTreeMap<String, BTreeMap<u16, bool>> {
        for inner in m.values_mut().flat_map(|inner| inner.values_mut()) {
            *inner = !*inner;
        }
        m
    }

    fn best(e: Entry) -> Option<(u8, f64)> {
        assert!(e.label == "scores");
        e.scores.into_iter().max_by(|a, b| a.1.total_cmp(&b.1))
    }

    fn merge(ms: Vec<BTreeMap<String, u64>>) -> BTreeMap<String, u64> {
        let mut all = BTreeMap::new();
        for (key, value) in ms.into_iter().flatten() {
            *all.entry(key).or_insert(0) += value;
        }
        all
    }
}

export!(Provider);
