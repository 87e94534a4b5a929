//! Segments: what they write, and whether that can fail.
//!
//! In: element and data segments of the merged module. Out: their targets, offsets and sizes. A segment
//! whose offset is a known constant and whose target is large enough from the start is *in bounds*:
//! memories and tables never shrink, so it cannot trap, whenever it runs.

use crate::error::MergeError;
use crate::ids::{DataId, ElemId, MemoryId, ScopeId, TableId};
use crate::module::consts::{self, ConstValue};
use crate::module::{MergedModule, Origin};
use wasmparser::{ConstExpr, Data, DataKind, Element, ElementItems, ElementKind, MemoryType, Table};

/// Log2 of the page size of a memory without a custom one.
const DEFAULT_PAGE_SIZE_LOG2: u32 = 16;

impl<'d> MergedModule<'d> {
    /// The definition of a table.
    pub(crate) fn table(&self, id: TableId) -> &Table<'d> {
        let Origin { scope, index } = self.tables[id];
        let module = self.module_of(scope);
        &module.tables[(module.imported.tables + index) as usize]
    }

    /// The definition of a memory.
    pub(crate) fn memory(&self, id: MemoryId) -> &MemoryType {
        let Origin { scope, index } = self.memories[id];
        let module = self.module_of(scope);
        &module.memories[(module.imported.memories + index) as usize]
    }

    /// The definition of an element segment.
    pub(crate) fn elem(&self, id: ElemId) -> &Element<'d> {
        let Origin { scope, index } = self.elems[id].origin;
        &self.module_of(scope).elements[index as usize]
    }

    /// The definition of a data segment.
    pub(crate) fn data(&self, id: DataId) -> &Data<'d> {
        let Origin { scope, index } = self.datas[id].origin;
        &self.module_of(scope).data[index as usize]
    }

    /// Where an element segment that is active in the input goes.
    pub(crate) fn elem_target(&self, id: ElemId) -> Result<Option<(TableId, &ConstExpr<'d>)>, MergeError> {
        match &self.elem(id).kind {
            ElementKind::Active { table_index, offset_expr } => {
                // The compact encoding leaves out table 0.
                let index = table_index.map_or(0, |index| index);
                Ok(Some((self.scopes[self.elems[id].origin.scope].table(index)?, offset_expr)))
            }
            ElementKind::Passive | ElementKind::Declared => Ok(None),
        }
    }

    /// Where a data segment that is active in the input goes.
    pub(crate) fn data_target(&self, id: DataId) -> Result<Option<(MemoryId, &ConstExpr<'d>)>, MergeError> {
        match &self.data(id).kind {
            DataKind::Active { memory_index, offset_expr } => {
                Ok(Some((self.scopes[self.datas[id].origin.scope].memory(*memory_index)?, offset_expr)))
            }
            DataKind::Passive => Ok(None),
        }
    }

    /// Whether an active element segment cannot trap.
    pub(crate) fn elem_in_bounds(&self, id: ElemId) -> Result<bool, MergeError> {
        let Some((table, offset)) = self.elem_target(id)? else { return Ok(true) };
        let len = u64::from(element_count(&self.elem(id).items));
        Ok(match self.constant_offset(self.elems[id].origin.scope, offset)? {
            Some(offset) => offset.checked_add(len).is_some_and(|end| end <= self.table(table).ty.initial),
            None => false,
        })
    }

    /// Whether an active data segment cannot trap.
    pub(crate) fn data_in_bounds(&self, id: DataId) -> Result<bool, MergeError> {
        let Some((memory, offset)) = self.data_target(id)? else { return Ok(true) };
        let ty = self.memory(memory);
        let page = ty.page_size_log2.unwrap_or(DEFAULT_PAGE_SIZE_LOG2);
        let bytes = u128::from(ty.initial) << page;
        let len = self.data(id).data.len() as u128;
        Ok(match self.constant_offset(self.datas[id].origin.scope, offset)? {
            Some(offset) => u128::from(offset) + len <= bytes,
            None => false,
        })
    }

    /// The value of an offset, where it is known.
    pub(crate) fn constant_offset(&self, scope: ScopeId, offset: &ConstExpr<'_>) -> Result<Option<u64>, MergeError> {
        Ok(match consts::evaluate(self, scope, offset)? {
            // Offsets are unsigned.
            Some(ConstValue::I32(offset)) => Some(u64::from(offset as u32)),
            Some(ConstValue::I64(offset)) => Some(offset as u64),
            _ => None,
        })
    }
}

/// The number of elements of a segment.
pub(crate) fn element_count(items: &ElementItems<'_>) -> u32 {
    match items {
        ElementItems::Functions(funcs) => funcs.count(),
        ElementItems::Expressions(_, exprs) => exprs.count(),
    }
}
