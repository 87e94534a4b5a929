//! Two interfaces whose types come from a third that has no functions.

use exports::meld::common_types::{judge, planner};
use meld::common_types::types::{Level, Limits, TraitSet, Wish};

wit_bindgen::generate!({ path: "common-types/world.wit", world: "provider" });

struct Provider;

impl planner::Guest for Provider {
    fn plan(wishes: Vec<Wish>) -> Limits {
        wishes.into_iter().fold(Limits { level: Level::Low, bounds: (0, u16::MAX) }, |limits, wish| match wish {
            Wish::Exactly(x) => Limits { level: Level::High, bounds: (x, x) },
            Wish::Within(wanted) => Limits {
                level: wanted.level,
                bounds: (limits.bounds.0.max(wanted.bounds.0), limits.bounds.1.min(wanted.bounds.1)),
            },
            Wish::Anything => limits,
        })
    }

    fn raise(level: Level) -> Level {
        match level {
            Level::Low => Level::Middle,
            Level::Middle | Level::High => Level::High,
        }
    }
}

impl judge::Guest for Provider {
    fn accepts(limits: Limits, x: u16) -> bool {
        (limits.bounds.0..=limits.bounds.1).contains(&x)
    }

    fn traits(level: Level) -> TraitSet {
        match level {
            Level::Low => TraitSet::QUICK | TraitSet::CHEAP,
            Level::Middle => TraitSet::QUIET,
            Level::High => TraitSet::empty(),
        }
    }

    fn as_wish(limits: Limits) -> Wish {
        if limits.bounds.0 == limits.bounds.1 { Wish::Exactly(limits.bounds.0) } else { Wish::Within(limits) }
    }
}

export!(Provider);
