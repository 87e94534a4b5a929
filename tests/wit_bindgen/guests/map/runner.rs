//! Maps cross like lists of pairs.

use std::collections::BTreeMap;

use meld::maps::tables::{self, Entry};

wit_bindgen::generate!({ path: "map/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    fn run() {
        let inverted = tables::invert(&BTreeMap::from([("one".to_string(), 1), ("drei".to_string(), 3)]));
        assert!(inverted == BTreeMap::from([(1, "one".to_string()), (3, "drei".to_string())]));
        assert!(tables::invert(&BTreeMap::new()).is_empty());

        let lists = BTreeMap::from([('a', vec!["x".to_string(), String::new()]), ('🦀', vec![])]);
        assert!(tables::echo(&lists) == lists);

        let nested = BTreeMap::from([
            ("even".to_string(), BTreeMap::from([(2, true), (4, false)])),
            ("none".to_string(), BTreeMap::new()),
        ]);
        let back = tables::nested(&nested);
        assert!(back.len() == 2);
        assert!(back["even"] == BTreeMap::from([(2, false), (4, true)]));
        assert!(back["none"].is_empty());

        let scores = BTreeMap::from([(1, -2.5), (7, 1.0e10), (255, 3.0)]);
        assert!(tables::best(&Entry { scores, label: "scores".to_string() }) == Some((7, 1.0e10)));
        assert!(tables::best(&Entry { scores: BTreeMap::new(), label: "scores".to_string() }).is_none());

        let map = |pairs: &[(&str, u64)]| -> BTreeMap<String, u64> {
            pairs.iter().map(|(key, value)| (key.to_string(), *value)).collect()
        };
        let merged = tables::merge(&[map(&[("a", 1), ("b", u64::MAX)]), map(&[]), map(&[("a", 41)])]);
        assert!(merged == map(&[("a", 42), ("b", u64::MAX)]));
    }
}

export!(Runner);
