//! The interface of the fused core module: what it imports and exports, and the canonical options to go with it.
//!
//! In: nothing; [`crate::adapter`] fills it, because only it knows which functions got a adapter. Out:
//! [`PlannedInterface`], for the merger (core imports and exports) and the wrapper (lifts and lowers). Names are
//! those of the standard tools for core modules, made unique; see `docs/core-abi.md`.

use crate::dfg::StringEncoding;
use crate::ids::{Arena, ExportFuncId, FuncTypeId, ResourceId};
use crate::synth::{Address, FuncRef, HostImport, MemoryRef};
use indexmap::IndexMap;

/// The interface of the fused core module: what it imports and exports, and with which canonical options its
/// host or its component wrapper must lift and lower. Names of exports are unique; see `docs/core-abi.md`.
#[derive(Debug, Clone, Default)]
pub struct PlannedInterface {
    /// Imported functions. Functions of the world are here once for each set of options with which they are lowered,
    /// because each keeps a memory alive, and only liveness says which are needed.
    pub imports: IndexMap<HostImport, PlannedImport>,
    /// Exported functions.
    pub exports: Arena<ExportFuncId, PlannedExport>,
    /// Destructors of resources that the root exports, by resource: the function and its export name.
    pub dtors: IndexMap<ResourceId, (FuncRef, String)>,
    /// Memories that imports or exports name in their options, by the name of their core export.
    pub memories: IndexMap<String, MemoryRef>,
    /// Reallocs and post-returns that imports or exports name, by the name of their core export. One function
    /// may have several names: a post-return is exported once for each function that it belongs to.
    pub funcs: IndexMap<String, FuncRef>,
    /// Immutable globals with addresses of the one memory, by the name of their core export. With them, the memory is
    /// exported in any case.
    pub addresses: IndexMap<String, Address>,
}

/// A function that the fused core module imports. Two [`HostImport`]s that the host cannot tell apart have the same
/// names here, and are one import of the result if both are live.
#[derive(Debug, Clone)]
pub struct PlannedImport {
    /// Module name of the core import.
    pub module: String,
    /// Field name of the core import.
    pub field: String,
    /// Core parameters.
    pub params: Vec<wasm_encoder::ValType>,
    /// Core results.
    pub results: Vec<wasm_encoder::ValType>,
    /// Options to lower with. `post_return` is always `None`.
    pub options: PlannedOptions,
    /// Resources that the root defines, with destructors, of which the function is given handles: the host may drop them
    /// at once.
    pub droppable: Vec<ResourceId>,
    /// Whether it is a core function of the host's that passes through: which exports it uses is not known.
    pub passes_through: bool,
}

/// A function that the fused core module exports.
#[derive(Debug, Clone)]
pub struct PlannedExport {
    /// Export names from the root component inwards.
    pub path: Vec<String>,
    /// Name of the core export.
    pub field: String,
    /// The component function type.
    pub ty: FuncTypeId,
    /// The function.
    pub func: FuncRef,
    /// Options to lift with.
    pub options: PlannedOptions,
}

/// Canonical options at the boundary to the host, as names of core exports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedOptions {
    /// The string encoding.
    pub encoding: StringEncoding,
    /// A key of [`PlannedInterface::memories`].
    pub memory: Option<String>,
    /// A key of [`PlannedInterface::funcs`].
    pub realloc: Option<String>,
    /// A key of [`PlannedInterface::funcs`].
    pub post_return: Option<String>,
}
