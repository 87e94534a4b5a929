//! What may be asked of one memory, and of nothing else. Options that exclude each other are variants of one enum.

use std::collections::BTreeMap;

/// The least bound that static offsets may have. An atomic access keeps an offset from 16 to 31: behind an address that is at most 15
/// below 2^32, that has more than 32 bits.
pub(crate) const LEAST_OFFSET: u32 = 31;

/// Options of [`MemoryMode::Shared`](crate::options::MemoryMode::Shared).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SharedOptions {
    /// Whether a memory that is the only one of the input becomes a window, too. If not, it stays what it is, unless
    /// something else is asked of its window.
    pub rebase: bool,
    /// Where windows end, and how far memories may grow.
    pub size: WindowSize,
    /// Whether an access outside of its own window traps.
    pub protection: Protection,
    /// Whether the one memory has pages of one byte, and so no byte too many. A component cannot be made then.
    pub byte_pages: bool,
    /// How many handles each handle table has room for; `None` chooses.
    pub handles: Option<u32>,
    /// How many records there is room for where several instances use tasks; `None` chooses. Each call in progress, waitable set and end of a
    /// stream or a future has one.
    pub tasks: Option<u32>,
    /// How many bytes at address 0 nothing is placed in: a translator to native code may have something of its own there.
    pub low_reserve: u64,
    /// A region above all windows in which one allocator allocates for all components. An isolated component reaches its window and
    /// this region.
    pub arena: Option<SharedArena>,
    /// Which sizes and places regions have.
    pub alignment: RegionAlignment,
    /// Groups of component instances, each of which gets a memory of its own instead of windows in the one memory. Instances that are in no
    /// group stay in the one memory. Where there is a group, handle tables and what else is private are in a further memory, which belongs
    /// to nobody.
    pub domains: Vec<Domain>,
    /// The largest static offset that a load or a store may have, at least 31: what is more is added to the address. `None` for any.
    pub max_offset: Option<u32>,
}

/// Which sizes and places everything has that is in a memory: windows, the arena, the stack of all, handle tables, and what else the map lists; and
/// the memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegionAlignment {
    /// Places are multiples of 16.
    #[default]
    Sixteen,
    /// Sizes are powers of two, at least 32 bytes, and each begins at a multiple of its size: what a memory protection unit of ARMv7-M can cover.
    PowerOfTwo,
}

/// A group of component instances with a memory of its own. In it, the memories of these instances are windows, as they are in the one memory of all.
///
/// ```
/// use meld_core::Options;
/// use meld_core::options::Domain;
///
/// let mut options = Options::default();
/// options.shared().domains.push(Domain::new("drivers", ["uart", "spi"]));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Domain {
    /// Its name, which no other domain has. It is not empty, and neither `default` nor `private`: the memory of all other instances and that of
    /// private data are called so.
    pub name: String,
    /// Paths of component instances or of core instances. An instance is where the closest name says: its own, that of its component
    /// instance, or that of a component instance around it.
    pub instances: Vec<String>,
}

impl Domain {
    /// The domain `name` of those instances.
    pub fn new(name: impl Into<String>, instances: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { name: name.into(), instances: instances.into_iter().map(Into::into).collect() }
    }
}

impl SharedOptions {
    /// How far memories may grow. If windows were packed before, they are not any more: a packed window has no room to
    /// grow.
    pub fn heap(&mut self) -> &mut Heap {
        if matches!(self.size, WindowSize::Packed(_)) {
            self.size = WindowSize::default();
        }
        match &mut self.size {
            WindowSize::Whole(heap) => heap,
            WindowSize::Packed(_) => unreachable!("it was made whole just now"),
        }
    }

    /// What components have in common. If windows were isolated before, they are not any more: an isolated component
    /// reaches nothing that it could have in common with others.
    pub fn common(&mut self) -> &mut Common {
        if matches!(self.protection, Protection::Isolated) {
            self.protection = Protection::default();
        }
        match &mut self.protection {
            Protection::Open(common) => common,
            Protection::Isolated => unreachable!("it was opened just now"),
        }
    }

    /// Whether an access outside of its own window traps.
    pub(crate) fn is_isolated(&self) -> bool {
        matches!(self.protection, Protection::Isolated)
    }

    /// The one stack, if it is asked for.
    pub(crate) fn stack(&self) -> Option<StackSize> {
        match &self.protection {
            Protection::Open(common) => common.stack,
            Protection::Isolated => None,
        }
    }

    /// Whether windows end where less of their memories is used.
    pub(crate) fn is_packed(&self) -> bool {
        matches!(self.size, WindowSize::Packed(_))
    }

    /// Whether something is asked of windows, so that even an only memory has to become one.
    pub(crate) fn asks_for_windows(&self) -> bool {
        *self != SharedOptions::default()
    }
}

/// Where a window ends.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum WindowSize {
    /// Where its memory ends, if that has grown as far as it may.
    Whole(Heap),
    /// Where less of its memory is used, on an assumption. Nothing proves it: if the assumption is wrong, one component
    /// writes over another. The memory cannot grow.
    Packed(PackAssumption),
}

impl Default for WindowSize {
    fn default() -> Self {
        WindowSize::Whole(Heap::default())
    }
}

/// How far memories may grow, in bytes beyond the initial size: whole pages of each memory. A memory without a bound must
/// not have a live `memory.grow`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Heap {
    /// The bound of every instance that `named` does not name.
    pub every: Option<u64>,
    /// The bounds of instances, by the path of a component instance or of a core instance. The closest name counts.
    pub named: BTreeMap<String, u64>,
}

/// What is assumed of the end of what a program uses of its memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PackAssumption {
    /// No component accesses its memory at or beyond its `__heap_base`, which linkers put behind data, bss and stack. True
    /// of a program whose allocator has its heap elsewhere, or none.
    HeapBase,
}

/// What a component can reach of the one memory.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Protection {
    /// All of it: no access is checked, and components can have a stack in common outside of their windows.
    Open(Common),
    /// Its window, and the arena if it allocates there: an access outside traps, at the cost of a check where it cannot be proved to lie inside.
    Isolated,
}

impl Default for Protection {
    fn default() -> Self {
        Protection::Open(Common::default())
    }
}

/// What components have in common in one memory, outside of their windows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Common {
    /// One shadow stack for all components, and how large it is. An error where it cannot be proved that their stacks can
    /// be one.
    pub stack: Option<StackSize>,
}

/// How large the one shadow stack is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StackSize {
    /// As large as the longest chain of calls needs. An error where nothing bounds it.
    Proved,
    /// So many bytes. Frames that might not fit are checked when they are made, and trap.
    Bytes(u64),
}

/// Who allocates in the region above all windows, and how many bytes it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SharedArena {
    /// The embedder, by the import `env::__cabi_arena_realloc`.
    Embedder(u64),
    /// An allocator inside: nothing is imported for it.
    Inside(u64),
}

impl SharedArena {
    /// The size of the region.
    pub fn bytes(self) -> u64 {
        match self {
            SharedArena::Embedder(bytes) | SharedArena::Inside(bytes) => bytes,
        }
    }
}
