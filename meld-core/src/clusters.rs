//! A composition that cannot be one core module, as several components that each can.
//!
//! In: the dfg. Out: *units*, component instances with code, and *clusters* of them: sets of units of which each becomes a component of its own.
//! A cluster is written as a component ([`nest`]) and is an input like any other from there on. [`crate::component_wrap`] puts the results
//! beside each other into a component with the input's world.
//!
//! What makes that exact:
//! - A unit is written with the core modules, the order of instantiation and the canonical definitions of its instance ([`mod@write`]), and it is
//!   instantiated once. So its component instance has the state that it has in the input.
//! - What a unit has of others are functions and resources, by identity ([`seam`]). An engine converts values between two components by
//!   their types and options, which are those of the input; where between the two it meets the type does not matter.
//! - Effects of instantiation keep their order ([`graph`]).
//! - Whether an instance is inside of another one can be observed only by a call from the inner one to the outer one while the outer one runs
//!   (`CanonicalABI.md`, "Component Instance State", `may_enter_from`). Then both need each other, and they are refused.
//!
//! Rejected: a dfg of each cluster, projected from that of the composition. It would need types of the validator for each seam, and nothing
//! but the stages themselves would check it; bytes are validated, run in an engine as they are, and can be kept as they are.

mod choose;
mod graph;
mod names;
mod nest;
mod seam;
mod space;
mod unit;
mod write;

pub use choose::{Judge, Partition, choose, partition};
pub use graph::Graph;
pub(crate) use names::{rename, rename_resources, stands_for};
pub(crate) use nest::{Written, cluster, unit as component_of_unit};
pub(crate) use seam::{Seam, resource_name};
pub(crate) use space::SeamSpace;
pub use unit::{ClusterUnit, Units};
