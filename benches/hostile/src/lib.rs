//! Inputs that are made to cost much, and what they cost.
//!
//! In: a family of inputs and a size. Out: components ([`families`]), and what it takes to fuse them beside what it takes to
//! validate them ([`measure`](fn@measure)). The result of a fusion counts as right if it is a module that the validator accepts or an
//! error that names a limit; everything else, and everything that takes more than [`Allowed`] says, is a fault.

pub mod families;
pub mod measure;
pub mod process;

pub use families::{FAMILIES, Family};
pub use measure::{Allowed, Cost, Outcome, measure};
