//! Facts of the canonical ABI, pure: no instructions, no modules.
//!
//! In: value types. Out: sizes, alignments, flat forms and core signatures, exactly as
//! `CanonicalABI.md` has them. Every other part of meld asks here; nobody else computes an offset.

pub mod types;

/// `MAX_FLAT_PARAMS`: with more flat parameters, a pointer to all of them is passed.
pub const MAX_FLAT_PARAMS: usize = 16;

/// `MAX_FLAT_RESULTS`: with more flat results, a pointer to them is passed or returned.
pub const MAX_FLAT_RESULTS: usize = 1;
