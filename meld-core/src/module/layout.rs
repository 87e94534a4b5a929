//! Where windows begin.
//!
//! In: nothing. Out: the types of a [`MemoryLayout`], which [`crate::passes::layout`] makes. An address that depends on one is an
//! [`Address`] until bytes are written.

use crate::error::MergeError;
use crate::ids::{DomainId, Id, MemoryId};
use crate::synth::Address;

/// Where everything is in the memories of the result: in the one memory, or in that of each domain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemoryLayout {
    /// The memories of the result, in the order of their domains. One with nothing in it is not there.
    pub memories: Vec<PlacedMemory>,
    /// Log2 of the page size of each in bytes.
    pub page_size_log2: u32,
    /// Base of each memory, where it has one.
    pub(crate) bases: Vec<Option<u32>>,
    /// Where each memory is: a position in `memories`.
    pub(crate) homes: Vec<Option<usize>>,
}

/// A memory of the result: where everything is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedMemory {
    /// The domain whose it is.
    pub domain: DomainId,
    /// How many bytes at address 0 are reserved.
    pub low: u64,
    /// By address.
    pub regions: Vec<Region>,
    /// Where the shared stack begins and ends, in bytes; nowhere, where there is none.
    pub stack: (u64, u64),
    /// Where the arena begins and ends, in bytes.
    pub arena: (u64, u64),
    /// Its size in pages.
    pub pages: u64,
}

/// A window, or a region of a runtime module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// Whose.
    pub memory: MemoryId,
    /// Where its address 0 is, in bytes.
    pub base: u64,
    /// Bytes from there on that are not there: they were its own stack, and others may be in them.
    pub freed: u64,
    /// Its virtual size at first, in bytes.
    pub initial: u64,
    /// What it may grow to, in bytes.
    pub capacity: u64,
    /// Where what is reserved ends: where that ends, or behind it, if regions have a size that a memory protection unit can have.
    pub end: u64,
    /// Whether it is a runtime module's.
    pub runtime: bool,
}

impl MemoryLayout {
    /// Everything that is placed in any memory, in their order.
    pub fn regions(&self) -> impl Iterator<Item = &Region> {
        self.memories.iter().flat_map(|memory| &memory.regions)
    }

    /// Size of a memory of the result in bytes.
    pub fn bytes(&self, memory: &PlacedMemory) -> u64 {
        memory.pages << self.page_size_log2
    }

    /// The memory of the result in which a memory is, which must be live, and its position.
    pub(crate) fn home(&self, memory: MemoryId) -> Result<(usize, &PlacedMemory), MergeError> {
        let position = self.homes.get(memory.index()).copied().flatten();
        position.and_then(|position| Some((position, self.memories.get(position)?))).ok_or_else(|| missing(memory))
    }

    /// The base of a memory, which must be live.
    pub(crate) fn base(&self, memory: MemoryId) -> Result<u32, MergeError> {
        self.bases.get(memory.index()).copied().flatten().ok_or_else(|| missing(memory))
    }

    /// An address.
    pub(crate) fn address(&self, address: Address<MemoryId>) -> Result<u32, MergeError> {
        let address = match address {
            Address::WindowBase(memory) => return self.base(memory),
            Address::WindowStart(memory) => match self.regions().find(|region| region.memory == memory) {
                Some(region) => region.base + region.freed,
                None => return self.base(memory),
            },
            Address::ArenaBase(memory) => self.home(memory)?.1.arena.0,
            Address::ArenaEnd(memory) => self.home(memory)?.1.arena.1,
            Address::StackLimit(memory) => self.home(memory)?.1.stack.0,
            Address::StackTop(memory) => self.home(memory)?.1.stack.1,
        };
        address_32(address)
    }

    /// Where the shared stack of a domain begins.
    pub(crate) fn stack_top(&self, domain: DomainId) -> Result<u32, MergeError> {
        let memory = self.memories.iter().find(|memory| memory.domain == domain);
        let memory = memory.ok_or_else(|| MergeError::Missing {
            item: "the shared stack".to_string(),
            missing: format!("a memory of {domain}"),
        })?;
        address_32(memory.stack.1)
    }
}

fn address_32(address: u64) -> Result<u32, MergeError> {
    u32::try_from(address).map_err(|_| MergeError::Missing {
        item: "live code".to_string(),
        missing: format!("the address {address} in the one memory"),
    })
}

fn missing(memory: MemoryId) -> MergeError {
    MergeError::Missing { item: "live code".to_string(), missing: format!("a window for {memory}") }
}
