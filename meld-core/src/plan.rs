//! Stage 4: decisions.
//!
//! In: the [`ComponentDfg`] and the user's [`Options`]. Out: a [`FusionPlan`]: where each memory goes, how
//! each boundary is lowered, which instances need flags. Pure: nothing is generated here, and options are
//! not read after this stage. What cannot be fused exactly is refused here, with the item's path.

use crate::dfg::{ComponentDfg, CoreDef, StringEncoding};
use crate::error::PlanError;
use crate::ids::{ComponentInstanceId, ExportFuncId, FuncTypeId, LiftId, ResourceId, TrampolineId};
use crate::options::Options;
use crate::synth::{FuncRef, MemoryRef, OuterImport};
use indexmap::IndexMap;

/// All decisions of one fusion.
#[derive(Debug, Clone)]
pub struct FusionPlan {
    /// How each live trampoline is carried out.
    pub trampolines: IndexMap<TrampolineId, TrampolinePlan>,
    /// The lifted functions that the root exports.
    pub exports: crate::ids::Arena<ExportFuncId, ExportPlan>,
    /// Which state each component instance needs.
    pub instances: crate::ids::Arena<ComponentInstanceId, InstancePlan>,
}

/// How a trampoline is carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrampolinePlan {
    /// A call of the callee itself: nothing is converted and no flag is observable.
    Direct(CoreDef),
    /// An adapter between two component instances.
    Adapter {
        /// The lifted callee.
        lift: LiftId,
        /// Whether nothing needs copying: scalars with range checks, flags, post-return.
        scalar: bool,
    },
    /// A function of the outer world, called as it is.
    Outer(OuterImport),
    /// A function of the outer world, called through a shim that checks flags or converts handles.
    OuterShim(OuterImport),
    /// A built-in carried out in the module.
    Builtin,
    /// Not supported; an error if something live reaches it.
    Unsupported(String),
}

/// A lifted function that the root exports.
#[derive(Debug, Clone)]
pub struct ExportPlan {
    /// Export names from the root inwards.
    pub path: Vec<String>,
    /// The lifted function.
    pub lift: LiftId,
    /// Whether the core function itself can be exported, without a shim.
    pub direct: bool,
}

/// Which state a component instance needs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InstancePlan {
    /// A `may_leave` flag: something that runs while it is clear might reach a way out.
    pub may_leave: bool,
    /// A `may_enter` flag: a call into the instance might find it entered.
    pub may_enter: bool,
    /// Context slots.
    pub context: bool,
    /// Core exceptions might leave one of its functions.
    pub throws: bool,
}

/// The face of the fused core module: what it imports and exports, and with which canonical options its
/// host or its component wrapper must lift and lower. Names are unique; see `docs/core-abi.md`.
#[derive(Debug, Clone, Default)]
pub struct OuterFace {
    /// Imported functions.
    pub imports: IndexMap<OuterImport, ImportFace>,
    /// Exported functions.
    pub exports: crate::ids::Arena<ExportFuncId, ExportFace>,
    /// Destructors of resources that the root exports, by resource: the function and its export name.
    pub dtors: IndexMap<ResourceId, (FuncRef, String)>,
    /// Memories that imports or exports name in their options, by the name of their core export.
    pub memories: IndexMap<String, MemoryRef>,
    /// Reallocs and post-returns that imports or exports name, by the name of their core export. One function
    /// may have several names: a post-return is exported once for each function that it belongs to.
    pub funcs: IndexMap<String, FuncRef>,
}

/// A function that the fused core module imports.
#[derive(Debug, Clone)]
pub struct ImportFace {
    /// Module name of the core import.
    pub module: String,
    /// Field name of the core import.
    pub field: String,
    /// Core parameters.
    pub params: Vec<wasm_encoder::ValType>,
    /// Core results.
    pub results: Vec<wasm_encoder::ValType>,
    /// Options to lower with. `post_return` is always `None`.
    pub options: FaceOptions,
}

/// A function that the fused core module exports.
#[derive(Debug, Clone)]
pub struct ExportFace {
    /// Export names from the root component inwards.
    pub path: Vec<String>,
    /// Name of the core export.
    pub field: String,
    /// The component function type.
    pub ty: FuncTypeId,
    /// The function.
    pub func: FuncRef,
    /// Options to lift with.
    pub options: FaceOptions,
}

/// Canonical options at the outer boundary, as names of core exports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaceOptions {
    /// The string encoding.
    pub encoding: StringEncoding,
    /// A key of [`OuterFace::memories`].
    pub memory: Option<String>,
    /// A key of [`OuterFace::funcs`].
    pub realloc: Option<String>,
    /// A key of [`OuterFace::funcs`].
    pub post_return: Option<String>,
}

/// Decides everything.
pub fn plan(_dfg: &ComponentDfg<'_>, _options: &Options) -> Result<FusionPlan, PlanError> {
    Err(PlanError::Placeholder)
}
