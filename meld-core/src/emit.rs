//! Stage 8: bytes.
//!
//! In: the live [`MergedModule`]. Out: a core module in the binary format, deterministic and validated, and
//! the [`CoreInterface`] that says how to call it.

use crate::abi::types::Types;
use crate::dfg::{ImportPath, StringEncoding};
use crate::ids::{ExportFuncId, FuncTypeId, ResourceId};
use crate::synth::OuterImport;

/// How to call a fused core module: everything a host, a test or [`crate::component_wrap`] needs to know.
/// Only what is live is listed. See `docs/core-abi.md`.
#[derive(Debug, Clone, Default)]
pub struct CoreInterface {
    /// The types that function types refer to.
    pub types: Types,
    /// Imported functions, in the order of the import section.
    pub imports: Vec<CoreImport>,
    /// Exported functions, in the order of the root's exports.
    pub exports: Vec<CoreExport>,
    /// Exported destructors of resources that the root exports: resource, name of the core export.
    pub dtors: Vec<(ResourceId, String)>,
    /// Export to be called once, after instantiation and before anything else. `None` where the start
    /// section does it all: code that runs at start cannot reach an import then.
    pub init: Option<String>,
}

/// An imported function.
#[derive(Debug, Clone)]
pub struct CoreImport {
    /// Module name.
    pub module: String,
    /// Field name.
    pub field: String,
    /// Its meaning.
    pub import: OuterImport,
    /// Core parameters.
    pub params: Vec<wasm_encoder::ValType>,
    /// Core results.
    pub results: Vec<wasm_encoder::ValType>,
    /// Where it is among the root's imports. For a resource built-in: where the resource is; `None` if the
    /// resource is defined inside.
    pub path: Option<ImportPath>,
    /// Its component function type; `None` for a resource built-in.
    pub ty: Option<FuncTypeId>,
    /// Options to lower with.
    pub options: CoreOptions,
}

/// An exported function.
#[derive(Debug, Clone)]
pub struct CoreExport {
    /// The lifted function in the plan.
    pub id: ExportFuncId,
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
}
