//! Hands values that one interface made to the other, whose types are the same.

use meld::common_types::types::{Level, Limits, TraitSet, Wish};
use meld::common_types::{judge, planner};

wit_bindgen::generate!({ path: "common-types/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    fn run() {
        let wish = Wish::Within(Limits { level: Level::Middle, bounds: (10, 500) });
        let limits =
            planner::plan(&[Wish::Anything, wish, Wish::Within(Limits { level: Level::Low, bounds: (5, 20) })]);
        assert!(limits.bounds == (10, 20));
        assert!(matches!(limits.level, Level::Low));
        assert!(judge::accepts(limits, 10) && judge::accepts(limits, 20));
        assert!(!judge::accepts(limits, 9) && !judge::accepts(limits, 21));
        assert!(judge::traits(limits.level) == TraitSet::QUICK | TraitSet::CHEAP);
        assert!(judge::traits(planner::raise(limits.level)) == TraitSet::QUIET);
        assert!(judge::traits(planner::raise(Level::Middle)).is_empty());

        let wish = judge::as_wish(limits);
        assert!(matches!(wish, Wish::Within(Limits { level: Level::Low, bounds: (10, 20) })));
        let exact = planner::plan(&[wish, Wish::Exactly(77)]);
        assert!(exact.bounds == (77, 77));
        assert!(matches!(judge::as_wish(exact), Wish::Exactly(77)));
        assert!(planner::plan(&[]).bounds == (0, u16::MAX));
    }
}

export!(Runner);
