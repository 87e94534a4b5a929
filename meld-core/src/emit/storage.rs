//! Modules that define a memory, a table or both for the fused module to import.
//!
//! In: a live module and its [`Placement`]. Out: for each module its bytes. It exports what it defines, and it contains
//! the data segments that moved along. It imports nothing, so it can be instantiated before the fused module; all that it
//! knows of that module is types, where the type of a table mentions some.

use super::indices::Indices;
use super::placement::Placement;
use super::scoped::Scoped;
use super::types::{memory_type, table_type, type_section};
use crate::error::MergeError;
use crate::ids::{CoreTypeId, Id, MemoryId, ScopeId, TableId};
use crate::module::Live;
use crate::module::references::{Use, const_uses, entity};
use crate::module::{MergedModule, consts};
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, ExportKind, ExportSection, Function, FunctionSection, MemorySection, Module,
    TableSection, TypeSection,
};
use wasmparser::{HeapType, TableInit};

/// A module that defines a memory, a table or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageModule {
    /// The name of the module that the fused module imports them from.
    pub name: String,
    /// The module.
    pub bytes: Vec<u8>,
}

/// Name of the memory, as an export here and as an import there.
pub(super) const MEMORY: &str = "memory";

/// Name of the table.
pub(super) const TABLE: &str = "table";

/// All such modules.
pub(super) fn storages(live: &Live<'_>, placement: &Placement) -> Result<Vec<StorageModule>, MergeError> {
    (0..placement.storages())
        .map(|index| {
            let (memory, table) = (placement.memories.get(index), placement.tables.get(index));
            let bytes = storage(live, placement, memory.copied(), table.copied())?;
            super::features::validate(&bytes).map_err(|error| MergeError::Invalid(error.into()))?;
            Ok(StorageModule { name: placement.storage_name(index), bytes })
        })
        .collect()
}

fn storage(
    live: &Live<'_>,
    placement: &Placement,
    memory: Option<MemoryId>,
    table: Option<TableId>,
) -> Result<Vec<u8>, MergeError> {
    let mut module = Module::new();
    let (mut memories, mut exports, mut data) = (MemorySection::new(), ExportSection::new(), DataSection::new());
    if let Some(memory) = memory {
        memories.memory(memory_type(&live.module, memory));
        exports.export(MEMORY, ExportKind::Memory, 0);
        for &id in &placement.moved {
            let Some((target, offset)) = live.module.data_target(id)? else { continue };
            if target == memory {
                let offset = live.module.constant_offset(live.module.datas[id].origin.scope, offset)?;
                let offset = offset.ok_or_else(|| missing("a constant offset", id))?;
                let offset = match live.module.memory(memory).memory64 {
                    true => ConstExpr::i64_const(offset.cast_signed()),
                    false => ConstExpr::i32_const((offset as u32).cast_signed()),
                };
                data.active(0, &offset, live.module.data(id).data.iter().copied());
            }
        }
    }
    let mut tables = Tables::default();
    if let Some(table) = table {
        tables = Tables::new(live, placement, table)?;
        exports.export(TABLE, ExportKind::Table, 0);
    }
    if !tables.types.is_empty() {
        module.section(&tables.types);
    }
    if !tables.functions.is_empty() {
        module.section(&tables.functions);
    }
    if !tables.tables.is_empty() {
        module.section(&tables.tables);
    }
    if !memories.is_empty() {
        module.section(&memories);
    }
    module.section(&exports);
    if !tables.code.is_empty() {
        module.section(&tables.code);
    }
    if !data.is_empty() {
        module.section(&data);
    }
    Ok(module.finish())
}

fn missing(what: &str, item: impl Id) -> MergeError {
    MergeError::Missing { item: format!("{item:?}"), missing: what.to_string() }
}

/// What a table needs.
#[derive(Default)]
struct Tables {
    types: TypeSection,
    functions: FunctionSection,
    tables: TableSection,
    code: CodeSection,
}

impl Tables {
    fn new(live: &Live<'_>, placement: &Placement, id: TableId) -> Result<Self, MergeError> {
        let module = &live.module;
        let (table, scope) = (module.table(id), module.tables[id].scope);
        let indices = Indices::of_types(live, &groups(module, id)?);
        let mut section = Self { types: type_section(module, &indices)?, ..Self::default() };
        let ty = table_type(module, &indices, id)?;
        match &table.init {
            TableInit::Expr(_) if placement.filled.contains_key(&id) && !table.ty.element_type.is_nullable() => {
                // There must be something in it until the fused module fills it.
                let index = match concrete(module, scope, table.ty.element_type.heap_type())? {
                    Some(ty) => indices.types.get(ty)?,
                    None => {
                        section.types.ty().function([], []);
                        indices.types.count
                    }
                };
                section.functions.function(index);
                let mut body = Function::new([]);
                body.instructions().unreachable().end();
                section.code.function(&body);
                section.tables.table_with_init(ty, &ConstExpr::ref_func(0));
            }
            TableInit::Expr(init) if !placement.filled.contains_key(&id) => {
                let init = consts::encode(module, scope, init, &mut Scoped::new(module, &indices, scope))?;
                section.tables.table_with_init(ty, &ConstExpr::raw(init));
            }
            TableInit::Expr(_) | TableInit::RefNull => {
                section.tables.table(ty);
            }
        }
        Ok(section)
    }
}

/// The type that a heap type names.
fn concrete(module: &MergedModule<'_>, scope: ScopeId, ty: HeapType) -> Result<Option<CoreTypeId>, MergeError> {
    match ty {
        HeapType::Concrete(index) | HeapType::Exact(index) => {
            index.as_module_index().map(|index| module.scopes[scope].ty(index)).transpose()
        }
        HeapType::Abstract { .. } => Ok(None),
    }
}

/// The groups of types that a table and its initializer mention, closed: for each group whether it is one.
fn groups(module: &MergedModule<'_>, id: TableId) -> Result<Vec<bool>, MergeError> {
    let (table, scope) = (module.table(id), module.tables[id].scope);
    let mut work: Vec<CoreTypeId> = Vec::new();
    work.extend(concrete(module, scope, table.ty.element_type.heap_type())?);
    if let TableInit::Expr(init) = &table.init {
        for raw in const_uses(init)? {
            match entity(module, scope, raw)? {
                Use::Type(ty) => work.push(ty),
                Use::Global(global) => {
                    if let Some(consts::ConstValue::RefNull(scope, ty)) = module.global_values[global.index()] {
                        work.extend(concrete(module, scope, ty)?);
                    }
                }
                _ => {}
            }
        }
    }
    let mut groups = vec![false; module.types.group_count()];
    while let Some(ty) = work.pop() {
        let group = module.types.group_of(ty);
        if !std::mem::replace(&mut groups[group.index()], true) {
            work.extend(&module.types.group(group).mentions);
        }
    }
    Ok(groups)
}
