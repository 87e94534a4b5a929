//! What each memory is, as a window of the one memory.
//!
//! In: nothing. Out: the types of [`Windows`], which [`crate::passes::rebase`] makes: what each memory's size and growth mean, and the
//! functions that replace instructions on whole memories. Where a window begins is a [`MemoryLayout`](super::MemoryLayout), later.

use super::area::AreaKind;
use crate::error::MergeError;
use crate::ids::{Arena, DataId, DomainId, FuncId, GlobalId, Id, MemoryId};
use crate::options::StackSize;
use indexmap::IndexMap;

/// Linkers put it behind data, bss and stack.
pub(crate) const HEAP_BASE: &str = "__heap_base";

/// All windows of a merged module.
#[derive(Debug, Default)]
pub(crate) struct Windows {
    /// By memory.
    pub(crate) windows: Vec<Window>,
    /// The memories of the result, by their names.
    pub(crate) domains: Arena<DomainId, String>,
    /// Bytes of the embedder's arena, and in which memory of the result it is.
    pub(crate) arena: Option<(DomainId, u64)>,
    /// Whether an access outside of its window traps.
    pub(crate) isolate: bool,
    /// How many bytes at address 0 nothing is placed in.
    pub(crate) low_reserve: u64,
    /// The largest static offset that an access may have.
    pub(crate) max_offset: Option<u32>,
    /// Whether there is one window, which is the memory.
    pub(crate) alone: bool,
    /// Whether windows end at `__heap_base`.
    pub(crate) pack: bool,
    /// Whether the one memory has pages of one byte.
    pub(crate) byte_pages: bool,
    /// Whether everything has the size and the place of a region of a memory protection unit.
    pub(crate) aligned: bool,
    /// What the stack that all share is made of, where they share one.
    pub(crate) stack: Option<StackParts>,
    pub(crate) copies: IndexMap<(MemoryId, MemoryId), FuncId>,
    pub(crate) fills: IndexMap<MemoryId, FuncId>,
    pub(crate) inits: IndexMap<(MemoryId, DataId), FuncId>,
    pub(crate) places: IndexMap<MemoryId, FuncId>,
}

/// What a shared stack is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StackParts {
    /// Its size.
    pub(crate) size: StackSize,
    /// Its pointer.
    pub(crate) pointer: GlobalId,
    /// What traps when it is full.
    pub(crate) overflow: FuncId,
}

/// A memory as a window.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    /// Log2 of the page size in bytes, as the owner of the memory sees it.
    pub(crate) page_size_log2: u32,
    /// Bytes at first.
    pub(crate) initial: u64,
    /// Bytes at most: what is reserved.
    pub(crate) capacity: u64,
    /// What `memory.grow` does.
    pub(crate) growth: Growth,
    /// Whether it is a runtime module's.
    pub(crate) region: bool,
    /// The memory of the result in which it is.
    pub(crate) domain: DomainId,
    /// Whether it begins there at address 0.
    pub(crate) zero: bool,
    /// What it is on the map.
    pub(crate) kind: AreaKind,
    /// Path of the instance whose it is, or for which the runtime has it.
    pub(crate) owner: String,
    /// Why it could not be packed, where that was asked for.
    pub(crate) unpacked: Option<String>,
    /// Whether the guest has pointers beyond its window as well, into an arena or the shared stack: its memory then ends
    /// with them for everybody but the guest itself, and has pages of one byte.
    pub(crate) reaches_beyond: bool,
}

/// What `memory.grow` on a window does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Growth {
    /// There is no bound: it must not be live.
    Unbounded,
    /// It fails.
    Fixed,
    /// It grows the virtual size inside the window, or fails.
    Bounded {
        /// The virtual size, in pages of the memory.
        size: GlobalId,
        /// `(delta: i32) -> i32`
        grow: FuncId,
    },
}

/// What `memory.size` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    /// Always that many pages.
    Pages(u64),
    /// A mutable global: pages.
    Global(GlobalId),
}

impl Window {
    /// What `memory.size` is.
    pub(crate) fn size(&self) -> Size {
        match self.growth {
            Growth::Bounded { size, .. } if self.initial < self.capacity => Size::Global(size),
            Growth::Bounded { .. } | Growth::Unbounded | Growth::Fixed => {
                Size::Pages(self.initial >> self.page_size_log2)
            }
        }
    }
}

impl Windows {
    /// The window of a memory.
    pub(crate) fn window(&self, memory: MemoryId) -> Result<&Window, MergeError> {
        self.windows.get(memory.index()).ok_or_else(|| missing(format!("a window for {memory}")))
    }

    /// The function that replaces `memory.copy`.
    pub(crate) fn copy(&self, dst: MemoryId, src: MemoryId) -> Result<FuncId, MergeError> {
        self.copies.get(&(dst, src)).copied().ok_or_else(|| missing(format!("memory.copy {dst} {src}")))
    }

    /// The function that replaces `memory.fill`.
    pub(crate) fn fill(&self, memory: MemoryId) -> Result<FuncId, MergeError> {
        self.fills.get(&memory).copied().ok_or_else(|| missing(format!("memory.fill {memory}")))
    }

    /// The function that replaces `memory.init`.
    pub(crate) fn init(&self, memory: MemoryId, data: DataId) -> Result<FuncId, MergeError> {
        self.inits.get(&(memory, data)).copied().ok_or_else(|| missing(format!("memory.init {memory} {data}")))
    }

    /// What checks the range of an active segment, and says where it is: `(offset: i32, length: i32) -> i32`.
    pub(crate) fn place(&self, memory: MemoryId) -> Result<FuncId, MergeError> {
        self.places.get(&memory).copied().ok_or_else(|| missing(format!("the place of segments of {memory}")))
    }
}

pub(crate) fn missing(what: String) -> MergeError {
    MergeError::Missing { item: "the one memory".to_string(), missing: what }
}
