//! Where windows begin.
//!
//! In: nothing. Out: the types of a [`MemoryLayout`], which [`crate::passes::layout`] makes. An address that depends on one is an
//! [`Address`] until bytes are written.

use crate::error::MergeError;
use crate::ids::{Id, MemoryId};
use crate::synth::Address;

/// Where everything in the one memory is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemoryLayout {
    /// How many bytes at address 0 are reserved.
    pub low: u64,
    /// By address.
    pub regions: Vec<Region>,
    /// Where the shared stack begins and ends, in bytes; nowhere, where there is none.
    pub stack: (u64, u64),
    /// Where the arena begins and ends, in bytes.
    pub arena: (u64, u64),
    /// Size of the memory in pages.
    pub pages: u64,
    /// Log2 of the page size in bytes.
    pub page_size_log2: u32,
    /// Base of each memory, where it has one.
    pub(crate) bases: Vec<Option<u32>>,
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
    /// What is reserved, in bytes.
    pub capacity: u64,
    /// Whether it is a runtime module's.
    pub runtime: bool,
}

impl MemoryLayout {
    /// Size of the memory in bytes.
    pub fn bytes(&self) -> u64 {
        self.pages << self.page_size_log2
    }

    /// The base of a memory, which must be live.
    pub(crate) fn base(&self, memory: MemoryId) -> Result<u32, MergeError> {
        self.bases.get(memory.index()).copied().flatten().ok_or_else(|| MergeError::Missing {
            item: "live code".to_string(),
            missing: format!("a window for {memory}"),
        })
    }

    /// An address.
    pub(crate) fn address(&self, address: Address<MemoryId>) -> Result<u32, MergeError> {
        let address = match address {
            Address::WindowBase(memory) => return self.base(memory),
            Address::WindowStart(memory) => match self.regions.iter().find(|region| region.memory == memory) {
                Some(region) => region.base + region.freed,
                None => return self.base(memory),
            },
            Address::ArenaBase => self.arena.0,
            Address::ArenaEnd => self.arena.1,
            Address::StackLimit => self.stack.0,
            Address::StackTop => self.stack.1,
        };
        u32::try_from(address).map_err(|_| MergeError::Missing {
            item: "live code".to_string(),
            missing: format!("the address {address} in the one memory"),
        })
    }
}
