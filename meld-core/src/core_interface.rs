//! The interface of the fused core module: what it imports and exports, and the canonical options that go with each.
//!
//! In: nothing. [`crate::adapter`] makes the interface, because only the adapters decide which functions, memories and reallocs the host
//! needs. Out: a [`CoreInterface`] for the merger, the wrapper and the host. [`crate::emit`] keeps what is live of it. Names are those of
//! the standard tools for core modules, made unique; see `docs/core-abi.md`.

pub use crate::abi::Pointer;
pub use crate::abi::shape::{Scalar, Shape};
pub use crate::abi::types::{FuncType, TypeDef, Types, ValType};
pub use crate::dfg::{ImportPath, StringEncoding};
pub use crate::ids::{FuncTypeId, Id, ImportFuncId, Interner, OptionsId, ResourceId, TypeId};
pub use crate::synth::{HostImport, WakerCall};
pub use indexmap::IndexMap;
pub use wasm_encoder::ValType as CoreValType;

/// How to call a fused core module: everything a host, a test or [`crate::component_wrap`] needs to know. The interface that
/// [`crate::emit`] returns lists only what is live. See `docs/core-abi.md`.
#[derive(Debug, Clone, Default)]
pub struct CoreInterface {
    /// The types that function types refer to. Empty until the module is emitted.
    pub types: Types,
    /// Imported functions by their meaning, in the order of the import section.
    ///
    /// Before liveness a function of the world is here once for each set of options with which it is lowered, because each set
    /// keeps a memory alive. Two imports that the host cannot tell apart have the same names, and are one import of the output.
    pub imports: IndexMap<HostImport, CoreImport>,
    /// Exported functions, in the order of the root's exports.
    pub exports: Vec<CoreExport>,
    /// Exported destructors of resources that the root exports: the name of the core export.
    pub dtors: IndexMap<ResourceId, String>,
    /// Export to be called once, after instantiation and before anything else. `None` where the start section does
    /// it all: code that runs at start reaches no import then whose host needs a memory, a `realloc` or a destructor of
    /// the module.
    pub init: Option<String>,
}

/// An imported function.
#[derive(Debug, Clone)]
pub struct CoreImport {
    /// Module name.
    pub module: String,
    /// Field name.
    pub field: String,
    /// Core parameters.
    pub params: Vec<CoreValType>,
    /// Core results.
    pub results: Vec<CoreValType>,
    /// Where it is among the root's imports. For a resource built-in: where the resource is; `None` if the
    /// resource is defined inside.
    pub path: Option<ImportPath>,
    /// Its component function type; `None` for a built-in.
    pub ty: Option<FuncTypeId>,
    /// Options to lower with. `post_return` is always `None`.
    pub options: CoreOptions,
    /// Name of the exported table in which `thread.new-indirect` finds the function of a thread; `None` for any other import.
    pub table: Option<String>,
    /// What the standard tools for core modules know of its name.
    pub known: KnownName,
    /// Whether there are strings in its parameters, in its result, or in what a built-in reads or writes.
    pub has_strings: bool,
    /// Resources that the root defines, with destructors, of which the function is given handles: the host may drop them
    /// at once.
    pub droppable: Vec<ResourceId>,
    /// Whether it is a core function of the host's that passes through: which exports it uses is not known.
    pub passes_through: bool,
}

/// What the standard tools for core modules, which find everything by its name, know of the name of an import.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KnownName {
    /// They know it as what it is.
    #[default]
    Known,
    /// A second item of one name, with a number; or a built-in in a form that they have no name for.
    Unknown,
    /// A built-in for a type, or with options, that no function of the world mentions; with a number.
    Untyped,
    /// A built-in for a resource that is defined inside, and that no interface exports.
    PrivateResource,
}

/// An exported function.
#[derive(Debug, Clone)]
pub struct CoreExport {
    /// Export names from the root component inwards.
    pub path: Vec<String>,
    /// Name of the core export.
    pub field: String,
    /// Its component function type.
    pub ty: FuncTypeId,
    /// Options to lift with.
    pub options: CoreOptions,
}

/// Canonical options, as names of core exports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoreOptions {
    /// The string encoding.
    pub encoding: StringEncoding,
    /// Name of the exported memory.
    pub memory: Option<String>,
    /// Name of the exported realloc.
    pub realloc: Option<String>,
    /// Name of the exported post-return.
    pub post_return: Option<String>,
    /// Whether the function is lifted or lowered with the option `async`.
    pub is_async: bool,
    /// Name of the exported callback; for lifted functions with the option `async` only.
    pub callback: Option<String>,
}

impl CoreOptions {
    /// The options of a function whose values are in no memory.
    pub fn without_memory(encoding: StringEncoding) -> Self {
        CoreOptions { encoding, memory: None, realloc: None, post_return: None, is_async: false, callback: None }
    }
}
