//! What the program that reads the core module needs of it, beyond that it is valid.
//!
//! In: a [`Target`]. Out: [`ConsumerNeeds`], which passes read. Each need is one that a named translator to native code has; what it
//! would not refuse, but translate to something else, is met or refused here. See `docs/native.md`.
//! Rejected: to ask for these things one by one: nobody wants a module that its translator gets half right.

use crate::options::Target;

/// What the program that reads the core module needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsumerNeeds {
    /// Defined functions have one result at most: others are in globals.
    pub one_result: bool,
    /// How many words a call of a defined function passes at most, none of them of 64 bits: others are in globals.
    pub argument_words: Option<u32>,
    /// No start section: the export `_initialize` does the same.
    pub no_start: bool,
    /// There is one memory, and what is in it is where the map says.
    pub one_memory: bool,
    /// How many bytes at address 0 are needed for each element of a table: pointers to functions are there.
    pub bytes_per_element: u32,
    /// The arena ends where the memory ends, and no exported global says where that is.
    pub open_arena: bool,
    /// Imports differ in their fields, and exports are different functions.
    pub unique_names: bool,
    /// 128-bit vector instructions are understood.
    pub simd: bool,
}

impl ConsumerNeeds {
    /// The needs of a target.
    pub(super) fn of(target: Target) -> Self {
        let none = Self {
            one_result: false,
            argument_words: None,
            no_start: false,
            one_memory: false,
            bytes_per_element: 0,
            open_arena: false,
            unique_names: false,
            simd: true,
        };
        match target {
            Target::Generic => none,
            // A pointer to a function has 4 bytes, and a number for its type as many.
            Target::Synth => Self {
                one_result: true,
                argument_words: Some(4),
                no_start: true,
                one_memory: true,
                bytes_per_element: 8,
                open_arena: true,
                unique_names: true,
                simd: false,
            },
            // Its header for vectors is not one that compilers for microcontrollers have.
            Target::Wasm2c => Self { simd: false, ..none },
        }
    }
}

impl Default for ConsumerNeeds {
    fn default() -> Self {
        Self::of(Target::Generic)
    }
}
