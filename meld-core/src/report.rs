//! What a fusion did, for people ([`Report`]'s `Display`) and for scripts ([`Report::to_json`]).
//!
//! In: the results of the stages. Out: one entry per boundary, memory, module and resource of the input, in
//! the input's order, saying what became of it. The report states decisions and outcomes, never requests:
//! it is built from the plan and from what was emitted, and options are not consulted.
//! The JSON form is described field by field in `docs/report.md`; [`Report::VERSION`] changes when a field
//! changes its meaning or goes away, not when one is added.

mod build;
mod clustered;
mod crossings;
mod functions;
mod kept;
mod map;
mod sizes;
mod stacks;
mod text;

pub(crate) use build::build;
pub(crate) use clustered::{Cluster, clustered};
#[cfg(feature = "json")]
pub(crate) use functions::{origin, written};
pub(crate) use kept::kept;

use crate::link::LinkNote;
pub use crate::module::area::{Area, AreaKind};
use crate::options::LinkOverride;
use serde::Serialize;

/// What became of everything in the input.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// [`Report::VERSION`].
    pub version: u32,
    /// What a user may not have meant, in words: imports that stay open though an export nearly satisfies them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Links by hand that the notes are about: each would satisfy an import that stays open.
    #[serde(skip)]
    pub by_hand: Vec<LinkOverride>,
    /// What was done on an assumption that nothing proves, and what comes of it where it is wrong; a sentence each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// How much was fused, in numbers.
    pub fusion: Fusion,
    /// Calls between components that are kept as they are: the host carries them out, as it does in the input.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<Kept>,
    /// Why nothing was fused and the component is kept as it is; absent if something was fused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept_whole: Option<String>,
    /// Why the result is several components beside each other; absent if it is one core module, or is kept as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clustered: Option<String>,
    /// The components beside each other in the result, in the order of instantiation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clusters: Vec<ClusterReport>,
    /// How memories were placed, and why.
    pub memory: MemoryChoice,
    /// Every lowered function and built-in that a core instance imports, by caller.
    pub boundaries: Vec<Boundary>,
    /// Every memory of the instantiated modules.
    pub memories: Vec<MemoryReport>,
    /// The map of the one memory, by address; empty where there is no such memory.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub map: Vec<Area>,
    /// Every core module: one entry per instantiation, or one entry if it is never instantiated.
    pub modules: Vec<ModuleReport>,
    /// Every function that the core module defines, in its order, if
    /// [`Fuser::list_functions`](crate::Fuser::list_functions) asks for them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub functions: Vec<FunctionReport>,
    /// What each component instance with core code takes of the output, if
    /// [`Fuser::list_functions`](crate::Fuser::list_functions) asks for functions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sizes: Vec<ComponentSizes>,
    /// Every resource type.
    pub resources: Vec<ResourceReport>,
    /// What the output is made of.
    pub output: Output,
}

/// How much was fused.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Fusion {
    /// Calls between components that are calls inside one core module.
    pub fused_crossings: usize,
    /// Calls between components that are kept: the entries of [`Report::kept`]. Absent if they are not known, because the
    /// instantiation of the input cannot be carried out statically.
    pub kept_crossings: Option<usize>,
    /// Component instances of the input that have core code; absent if they are not known.
    pub instances_before: Option<usize>,
    /// Component instances of the output that have core code; absent if they are not known.
    pub instances_after: Option<usize>,
}

/// One of the components beside each other in the result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ClusterReport {
    /// Paths of the component instances in it; the root is the empty string.
    pub instances: Vec<String>,
    /// Bytes of the core module that they are; absent if it is one instance that is kept as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub core_bytes: Option<usize>,
    /// Why it is kept as it is; absent if it is fused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<String>,
    /// Why it is not one with clusters before it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub apart: Vec<ClusterApart>,
}

/// Why two clusters are not one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ClusterApart {
    /// The position of the other one in [`Report::clusters`].
    pub from: usize,
    /// Why.
    pub reason: String,
}

/// A call between two components that is kept as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Kept {
    /// Path of the calling component instance; the root is the empty string.
    pub caller: String,
    /// Path of the component instance that is called.
    pub callee: String,
    /// The function, as in [`Boundary::function`].
    pub function: String,
    /// Why it is not fused.
    pub reason: String,
}

/// How memories were placed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MemoryChoice {
    /// `multi`: each memory of the input stays a memory of its own. `shared`: each is a window of one memory. `kept`: nothing was
    /// fused, and nothing was placed. Clusters are always `multi`.
    pub mode: &'static str,
    /// Why this mode.
    pub reason: String,
}

/// A function of another component, or of the host, as one component calls it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Boundary {
    /// Path of the calling component instance; the root is the empty string.
    pub caller: String,
    /// Path of the component instance that is called; absent where the host is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callee: Option<String>,
    /// The function, `func` or `interface#func`, as the component that lifts it or the root's import names it;
    /// or the built-in.
    pub function: String,
    /// How it is lowered.
    pub lowering: Lowering,
    /// Index in the fused module of the function that is called for it: the adapter, the callee itself, or an import. Absent where nothing
    /// live calls it, or it is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<u32>,
    /// Bytes of the adapter's body in the output, locals included; 0 where there is no adapter. An adapter
    /// that was folded into an equal one counts here too.
    pub adapter_bytes: usize,
}

