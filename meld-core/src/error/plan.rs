//! Errors of planning.

use super::{LimitError, Remedy};
use crate::options::SharedArena;
use crate::passthrough::{CoreName, CoreNameError};
use std::fmt;

/// Why a plan cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// More would be made than there may be.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// The root exports something that a core module cannot.
    #[error(
        "export `{path}` is {kind}, which a core module cannot export; \
         ask for a component instead"
    )]
    CoreCannotExport {
        /// Export names from the root inwards.
        path: String,
        /// What it is.
        kind: &'static str,
    },
    /// The root exports a component.
    #[error(
        "export `{path}` is a component, which cannot be fused; take a component, in which it is kept as it is, \
         or remove the export"
    )]
    ComponentExport {
        /// Export names from the root inwards.
        path: String,
    },
    /// Asynchronous functions, types or built-ins that cannot be part of one core module.
    #[error("{reason}")]
    Async {
        /// Who uses them, and why that cannot be fused.
        reason: String,
    },
    /// A component whose memory would have pages of one byte.
    #[error(
        "a component cannot lift or lower through a memory with pages of one byte; make a core module, or pages of 64 KiB"
    )]
    BytePages,
    /// A target that takes a module with one memory only, without one memory.
    #[error(
        "the target expects one memory, in which nothing is placed where it has tables of its own; ask for one memory"
    )]
    TargetMemories,
    /// A component for a target that reads core modules.
    #[error("the target reads core modules, and cannot read a component; make a core module, or choose no target")]
    TargetComponent,
    /// Room at address 0, where the memory of an instance must begin.
    #[error(
        "room at address 0 is needed, and `{instance}` uses tasks: its memory begins there, because its pointers are the host's; \
         give each instance a memory of its own, or choose no target"
    )]
    LowReserve {
        /// Path of the core instance.
        instance: String,
    },
    /// A bound for static offsets that is too small.
    #[error(
        "static offsets of at most {max} are asked for; the bound has to be {least} at least, so that atomic accesses trap as before"
    )]
    MaxOffset {
        /// The bound.
        max: u32,
        /// What it has to be at least.
        least: u32,
    },
    /// More room at address 0 than there can be.
    #[error("room for {bytes} bytes at address 0 is more than there can be; it is at most {limit}")]
    LowReserveSize {
        /// The room.
        bytes: u64,
        /// What it may be at most.
        limit: u64,
    },
    /// An allocator that is provided inside, and that is to be imported all the same.
    #[error("`{name}` cannot pass through: an allocator inside provides it, so that it is not imported any more")]
    ArenaPassesThrough {
        /// The core name.
        name: CoreName,
    },
    /// More handles than a memory has room for, or none.
    #[error("a handle table cannot have room for {handles} handles; it can for 1 to {maximum}")]
    Handles {
        /// How many were asked for.
        handles: u32,
        /// How many there may be.
        maximum: u32,
    },
    /// More records of tasks than a memory has room for, or none.
    #[error("there cannot be room for {tasks} records of tasks; there can be for 1 to {maximum}")]
    Tasks {
        /// How many were asked for.
        tasks: u32,
        /// How many there may be.
        maximum: u32,
    },
    /// A bound for an instance that there is not.
    #[error(
        "a heap is bounded for `{instance}`, and no instance of that path has a memory; those that have one are {known}"
    )]
    HeapName {
        /// The name.
        instance: String,
        /// Paths of instances with memories.
        known: String,
    },
    /// A bound for an instance all of whose memories have bounds by closer names.
    #[error(
        "the bound of the heap of `{instance}` bounds nothing: every memory in that instance has a bound by its own name, \
         {closer}; leave one of them out"
    )]
    HeapShadowed {
        /// The name.
        instance: String,
        /// Paths of core instances.
        closer: String,
    },
    /// A bound that is no whole number of pages.
    #[error(
        "a heap of {bytes} bytes is no whole number of pages for the memory of `{instance}`, whose pages have {page} bytes"
    )]
    HeapPages {
        /// Path of the core instance.
        instance: String,
        /// The bound.
        bytes: u64,
        /// Bytes of a page.
        page: u64,
    },
    /// A name that no domain can have.
    #[error(
        "no domain can be called `{name}`: a name is not empty, is not `default` or `private`, and belongs to one domain only"
    )]
    DomainName {
        /// The name.
        name: String,
    },
    /// A domain of an instance that there is not.
    #[error("a domain has the instance `{instance}`, and there is no instance of that path; there are {known}")]
    DomainInstance {
        /// The name.
        instance: String,
        /// Paths of instances with code.
        known: String,
    },
    /// An instance in two domains.
    #[error("the instance `{instance}` is in two domains, `{}`; leave it out of one of them", .domains.join("` and `"))]
    DomainTwice {
        /// The name.
        instance: String,
        /// Names of the domains.
        domains: Vec<String>,
    },
    /// Domains for a target that takes a module with one memory only.
    #[error(
        "the target takes a module with one memory, and each domain has a memory of its own; choose another target, or no domains: a module \
         cannot be divided by domains, because each calls the others"
    )]
    DomainTarget,
    /// Domains in a composition whose instances use tasks.
    #[error(
        "{}tasks cannot be divided into domains yet; leave the domains out, or give each instance a memory of its own",
        if .instance.is_empty() { String::new() } else { format!("`{}` uses tasks, and ", .instance) }
    )]
    DomainTasks {
        /// Path of the component instance, if it is one; otherwise several use tasks.
        instance: String,
    },
    /// The embedder's arena for callers in several domains.
    #[error(
        "the embedder's allocator works in one memory, and it is called from several domains, {callers}; provide the arena inside, where each \
         domain has one, or put these instances into one domain"
    )]
    DomainArena {
        /// The callers with their domains.
        callers: String,
    },
    /// One stack for several domains.
    #[error(
        "one stack cannot be in several domains yet; let each component have its own stack, or leave the domains out"
    )]
    DomainStack,
    /// A core name that no component can have.
    #[error("`{name}` cannot pass through")]
    CoreName {
        /// The name.
        name: CoreName,
        /// Why.
        source: CoreNameError,
    },
    /// No input imports the name that passes through.
    #[error(
        "`{name}` cannot pass through: no input has a function import `{import}` at its root; keep it when a component is made \
         of the guest, or let nothing pass through"
    )]
    NoPassthrough {
        /// The core name.
        name: CoreName,
        /// The name of the import.
        import: String,
    },
    /// Two core names for one import.
    #[error("two core names are given to the import `{import}`")]
    PassthroughTwice {
        /// The import.
        import: String,
    },
    /// A function whose values do not fit into core values.
    #[error(
        "`{import}` cannot pass through: its values take more than core parameters and a core result; \
         leave it an import of the world"
    )]
    NotCore {
        /// The import.
        import: String,
    },
    /// A size that no region outside of all windows can have.
    #[error("{region} cannot have {bytes} bytes; its size is a multiple of {align} from {align} to below {limit}")]
    RegionSize {
        /// The region.
        region: SharedRegion,
        /// The size.
        bytes: u64,
        /// What it has to be a multiple of.
        align: u64,
        /// What it has to be less than.
        limit: u64,
    },
    /// No input imports the allocator.
    #[error(
        "an arena is reserved, and no input has a function import `{import}` at its root that could allocate there; \
         keep its import when a component is made of the guest, or reserve no arena"
    )]
    NobodyAllocates {
        /// The core name of the allocator.
        name: CoreName,
        /// The name of the import.
        import: String,
    },
    /// The allocator's import has another type.
    #[error("`{import}` is no allocator: its type is not `func(u32, u32, u32, u32) -> u32`")]
    NoAllocator {
        /// The import.
        import: String,
    },
    /// An allocator in one memory with windows, without a region.
    #[error(
        "`{import}` allocates for several instances in one memory; say how large its region is, and \
         whether an embedder provides it or it is provided inside"
    )]
    ArenaUnsized {
        /// The import.
        import: String,
    },
    /// An allocator in several memories.
    #[error(
        "`{import}` cannot pass through: it is one allocator, and it is called with pointers into several memories, those \
         of {callers}; put them into one memory with an arena"
    )]
    ArenaMemories {
        /// The import.
        import: String,
        /// The core instances whose memories they are.
        callers: String,
    },
    /// It is not clear which memory an allocator's pointers are relative to.
    #[error(
        "core instance `{instance}` imports the arena's allocator, and it does not have one memory with 32-bit addresses \
         of its own to which pointers could be relative"
    )]
    ArenaCaller {
        /// The core instance.
        instance: String,
    },
}

