//! Final indices as a scope sees them.
//!
//! In: a scope of the module, and final indices. Out: [`Scoped`], by which bodies and constant expressions of that scope are written. Every
//! instruction on a memory passes [`Remap::access`], [`Remap::memory`] or [`Remap::whole`] on its way to the output.

use super::indices::Indices;
use super::ops;
use crate::error::{MergeError, WayOut};
use crate::ids::{FuncId, ScopeId};
use crate::module::consts::EntityRemap;
use crate::module::references::Whole;
use crate::module::remap::{Bridge, PointerAccess, Remap};
use crate::module::windows::Growth;
use crate::module::{MergedModule, ModuleKey, Op, Scope};
use wasm_encoder::reencode::Reencode;
use wasm_encoder::{Encode, Instruction};

/// Final indices as a scope sees them.
pub(crate) struct Scoped<'i, 'd> {
    pub(crate) module: &'i MergedModule<'d>,
    pub(crate) indices: &'i Indices,
    scope: &'i Scope,
    is_atomic: bool,
}

impl<'i, 'd> Scoped<'i, 'd> {
    pub(crate) fn new(module: &'i MergedModule<'d>, indices: &'i Indices, scope: ScopeId) -> Self {
        Self { module, indices, scope: &module.scopes[scope], is_atomic: false }
    }

    /// The instance's path.
    pub(crate) fn path(&self) -> &str {
        &self.scope.path
    }
}

impl Remap for Scoped<'_, '_> {
    fn func(&mut self, index: u32) -> Result<u32, MergeError> {
        self.indices.funcs.get(self.scope.func(index)?)
    }
    fn table(&mut self, index: u32) -> Result<u32, MergeError> {
        self.indices.tables.get(self.scope.table(index)?)
    }
    fn memory(&mut self, index: u32) -> Result<u32, MergeError> {
        if self.module.windows.as_ref().is_some_and(|windows| !windows.alone) {
            return Err(MergeError::Unsupported {
                item: format!("an instruction on memory {index} of `{}`", self.scope.path),
                reason: "it is about a memory as a whole, and it is not known what it means for a window".to_string(),
                way_out: WayOut::separate_memories(),
            });
        }
        self.indices.memories.get(self.scope.memory(index)?)
    }
    fn access(&mut self, index: u32) -> Result<(u32, u32), MergeError> {
        let memory = self.scope.memory(index)?;
        let base = if self.scope.is_absolute { 0 } else { self.module.base(memory)? };
        Ok((self.indices.memories.get(memory)?, base))
    }
    fn offset(&mut self, offset: u64, base: u32) -> u64 {
        self.module.split_offset(offset, base, self.is_atomic).stays
    }
    fn atomic(&mut self, is_atomic: bool) {
        self.is_atomic = is_atomic;
    }
    fn keeps_offsets(&self) -> bool {
        self.module.windows.as_ref().is_none_or(|windows| windows.max_offset.is_none())
    }
    fn whole(&mut self, whole: Whole, out: &mut Vec<u8>) -> Result<bool, MergeError> {
        let Some(windows) = &self.module.windows else { return Ok(false) };
        let call = match whole {
            Whole::Size(index) => {
                let of_guest = matches!(self.scope.module, ModuleKey::Input(_));
                ops::memory_size(self.module, self.indices, self.scope.memory(index)?, of_guest, out)?;
                return Ok(true);
            }
            Whole::Grow(index) => match windows.window(self.scope.memory(index)?)?.growth {
                Growth::Bounded { grow, .. } => grow,
                Growth::Fixed => {
                    Instruction::Drop.encode(out);
                    Instruction::I32Const(-1).encode(out);
                    return Ok(true);
                }
                // Such growth is refused where it is live.
                Growth::Unbounded => return Err(self.scope.missing("a bound for memory", index)),
            },
            // Where the window ends, so does the memory.
            Whole::Copy(..) | Whole::Fill(_) if windows.alone => return Ok(false),
            Whole::Copy(dst, src) => windows.copy(self.scope.memory(dst)?, self.scope.memory(src)?)?,
            Whole::Fill(index) => windows.fill(self.scope.memory(index)?)?,
            Whole::Init(index, data) => windows.init(self.scope.memory(index)?, self.scope.data(data)?)?,
        };
        Instruction::Call(self.indices.funcs.get(call)?).encode(out);
        Ok(true)
    }
    fn stack_pointer(&mut self, access: PointerAccess, index: u32, out: &mut Vec<u8>) -> Result<bool, MergeError> {
        let Some(shared) = &self.module.stack else { return Ok(false) };
        let Some(&memory) = shared.pointers.get(&self.scope.global(index)?) else { return Ok(false) };
        let base = self.module.base(memory)?;
        let instead = match access {
            PointerAccess::Get => shared.get(base),
            PointerAccess::Set => shared.set(base),
        };
        for op in &instead {
            ops::op(self.module, self.indices, op, out)?;
        }
        Ok(true)
    }
    fn global(&mut self, index: u32) -> Result<u32, MergeError> {
        self.indices.globals.get(self.scope.global(index)?)
    }
    fn tag(&mut self, index: u32) -> Result<u32, MergeError> {
        self.indices.tags.get(self.scope.tag(index)?)
    }
    fn ty(&mut self, index: u32) -> Result<u32, MergeError> {
        self.indices.types.get(self.scope.ty(index)?)
    }
    fn elem(&mut self, index: u32) -> Result<u32, MergeError> {
        self.indices.elems.get(self.scope.elem(index)?)
    }
    fn data(&mut self, index: u32) -> Result<u32, MergeError> {
        self.indices.datas.get(self.scope.data(index)?)
    }
}

impl EntityRemap for Scoped<'_, '_> {
    fn func_id(&mut self, func: FuncId) -> Result<u32, MergeError> {
        self.indices.funcs.get(func)
    }

    fn heap_type(&mut self, scope: ScopeId, ty: wasmparser::HeapType) -> Result<wasm_encoder::HeapType, MergeError> {
        let mut scoped = Scoped::new(self.module, self.indices, scope);
        Ok(Bridge(&mut scoped).heap_type(ty)?)
    }

    fn op(&mut self, op: &Op, out: &mut Vec<u8>) -> Result<(), MergeError> {
        ops::op(self.module, self.indices, op, out)
    }
}
