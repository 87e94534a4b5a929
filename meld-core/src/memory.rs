//! One memory for all: every memory of the merged module is a window of it.
//!
//! In: the merged module and the plan's [`MemoryPlan`](crate::plan::MemoryPlan). Out: [`Windows`]: what each
//! memory's size and growth mean, and the functions that stand for instructions on whole memories; after liveness, a
//! [`MemoryLayout`]: where each window begins.
//!
//! Guest pointers stay numbers relative to the guest's own window. What is rebased is the access: the window's
//! base is added to the static offset of every instruction with a memory argument, when bodies are written
//! ([`crate::emit`]). Engines compute address and offset in 33 bits, so nothing wraps, and a computed pointer is as
//! right as a constant. Instructions on whole memories take ranges as operands, where an addition could wrap: they become
//! calls of functions that check the range against the window's *virtual* size first ([`bulk`]). `memory.size` is a
//! constant, or a global where the memory may grow; `memory.grow` is a call, or an error ([`growth`]).
//! Runtime modules are merged like any other, so their memories are windows as well: of a fixed capacity.
//!
//! Rejected: adding the base to addresses at run time (it costs, and an i32 addition wraps), and relocating the
//! constants in code and data (which of them are pointers is not known without relocation records).

mod access;
mod arity;
mod bulk;
mod extents;
pub(crate) mod growth;
mod guests;
pub(crate) mod isolate;
pub(crate) mod layout;
pub mod map;
pub(crate) mod pack;
pub(crate) mod stack;
mod windows;

pub use layout::{MemoryLayout, LayoutPoint, Region};
pub(crate) use windows::{Growth, Size, Window, Windows};