impl PlanError {
    pub(super) fn remedies(&self) -> Vec<Remedy> {
        match self {
            PlanError::CoreCannotExport { .. } | PlanError::ComponentExport { .. } | PlanError::Async { .. } => {
                vec![Remedy::Component]
            }
            PlanError::TargetMemories => vec![Remedy::OneMemory],
            PlanError::TargetComponent => vec![Remedy::CoreModule],
            PlanError::LowReserve { .. } => vec![Remedy::SeparateMemories],
            PlanError::DomainTasks { .. } => vec![Remedy::SeparateMemories],
            PlanError::DomainStack => vec![Remedy::SeparateStacks],
            PlanError::DomainArena { .. } => vec![Remedy::Arena],
            PlanError::BytePages => vec![Remedy::CoreModule, Remedy::LargePages],
            PlanError::NoPassthrough { name, .. } => vec![Remedy::KeepImport(name.clone())],
            PlanError::NobodyAllocates { name, .. } => vec![Remedy::KeepImport(name.clone())],
            PlanError::ArenaUnsized { .. } | PlanError::ArenaMemories { .. } => vec![Remedy::Arena],
            _ => Vec::new(),
        }
    }
}

/// A region of the one memory outside of all windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SharedRegion {
    /// The one stack.
    Stack,
    /// The arena.
    Arena(SharedArena),
}

impl fmt::Display for SharedRegion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SharedRegion::Stack => "the one stack",
            SharedRegion::Arena(_) => "the arena",
        })
    }
}
