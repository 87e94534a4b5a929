//! What walks over guest bodies have in common.

pub(super) mod access;
pub(super) mod arity;
pub(super) mod extents;
pub(super) mod guests;
