//! How many operands instructions take and leave.
//!
//! In: a module of the input. Out: [`Arity`], by which wasmparser's table of instructions says it. For walks that follow
//! values on the operand stack and need not know more of them than where they are.

use crate::parse::CoreModule;
use wasmparser::{ContType, FrameKind, ModuleArity, RefType, SubType};

/// What the number of operands of an instruction depends on. What it does not know ends straight-line code.
pub(super) struct Arity<'m> {
    types: Vec<&'m SubType>,
    funcs: &'m [u32],
}

impl<'m> Arity<'m> {
    /// Of the instructions in the bodies of `module`.
    pub(super) fn new(module: &'m CoreModule<'_>) -> Self {
        Self { types: module.rec_groups.iter().flat_map(|group| group.types()).collect(), funcs: &module.funcs }
    }
}

impl ModuleArity for Arity<'_> {
    fn sub_type_at(&self, index: u32) -> Option<&SubType> {
        self.types.get(index as usize).copied()
    }
    fn tag_type_arity(&self, _: u32) -> Option<(u32, u32)> {
        None
    }
    fn type_index_of_function(&self, index: u32) -> Option<u32> {
        self.funcs.get(index as usize).copied()
    }
    fn func_type_of_cont_type(&self, _: &ContType) -> Option<&wasmparser::FuncType> {
        None
    }
    fn sub_type_of_ref_type(&self, _: &RefType) -> Option<&SubType> {
        None
    }
    fn control_stack_height(&self) -> u32 {
        0
    }
    fn label_block(&self, _: u32) -> Option<(wasmparser::BlockType, FrameKind)> {
        None
    }
}