/// How a boundary is lowered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Lowering {
    /// A plain call of the callee, with nothing in between.
    Direct,
    /// An adapter that checks or normalizes scalars, keeps flags, or calls post-return.
    Scalar,
    /// An adapter that copies lists or records between memories.
    Copy,
    /// An adapter that copies strings whose encoding is the same on both sides.
    CopyString,
    /// An adapter that turns strings of one encoding into another.
    Transcode,
    /// An adapter that moves handles from table to table, and copies the rest.
    Handles,
    /// A call of the host as it is.
    Host,
    /// A call of the host through a host adapter, which keeps flags or converts handles.
    HostAdapter,
    /// A built-in of the canonical ABI that the module carries out itself.
    Builtin,
    /// A call that always traps, as it does in the input.
    Trap,
    /// Nothing live calls it; it is not in the output.
    Dead,
    /// The component is kept as it is, and the host carries out the call as in the input.
    Kept,
}

/// A memory of an instantiated module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MemoryReport {
    /// Path of the core instance that defines it.
    pub instance: String,
    /// Its index in the module.
    pub index: u32,
    /// Initial size in pages.
    pub initial: u64,
    /// Maximal size in pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum: Option<u64>,
    /// Its index in the fused module; absent where nothing live uses it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<u32>,
    /// The domain whose memory that is, as in [`Area::domain`]; absent where there are no domains.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Whether, in the component, a module of its own defines it, from which the fused module imports it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub own_module: bool,
}

/// A core module of the input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ModuleReport {
    /// Path of the core instance, or the module's own name where there is no instance.
    pub instance: String,
    /// Path of the component instance that the core instance is in; absent where there is no instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// What became of it.
    pub fate: Fate,
    /// Functions that the module defines.
    pub functions: usize,
    /// How many of them are in the output.
    pub live_functions: usize,
}

/// What became of a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Fate {
    /// Something of it is in the output.
    Merged,
    /// It was instantiated, and nothing of it is reachable.
    Dropped,
    /// It was never instantiated.
    NotInstantiated,
    /// It is in the output as it is in the input.
    Kept,
}

/// A function that the core module defines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FunctionReport {
    /// Its name, behind the path of its instance.
    pub name: String,
    /// Where it comes from.
    pub kind: FunctionKind,
    /// Path of the core instance of the input that it comes from; absent where it comes from none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// Bytes of its body, locals included.
    pub bytes: usize,
}

/// What a component instance takes of the output.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ComponentSizes {
    /// Path of the component instance; the root is the empty string.
    pub component: String,
    /// How many functions of it are in the output.
    pub functions: usize,
    /// Bytes of the bodies of these functions, locals included.
    pub code_bytes: u64,
    /// Bytes of its data segments.
    pub data_bytes: u64,
    /// Bytes that its memories have at the start.
    pub memory_bytes: u64,
    /// Bytes of these that are its shadow stack; absent where no module of it names its stack pointer, and where it is on the stack of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack_bytes: Option<u64>,
    /// Entries that its tables have at the start.
    pub table_entries: u64,
    /// Bytes of its handle table, where that is a region of the one memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handle_bytes: Option<u64>,
}

/// Where a function of the core module comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FunctionKind {
    /// From a core module of the input.
    Guest,
    /// It converts values between two components, or between a component and the host, or is a built-in.
    Adapter,
    /// From a runtime module of the fuser.
    Runtime,
    /// It traps, or starts the module.
    Support,
}

/// A resource type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ResourceReport {
    /// A name for people.
    pub name: String,
    /// Path of the component instance that defines it; absent where the host does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Paths of the instances that might hold a handle of it.
    pub holders: Vec<String>,
    /// Where the handles are.
    pub handles: Handles,
    /// Why there.
    pub reason: String,
}

/// Where the handles of a resource are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Handles {
    /// In the table that the host keeps.
    Host,
    /// In tables of the fused module.
    Tabled,
    /// There are none.
    Unused,
}

/// What the output is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Output {
    /// Bytes of the core module.
    pub core_bytes: usize,
    /// Bytes of the component, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component_bytes: Option<usize>,
    /// Functions that the core module defines.
    pub functions: usize,
    /// Functions left out because nothing reaches them.
    pub dropped_functions: usize,
    /// Functions left out because an equal one is there.
    pub folded_functions: usize,
    /// Tables left out because their contents are constant.
    pub devirtualized_tables: usize,
    /// Custom sections of components and of live modules that were left out, because that was asked for, or what they say holds
    /// for the input only.
    pub dropped_sections: Vec<DroppedSection>,
    /// Core instances whose debug information could not be kept.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dropped_debug: Vec<DroppedDebug>,
    /// Where handle tables are, and notes of what is rewritten for the host: `memory`, `region`, `table` or `gc`. Absent
    /// where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_storage: Option<&'static str>,
    /// Why the core module has no `component-type` section; absent where it has one, or where it is inside a component
    /// that was made here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_component_type: Option<String>,
}

/// A kind of custom section that is not in the output, or of which something is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DroppedSection {
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// A core instance whose debug information could not be kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DroppedDebug {
    /// Its path.
    pub instance: String,
    /// What about it is not supported.
    pub reason: String,
}

impl Report {
    /// Version of the JSON form.
    pub const VERSION: u32 = 3;

    /// Adds the notes of the linker.
    pub(crate) fn noted(&mut self, notes: &[LinkNote]) {
        self.notes.splice(0..0, notes.iter().map(ToString::to_string));
        self.by_hand = notes.iter().filter_map(LinkNote::by_hand).collect();
    }

    /// The report as JSON, ending in a newline. See `docs/report.md`.
    #[cfg(feature = "json")]
    pub fn to_json(&self) -> String {
        let json = serde_json::to_string_pretty(self).expect("a report has only strings, numbers and lists");
        json + "\n"
    }
}
