//! Facts of the canonical ABI, pure: no instructions, no modules.
//!
//! In: value types. Out: sizes, alignments, flat forms and core signatures, exactly as
//! `CanonicalABI.md` has them. Every other part of meld asks here; nobody else computes an offset.

pub mod types;
