//! Maps that are asked often.
//!
//! In: nothing. Out: [`Map`] and [`Set`], which keep the order of insertion, as all maps do whose order could reach the
//! output, and hash in a fraction of the time that the standard library's hasher takes for small keys. It has a seed for
//! each process: the author of an input cannot know what collides. For maps with few entries, or that are rarely asked,
//! `indexmap`'s own defaults do.
//! Rejected: a hasher without a seed. Keys are types, names and indices of the input.

use foldhash::fast::RandomState;

/// A map in the order of insertion.
pub type Map<K, V> = indexmap::IndexMap<K, V, RandomState>;

/// A set in the order of insertion.
pub type Set<T> = indexmap::IndexSet<T, RandomState>;
