//! Types, as sections have them.

use super::indices::{Indices, TypeSpace};
use super::scoped::Scoped;
use crate::error::MergeError;
use crate::ids::{MemoryId, TableId};
use crate::module::remap::Bridge;
use crate::module::{GroupSource, MemoryLayout, MergedModule, PlacedMemory};
use wasm_encoder::reencode::Reencode;
use wasm_encoder::{MemoryType, TypeSection};

/// The type of a memory.
pub(super) fn memory_type(module: &MergedModule<'_>, id: MemoryId) -> MemoryType {
    let wasmparser::MemoryType { initial, maximum, memory64, shared, page_size_log2 } = *module.memory(id);
    MemoryType { minimum: initial, maximum, memory64, shared, page_size_log2 }
}

/// The type of a memory of the result of which others are windows. Nothing grows it, so there is no need for room.
pub(super) fn windows_type(layout: &MemoryLayout, memory: &PlacedMemory) -> MemoryType {
    let page_size_log2 = Some(layout.page_size_log2).filter(|&log2| log2 != 16);
    MemoryType { minimum: memory.pages, maximum: Some(memory.pages), memory64: false, shared: false, page_size_log2 }
}

/// The type of a table.
pub(super) fn table_type(
    module: &MergedModule<'_>,
    indices: &Indices,
    id: TableId,
) -> Result<wasm_encoder::TableType, MergeError> {
    let mut scoped = Scoped::new(module, indices, module.tables[id].scope);
    Ok(Bridge(&mut scoped).table_type(module.table(id).ty)?)
}

/// The types that have an index.
pub(super) fn type_section(module: &MergedModule<'_>, indices: &Indices) -> Result<TypeSection, MergeError> {
    let mut section = TypeSection::new();
    for (_, group) in module.types.groups() {
        if indices.types.live(group.first).is_none() {
            continue;
        }
        match &group.source {
            GroupSource::Func(ty) => section.ty().func_type(ty),
            GroupSource::Module(key, position) => {
                let space = module.types.space(*key).ok_or_else(|| MergeError::Missing {
                    item: "the type section".to_string(),
                    missing: format!("types of {key:?}"),
                })?;
                let group = module.module(*key).rec_groups[*position].clone();
                let mut remap = TypeSpace { indices, space };
                Bridge(&mut remap).parse_recursive_type_group(section.ty(), group)?;
            }
        }
    }
    Ok(section)
}
