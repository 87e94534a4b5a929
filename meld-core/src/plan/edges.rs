//! What is rewritten in values between an instance and the outer world.
//!
//! In: canonical options. Out: an [`Edge`]: whether the two sides call handles and pointers by different numbers.
//!
//! - Handles differ where the instance has a table of its own ([`HandlePlan`]).
//! - Pointers differ where the memory of the options is a window that does not begin at address 0
//!   ([`MemoryPlan::may_be_moved`]): the outer world knows the one memory and addresses in it.

use super::{FusionPlan, HandlePlan, HandleSpace, MemoryPlan};
use crate::abi::Abi;
use crate::abi::handles::Handles;
use crate::abi::types::FuncType;
use crate::dfg::CanonOptions;
use crate::synth::MemoryRef;

/// What is rewritten in values between an instance and the outer world.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Edge {
    /// Handles of the outer world are others than those of the instance.
    pub handles: bool,
    /// Addresses of the outer world are others than the pointers of the guest.
    pub pointers: bool,
}

impl Edge {
    /// That of an instance with these canonical options.
    pub(super) fn new(handles: &HandlePlan, memory: &MemoryPlan, options: &CanonOptions) -> Self {
        Edge {
            handles: handles.spaces[options.instance] == HandleSpace::Tabled,
            pointers: options.memory.is_some_and(|item| memory.may_be_moved(MemoryRef::Core(item))),
        }
    }

    /// Whether something is rewritten when a function of type `ty` is called.
    pub fn concerns(self, abi: &Abi<'_>, ty: &FuncType) -> bool {
        self.handles && !Handles::of_func(abi.types(), ty).is_empty() || self.pointers && abi.needs_memory(ty)
    }
}

impl FusionPlan {
    /// What is rewritten between the outer world and an instance with these canonical options.
    pub fn edge(&self, options: &CanonOptions) -> Edge {
        Edge::new(&self.handles, &self.memory, options)
    }
}
