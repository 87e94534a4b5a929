//! What the caller may ask for. Read by [`crate::link`] and [`crate::plan`] and by nobody after them; the limits,
//! by [`crate::inline`], which hands them on.

use crate::limits::Limits;
use crate::passthrough::CoreName;

/// Options of a fusion.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Options {
    /// Where memories go.
    pub memory: MemoryMode,
    /// With [`MemoryMode::Shared`]: whether a memory that is the only one of the input becomes a window, too.
    pub address_rebase: bool,
    /// With [`MemoryMode::Shared`]: how far memories may grow. An instance that is not named here has no bound, and must
    /// not have a live `memory.grow`.
    pub heap: Vec<HeapBound>,
    /// With [`MemoryMode::Shared`]: whether an access outside of its own window traps, at the cost of a check
    /// where it cannot be proved to lie inside.
    pub isolate: bool,
    /// With [`MemoryMode::Shared`]: whether windows end where less of their memories is used, and what is assumed for it.
    /// Nothing proves it: where the assumption is wrong, one component writes over another.
    pub pack: Option<Pack>,
    /// With [`MemoryMode::Shared`]: whether the one memory has pages of one byte, and so no byte too many.
    pub byte_pages: bool,
    /// With [`MemoryMode::Shared`]: whether all components have one shadow stack, and how large it is. An error where it
    /// cannot be proved that their stacks can be one.
    pub share_stack: Option<StackSize>,
    /// With [`MemoryMode::Shared`]: how many handles each handle table has room for.
    pub handles: Option<u32>,
    /// Where handle tables are, and whatever else the fused module needs for itself.
    pub handle_storage: HandleStorage,
    /// Core imports that inputs have in a component's dress, and that the fused core module shall have by their own names.
    pub passthrough: Vec<CoreName>,
    /// With [`MemoryMode::Shared`]: bytes of a region above all windows in which the embedder allocates.
    pub arena: Option<u64>,
    /// With [`MemoryMode::Shared`]: bytes of a region above all windows for an allocator inside, so that the
    /// embedder's is not imported.
    pub bind_arena: Option<u64>,
    /// Whether to wrap the fused core module back into a component.
    pub component: bool,
    /// Whether to say in WIT what world the result has. Not every world has a form in WIT: for one that has
    /// none this is an error.
    pub wit: bool,
    /// Whether to keep 128-bit vector instructions out of what is added to the input's own code.
    pub no_simd: bool,
    /// Whether the core module holds its own description, in JSON, in a custom section.
    pub embed_interface: bool,
    /// Explicit links.
    pub links: Vec<LinkOverride>,
    /// What the result may import: extern names, or beginnings of such in front of a `*`. Anything else is an error.
    /// `None` allows everything.
    pub allowed_imports: Option<Vec<String>>,
    /// How much may be made.
    pub limits: Limits,
}

/// Where memories go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MemoryMode {
    /// Whatever is sound for every input; the report says what was chosen.
    #[default]
    Auto,
    /// Each memory of the input stays a memory of its own.
    Multi,
    /// One memory. Where there is more than one in the input, each becomes a window of it: its own range of addresses, by
    /// which every access is rebased. Where there is no more than one, and nothing is asked of its window, it stays what it
    /// is.
    Shared,
}

/// Where the fused module has words of its own, which no guest can reach.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HandleStorage {
    /// In memories where the fused module has several anyway, or windows of one; else in a table, so that it has one
    /// memory if the input has one.
    #[default]
    Auto,
    /// In memories of their own; in one memory with windows, in regions of it.
    Memory,
    /// In a table of functions: WebAssembly 2.0 has it.
    Table,
    /// In arrays: WebAssembly 3.0 has them.
    Gc,
}

/// `--pack=ASSUMPTION`: what is assumed of the end of what a program uses of its memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pack {
    /// No component accesses its memory at or beyond its `__heap_base`, which linkers put behind data, bss and stack. True
    /// of a program whose allocator has its heap elsewhere, or none.
    AssumeHeapBase,
}

/// `--share-stack[=SIZE]`: how large the one shadow stack is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StackSize {
    /// As large as the longest chain of calls needs. An error where nothing bounds it.
    Proved,
    /// So many bytes. Frames that might not fit are checked when they are made, and trap.
    Bytes(u64),
}

/// `--heap NAME=SIZE`: how far the memories of an instance may grow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeapBound {
    /// The path of a component instance or of a core instance, or `*` for every instance that is not named.
    pub instance: String,
    /// Bytes beyond the initial size: whole pages of the memory.
    pub bytes: u64,
}

/// `--link import=input[#export]`: satisfies an import by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkOverride {
    /// The import's extern name.
    pub import: String,
    /// The name of the input that provides it.
    pub input: String,
    /// The export of that input; the import's own name if `None`.
    pub export: Option<String>,
}
