//! A core module in wasmtime, with a canonical ABI of its own around it.
//!
//! In: a core module and the [`meld_core::core_interface::CoreInterface`] that says how to call it. Out: a
//! [`CoreGuest`], by way of [`CoreCode`].
//! Values are lifted and lowered by the rules of `CanonicalABI.md`, for all types and the three string
//! encodings, with spilled parameters, return pointers, post-return, and the handle table of the component
//! that is not there. Nothing is shared with `meld_core::unstable::abi`: this is what judges it.

mod abi;
mod flat;
mod guest;
mod image;
mod memory;
mod strings;
mod table;
mod trace;

pub(crate) use abi::{Flat, align, flatten, round_up, size};
pub use guest::{CoreCode, CoreGuest};
pub use image::{Image, flat_count, image};
pub use trace::CoreEvent;
