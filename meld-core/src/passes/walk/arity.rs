//! How many operands instructions take and leave.
//!
//! In: a module of the input. Out: [`Arity`], by which wasmparser's table of instructions says it. For walks that follow
//! values on the operand stack and need not know more of them than where they are.

use crate::input::CoreModule;
use wasmparser::{BlockType, ContType, FrameKind, ModuleArity, RefType, SubType, TagType};

/// What the number of operands of an instruction depends on. What it does not know ends straight-line code.
pub(in crate::passes) struct Arity<'m> {
    types: Vec<&'m SubType>,
    funcs: &'m [u32],
    tags: &'m [TagType],
}

impl<'m> Arity<'m> {
    /// Of the instructions in the bodies of `module`.
    pub(in crate::passes) fn new(module: &'m CoreModule<'_>) -> Self {
        let types = module.rec_groups.iter().flat_map(|group| group.types()).collect();
        Self { types, funcs: &module.funcs, tags: &module.tags }
    }

    /// How many operands a block takes and leaves.
    pub(in crate::passes) fn block(&self, ty: BlockType) -> Option<(usize, usize)> {
        let (params, results) = self.block_type_arity(ty)?;
        Some((params as usize, results as usize))
    }

    /// How many operands a function takes and leaves.
    pub(in crate::passes) fn func(&self, index: u32) -> Option<(usize, usize)> {
        self.block(BlockType::FuncType(*self.funcs.get(index as usize)?))
    }
}

impl ModuleArity for Arity<'_> {
    fn sub_type_at(&self, index: u32) -> Option<&SubType> {
        self.types.get(index as usize).copied()
    }
    fn tag_type_arity(&self, index: u32) -> Option<(u32, u32)> {
        self.block_type_arity(BlockType::FuncType(self.tags.get(index as usize)?.func_type_idx))
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
    fn label_block(&self, _: u32) -> Option<(BlockType, FrameKind)> {
        None
    }
}
