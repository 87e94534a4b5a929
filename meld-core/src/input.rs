//! What the bytes of the input say.
//!
//! In: nothing. Out: the types in which [`crate::parse`] writes down what it has read: core modules, with what their bodies refer to and
//! where ([`references`], [`relocations`]), and the world of the root. Everything borrows the input. No stage is known here.

mod core_module;
mod host_builtin;
pub(crate) mod opcode;
mod packed;
pub(crate) mod references;
pub(crate) mod relocations;
mod world;

pub(crate) use core_module::fingerprint;
pub use core_module::{Body, CoreKind, CoreModule, ImportCounts, ModuleExport};
pub use host_builtin::HostBuiltinKind;
pub use references::{Mentions, RawUse, Use, Whole};
pub use relocations::Relocations;
pub use world::{World, WorldItem};

use wasmparser::WasmFeatures;

/// What an input may use: all that the validator knows. An engine that lacks a proposal will refuse the
/// output as it would have refused the input.
pub fn features() -> WasmFeatures {
    WasmFeatures::all()
}
