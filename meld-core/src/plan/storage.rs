//! Where runtime modules have words of their own: handle tables, and notes of what is rewritten for the host.
//!
//! In: the dfg, the plan of memories, and the user's option. Out: a [`StoragePlan`]. A memory is fastest, but a second
//! one is more than many engines take. So nothing is added to an input with one memory but a table, which WebAssembly
//! has since 2.0; where there are several memories in any case, one more costs nothing. How many there are is
//! known after liveness only: what this module decides before may be [revised](StoragePlan::revised), once.
//!
//! Rejected: to let the guest's own memory have them, where guests could write (`docs/adr/0038-private-storage.md`).

use super::MemoryPlan;
use crate::dfg::{ComponentDfg, Effect};
use crate::options::{HandleStorage, Options};

/// Where runtime modules have words of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WordStorage {
    /// In memories of their own; in one memory with windows, in regions of it.
    Memory,
    /// In a table of functions that all have in common.
    Table,
    /// In arrays of the garbage collector.
    Gc,
}

impl WordStorage {
    /// The storage as the option calls it.
    pub fn name(self) -> &'static str {
        match self {
            WordStorage::Memory => "memory",
            WordStorage::Table => "table",
            WordStorage::Gc => "gc",
        }
    }
}

/// A storage, and whether it may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoragePlan {
    /// Where the words are.
    pub storage: WordStorage,
    /// Whether no option asked for that, so that it becomes another one if not more than one memory of the input is live.
    pub revisable: bool,
}

impl StoragePlan {
    /// Another plan, where what was decided before liveness is not what should have been: `guests` memories of the input
    /// are live, and perhaps (`own`) words of a runtime module.
    pub fn revised(self, guests: usize, own: bool) -> Option<Self> {
        (self.revisable && own && guests <= 1).then_some(Self { storage: WordStorage::Table, revisable: false })
    }
}

pub(super) fn storage(dfg: &ComponentDfg<'_>, memory: &MemoryPlan, options: &Options) -> StoragePlan {
    let fixed = |storage| StoragePlan { storage, revisable: false };
    let windows = memory.shared().is_some();
    match options.handle_storage {
        HandleStorage::Memory => fixed(WordStorage::Memory),
        HandleStorage::Table => fixed(WordStorage::Table),
        HandleStorage::Gc => fixed(WordStorage::Gc),
        HandleStorage::Auto if windows => fixed(WordStorage::Memory),
        HandleStorage::Auto if defined_memories(dfg) <= 1 => fixed(WordStorage::Table),
        HandleStorage::Auto => StoragePlan { storage: WordStorage::Memory, revisable: true },
    }
}

/// How many memories core instances define.
fn defined_memories(dfg: &ComponentDfg<'_>) -> usize {
    let defined = dfg.effects.iter().map(|effect| match *effect {
        Effect::Instantiate(instance) => {
            let module = &dfg.modules[dfg.core_instances[instance].module];
            module.memories.len() - module.imported.memories as usize
        }
        _ => 0,
    });
    defined.sum()
}
