//! What is rewritten in values between an instance and the host.
//!
//! In: canonical options. Out: an [`Edge`]: whether the two sides call handles and pointers by different numbers.
//!
//! - Handles differ where the instance has a table of its own ([`HandleTables`]), and ends of streams and futures where these are in the module.
//! - Pointers differ where the memory of the options is a window that does not begin at address 0
//!   ([`MemoryPlan::pointers`]): the host knows the one memory and addresses in it. Where the window does begin there, they
//!   are the same numbers, but the host does not know where the window ends, so they are checked all the same.

use super::{FusionPlan, MemoryPlan};
use crate::abi::Abi;
use crate::abi::handles::HandleTypes;
use crate::abi::signature::CanonSide;
use crate::abi::types::FuncType;
use crate::dfg::CanonOptions;
use crate::handle_tables::{HandleSpace, HandleTables};

/// What a guest's pointers are to the host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Pointers {
    /// Addresses in a memory that is the guest's own.
    #[default]
    Same,
    /// Addresses in a memory of which the guest's is the first window: valid only if they are so in the window.
    Checked,
    /// Numbers that count from where the window begins.
    Moved,
}

/// What is rewritten in values between an instance and the host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Edge {
    /// Handles of the host are others than those of the instance.
    pub handles: bool,
    /// The same of ends of streams and futures.
    pub waitables: bool,
    /// What the guest's pointers are to the host.
    pub pointers: Pointers,
}

impl Edge {
    /// That of an instance with these canonical options.
    pub(super) fn new(handles: &HandleTables, memory: &MemoryPlan, options: &CanonOptions) -> Self {
        Edge {
            handles: handles.space(options.instance) == HandleSpace::Tabled,
            waitables: handles.has_waitables(),
            pointers: options.memory.map(|item| memory.pointers(item)).unwrap_or_default(),
        }
    }

    /// Whether something is rewritten or checked when a function of type `ty` is called: one that is lifted, or one that is lowered. What
    /// the host writes into a window goes through the guest's `realloc`, whose results are checked apart from this.
    pub fn concerns(self, abi: &Abi<'_>, ty: &FuncType, side: CanonSide) -> bool {
        let handles = HandleTypes::of_func(abi.types(), ty);
        if self.handles && !handles.is_empty() || self.waitables && handles.waitables {
            return true;
        }
        match self.pointers {
            Pointers::Same => false,
            Pointers::Moved => abi.needs_memory(ty),
            Pointers::Checked => {
                let signature = abi.signature(ty, side);
                signature.results_in_memory.is_some()
                    || side == CanonSide::Lower
                        && (signature.params_in_memory.is_some()
                            || ty.params.iter().any(|(_, ty)| abi.facts(*ty).has_pointers))
            }
        }
    }

    /// Whether a guest's memory is a window of the one that the host knows.
    pub fn windowed(self) -> bool {
        self.pointers != Pointers::Same
    }
}

impl FusionPlan {
    /// What is rewritten between the host and an instance with these canonical options.
    pub fn edge(&self, options: &CanonOptions) -> Edge {
        Edge::new(&self.handles, &self.memory, options)
    }
}
