//! Types, values and components, made from a seed.
//!
//! In: a seed. Out: the same things for the same seed, on any machine. A failure prints its seed, and that is
//! all that is needed to see it again.
//! Rejected: shrinking frameworks (a type is kept small from the start, and a seed is enough to debug).

mod forwarder;
mod random;
mod types;
mod values;

pub(crate) use forwarder::allocator_module;
pub use forwarder::{
    HOSTILE_BYTES, HOSTILE_HEAP, Hostile, INTERFACE, Link, NEIGHBOUR, chain, core_forwarder, core_interface, gives,
    hostile, raw_chain,
};
pub use random::Random;
pub use types::{Shape, func, func_with_resources, value_type};
pub use values::value;
