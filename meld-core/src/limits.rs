//! How much a fusion may make.
//!
//! In: numbers of the user's, and the size of the input. Out: [`Bounds`]: how many of each kind of thing ([`Limit`]) the
//! stages may make. An input of some hundred bytes can ask for more than any machine has: a component that instantiates
//! another twice, which instantiates another twice, and so on. What is counted is what is *made* and stays in
//! memory, not the steps that it takes, so that a limit says something about the result. A stage counts before it makes,
//! and what can be shared is not made twice in the first place.
//!
//! Where the user says nothing, a limit is a number that costs a fraction of a second and some ten megabytes, or
//! proportional to the input, whichever is more: so a large input can make much, and a small one cannot make more than
//! that. `docs/hostile-inputs.md` has the table, and what was measured.
//! Rejected: one number for everything (its meaning could not be explained), and a limit of time (the same input would give
//! an output on one machine and an error on another).

use crate::error::LimitError;
use std::fmt;
use std::str::FromStr;

macro_rules! limits {
    ($($(#[$doc:meta])* $name:ident: $text:literal, $what:literal, $floor:literal, $per_byte:literal;)*) => {
        /// A kind of thing of which a fusion makes no more than it may.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Limit {
            $($(#[$doc])* $name,)*
        }

        impl Limit {
            /// All of them.
            pub const ALL: &[Limit] = &[$(Limit::$name),*];

            /// Its name on the command line.
            pub fn name(self) -> &'static str {
                match self { $(Limit::$name => $text,)* }
            }

            /// What there is too much of, in the plural.
            pub fn what(self) -> &'static str {
                match self { $(Limit::$name => $what,)* }
            }

            /// The limit for an input of so many bytes where the user says nothing.
            pub fn default_for(self, input: usize) -> u64 {
                let (floor, per_byte): (u64, u64) = match self { $(Limit::$name => ($floor, $per_byte),)* };
                floor.max(per_byte.saturating_mul(input as u64))
            }
        }
    };
}

limits! {
    /// Instances of components and of core modules.
    Instances: "instances", "instances of components and core modules", 20_000, 0;
    /// Entries of index spaces, arguments, exports of instances, and fields of types, over all instantiations.
    Definitions: "definitions", "definitions in instances of components", 500_000, 1;
    /// Functions that the root exports, at any depth.
    Exports: "exports", "functions in the exports of the root", 10_000, 1;
    /// Functions of core modules, once for each instance of the module.
    Functions: "functions", "functions in instances of core modules", 500_000, 1;
    /// Segments, globals, tables, memories and tags of core modules, once for each instance of the module.
    Entities: "entities", "globals, segments and the like in instances of core modules", 500_000, 1;
    /// Bytes of functions, of segments and of names in the result.
    Bytes: "bytes", "bytes of code, data and names in the result", 16_777_216, 16;
    /// Instructions of adapters.
    Instructions: "instructions", "instructions of adapters", 1_000_000, 1;
    /// Types that are written into a component around the result, and their parameters, fields and cases.
    Types: "types", "types and parts of types written into the component", 100_000, 1;
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|limit| limit.name() == text).copied();
        found.ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|limit| limit.name()).collect();
            format!("`{text}` is no limit; there are {}", names.join(", "))
        })
    }
}

/// The limits that the user sets; the others have their defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    given: Vec<(Limit, u64)>,
}

impl Limits {
    /// Sets a limit. The last one counts.
    pub fn set(&mut self, limit: Limit, most: u64) -> &mut Self {
        self.given.push((limit, most));
        self
    }
}

/// How much may be made of one input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// In the order of [`Limit::ALL`].
    most: Vec<u64>,
}

impl Bounds {
    /// The limits for an input of so many bytes.
    pub fn new(limits: &Limits, bytes: usize) -> Self {
        let of = |limit: &Limit| {
            let given = limits.given.iter().rev().find(|(given, _)| given == limit);
            given.map_or_else(|| limit.default_for(bytes), |(_, most)| *most)
        };
        Bounds { most: Limit::ALL.iter().map(of).collect() }
    }

    /// How many there may be.
    pub fn most(&self, limit: Limit) -> u64 {
        self.most[limit as usize]
    }

    /// An error if there are more than there may be. `item` says where they are.
    pub fn check<T: Into<String>>(&self, limit: Limit, count: u64, item: impl FnOnce() -> T) -> Result<(), LimitError> {
        let most = self.most(limit);
        if count <= most {
            return Ok(());
        }
        Err(LimitError { limit, count, most, item: item().into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_one_counts() {
        let mut limits = Limits::default();
        limits.set(Limit::Exports, 3).set(Limit::Exports, 5);
        let bounds = Bounds::new(&limits, 1 << 30);
        assert_eq!(bounds.most(Limit::Exports), 5);
        assert_eq!(bounds.most(Limit::Types), 1 << 30);
        assert!(bounds.check(Limit::Exports, 5, || "here").is_ok());
        let error = bounds.check(Limit::Exports, 6, || "here").unwrap_err().to_string();
        assert!(error.contains("here") && error.contains('6') && error.contains("the limit `exports`"), "{error}");
    }

    #[test]
    fn names_are_unique_and_come_back() {
        for limit in Limit::ALL {
            assert_eq!(limit.name().parse(), Ok(*limit));
        }
        assert!("none".parse::<Limit>().is_err_and(|error| error.contains("exports")));
    }
}
