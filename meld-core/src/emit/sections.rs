//! Every section but the code section.
//!
//! In: live entities and final indices. Out: sections of the binary format. Types, limits and initializers
//! are read where the input has them and re-encoded through the scope of their instance.

use super::indices::Indices;
use super::placement::Placement;
use super::scoped::Scoped;
use super::types::{memory_type, table_type, type_section, windows_type};
use super::{limits, storage};
use crate::error::MergeError;
use crate::ids::{DataId, ElemId, FuncId, Id};
use crate::module::Live;
use crate::module::remap::{Bridge, Remap};
use crate::module::{ExportItem, FuncDef, GlobalDef, MergedExport, MergedModule, Op, consts};
use std::collections::BTreeSet;
use wasm_encoder::reencode::Reencode;
use wasm_encoder::{
    ConstExpr, DataSection, ElementSection, Elements, EntityType, ExportKind, ExportSection, FunctionSection,
    GlobalSection, GlobalType, ImportSection, MemorySection, TableSection, TagSection, TypeSection, ValType,
};
use wasmparser::{ElementItems, ElementKind, TableInit};

/// Writes sections.
pub(crate) struct Sections<'s, 'd> {
    pub(crate) live: &'s Live<'d>,
    pub(crate) indices: &'s Indices,
    pub(crate) placement: &'s Placement,
}

impl<'s, 'd> Sections<'s, 'd> {
    fn module(&self) -> &'s MergedModule<'d> {
        &self.live.module
    }

    fn scoped(&self, scope: crate::ids::ScopeId) -> Scoped<'s, 'd> {
        Scoped::new(self.module(), self.indices, scope)
    }

    fn expr(&self, scope: crate::ids::ScopeId, expr: &wasmparser::ConstExpr<'_>) -> Result<ConstExpr, MergeError> {
        Ok(ConstExpr::raw(consts::encode(self.module(), scope, expr, &mut self.scoped(scope))?))
    }

    /// Live functions that are not imported, in the order of their indices.
    pub(crate) fn defined_funcs(&self) -> impl Iterator<Item = FuncId> + Clone + use<'s, 'd> {
        let module = self.module();
        let marks = &self.live.marks;
        module.funcs.ids().filter(move |&id| {
            marks.funcs[id.index()] && module.canonical(id) == id && !matches!(module.funcs[id].def, FuncDef::Import(_))
        })
    }

    /// About how many bytes the module will have. Most are bodies, data, and names.
    pub(crate) fn guess(&self) -> usize {
        const NAME: usize = 64;
        let module = self.module();
        let data = module.datas.ids().filter(|id| self.live.marks.datas[id.index()]);
        let data: usize = data.map(|id| module.data(id).data.len()).sum();
        super::code::guess(module, self.defined_funcs()) + data + self.indices.funcs.count as usize * NAME
    }

    pub(crate) fn types(&self) -> Result<TypeSection, MergeError> {
        type_section(self.module(), self.indices)
    }

    pub(crate) fn imports(&self) -> Result<ImportSection, MergeError> {
        let mut section = ImportSection::new();
        for (import, &func) in &self.module().host_imports {
            if self.live.marks.funcs[func.index()]
                && let Some(interface) = self.module().interface.imports.get(import)
            {
                let ty = self.indices.types.get(self.module().funcs[func].ty)?;
                limits::check_name(&interface.module)?;
                limits::check_name(&interface.field)?;
                section.import(&interface.module, &interface.field, EntityType::Function(ty));
            }
        }
        for (index, &memory) in self.placement.memories.iter().enumerate() {
            let ty = memory_type(self.module(), memory);
            section.import(&self.placement.storage_name(index), storage::MEMORY, EntityType::Memory(ty));
        }
        for (index, &table) in self.placement.tables.iter().enumerate() {
            let ty = table_type(self.module(), self.indices, table)?;
            section.import(&self.placement.storage_name(index), storage::TABLE, EntityType::Table(ty));
        }
        Ok(section)
    }

    pub(crate) fn functions(&self) -> Result<FunctionSection, MergeError> {
        let mut section = FunctionSection::new();
        for func in self.defined_funcs() {
            section.function(self.indices.types.get(self.module().funcs[func].ty)?);
        }
        Ok(section)
    }

    pub(crate) fn tables(&self) -> Result<TableSection, MergeError> {
        let mut section = TableSection::new();
        for (id, origin) in self.module().tables.iter().filter(|(id, _)| self.live.marks.tables[id.index()]) {
            if self.placement.tables.contains(&id) {
                continue;
            }
            let table = self.module().table(id);
            let ty = table_type(self.module(), self.indices, id)?;
            match &table.init {
                TableInit::RefNull => {
                    section.table(ty);
                }
                TableInit::Expr(init) => {
                    let mut scoped = TableInitializer(self.scoped(origin.scope));
                    let init = consts::encode(self.module(), origin.scope, init, &mut scoped)?;
                    section.table_with_init(ty, &ConstExpr::raw(init));
                }
            }
        }
        Ok(section)
    }

    pub(crate) fn memories(&self) -> Result<MemorySection, MergeError> {
        let mut section = MemorySection::new();
        if let Some(layout) = &self.live.module.layout {
            for memory in layout.memories.iter().take(self.indices.memories.count as usize) {
                section.memory(windows_type(layout, memory));
            }
            return Ok(section);
        }
        for id in self.module().memories.ids().filter(|id| self.live.marks.memories[id.index()]) {
            if !self.placement.memories.contains(&id) {
                section.memory(memory_type(self.module(), id));
            }
        }
        Ok(section)
    }

    pub(crate) fn tags(&self) -> Result<TagSection, MergeError> {
        let mut section = TagSection::new();
        for (_, origin) in self.module().tags.iter().filter(|(id, _)| self.live.marks.tags[id.index()]) {
            let module = self.module().module_of(origin.scope);
            let tag = module.tags[(module.imported.tags + origin.index) as usize];
            section.tag(Bridge(&mut self.scoped(origin.scope)).tag_type(tag)?);
        }
        Ok(section)
    }

    pub(crate) fn globals(&self) -> Result<GlobalSection, MergeError> {
        let mut section = GlobalSection::new();
        for (_, global) in self.module().globals.iter().filter(|(id, _)| self.live.marks.globals[id.index()]) {
            match *global {
                GlobalDef::Guest(origin) => {
                    let global = &self.module().module_of(origin.scope).globals[origin.index as usize];
                    let ty = Bridge(&mut self.scoped(origin.scope)).global_type(global.ty)?;
                    section.global(ty, &self.expr(origin.scope, &global.init_expr)?);
                }
                GlobalDef::Flag(flag, initial) => {
                    let ty = GlobalType { val_type: flag.ty(), mutable: true, shared: false };
                    let initial = match flag.ty() {
                        ValType::I64 => ConstExpr::i64_const(initial.into()),
                        _ => ConstExpr::i32_const(initial),
                    };
                    section.global(ty, &initial);
                }
                GlobalDef::Address(place) => {
                    let ty = GlobalType { val_type: ValType::I32, mutable: false, shared: false };
                    section.global(ty, &ConstExpr::i32_const(self.module().address(place)?.cast_signed()));
                }
                GlobalDef::StackPointer => {
                    let ty = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
                    section.global(ty, &ConstExpr::i32_const(self.module().stack_top()?.cast_signed()));
                }
                GlobalDef::Passed(val_type) => {
                    let ty = GlobalType { val_type, mutable: true, shared: false };
                    section.global(ty, &zero(val_type));
                }
                GlobalDef::Constant(value) => {
                    let ty = GlobalType { val_type: ValType::I32, mutable: false, shared: false };
                    section.global(ty, &ConstExpr::i32_const(value));
                }
            }
        }
        Ok(section)
    }

    /// The name under which a memory of the interface is exported: a memory of which several are windows has one name.
    pub(super) fn memory_name<'n>(&'n self, name: &'n str) -> &'n str {
        let module = self.module();
        let home = |export: &MergedExport| match export.item {
            ExportItem::Memory(memory) => module.layout.as_ref().and_then(|layout| layout.home(memory).ok()),
            _ => None,
        };
        let Some((position, _)) = module.exports.get(name).and_then(home) else { return name };
        let first = module.exports.iter().find(|(_, export)| home(export).is_some_and(|(other, _)| other == position));
        first.map_or(name, |(first, _)| first)
    }

    /// Whether an export is there.
    pub(crate) fn is_exported(&self, name: &str) -> bool {
        self.module().exports.get(name).is_some_and(|export| {
            export.always
                || self.module().host_imports.iter().any(|(import, func)| {
                    self.live.marks.funcs[func.index()]
                        && self.module().interface.imports.get(import).is_some_and(|interface| {
                            [&interface.options.memory, &interface.options.realloc, &interface.table]
                                .into_iter()
                                .any(|used| used.as_deref() == Some(name))
                        })
                })
        })
    }

    pub(crate) fn exports(&self, init: Option<&str>) -> Result<ExportSection, MergeError> {
        let mut section = ExportSection::new();
        let mut memories = BTreeSet::new();
        for (name, export) in &self.module().exports {
            if self.is_exported(name) {
                limits::check_name(name)?;
                match export.item {
                    ExportItem::Func(func) => {
                        section.export(name, ExportKind::Func, self.indices.funcs.get(func)?);
                    }
                    ExportItem::Table(table) => {
                        section.export(name, ExportKind::Table, self.indices.tables.get(table)?);
                    }
                    ExportItem::Global(global) => {
                        section.export(name, ExportKind::Global, self.indices.globals.get(global)?);
                    }
                    ExportItem::Memory(memory) => {
                        let name = self.memory_name(name);
                        if memories.insert(name) {
                            section.export(name, ExportKind::Memory, self.indices.memories.get(memory)?);
                        }
                    }
                }
            }
        }
        if let Some((name, func)) = init.zip(self.module().init_func) {
            section.export(name, ExportKind::Func, self.indices.funcs.get(func)?);
        }
        Ok(section)
    }

    pub(crate) fn elements(&self) -> Result<ElementSection, MergeError> {
        let mut section = ElementSection::new();
        let mut declared: BTreeSet<u32> = BTreeSet::new();
        for export in self.module().exports.iter().filter(|(name, _)| self.is_exported(name)) {
            if let ExportItem::Func(func) = export.1.item {
                declared.insert(self.indices.funcs.get(func)?);
            }
        }
        for (&table, &func) in &self.placement.filled {
            let table_index = self.indices.tables.get(table)?;
            let func = self.indices.funcs.get(func)?;
            declared.insert(func);
            let ty = table_type(self.module(), self.indices, table)?;
            let count = ty.minimum as usize;
            let items = match ty.element_type {
                wasm_encoder::RefType::FUNCREF => Elements::Functions(vec![func; count].into()),
                ty => Elements::Expressions(ty, vec![ConstExpr::ref_func(func); count].into()),
            };
            let start = if ty.table64 { ConstExpr::i64_const(0) } else { ConstExpr::i32_const(0) };
            let table_index = (table_index != 0 || !is_plain(&items)).then_some(table_index);
            section.active(table_index, &start, items);
        }
        for id in self.placement.element_order(self.live)? {
            self.element(id, &mut section, &mut declared)?;
        }
        // `ref.func` in code needs its function to be mentioned outside of code, too.
        let mut missing = BTreeSet::new();
        for id in self.module().funcs.ids().filter(|id| self.live.marks.referenced[id.index()]) {
            let index = self.indices.funcs.get(id)?;
            if !declared.contains(&index) {
                missing.insert(index);
            }
        }
        if !missing.is_empty() {
            let missing: Vec<u32> = missing.into_iter().collect();
            section.declared(Elements::Functions(missing.into()));
        }
        Ok(section)
    }

    fn element(
        &self,
        id: ElemId,
        section: &mut ElementSection,
        declared: &mut BTreeSet<u32>,
    ) -> Result<(), MergeError> {
        let element = self.module().elem(id);
        let segment = self.module().elems[id];
        let scope = segment.origin.scope;
        let mut scoped = self.scoped(scope);
        let items = match &element.items {
            ElementItems::Functions(funcs) => {
                let funcs = funcs.clone().into_iter().map(|func| scoped.func(func?)).collect::<Result<Vec<_>, _>>()?;
                declared.extend(&funcs);
                Elements::Functions(funcs.into())
            }
            ElementItems::Expressions(ty, exprs) => {
                let ty = Bridge(&mut scoped).ref_type(*ty)?;
                let exprs =
                    exprs.clone().into_iter().map(|expr| self.expr(scope, &expr?)).collect::<Result<Vec<_>, _>>()?;
                Elements::Expressions(ty, exprs.into())
            }
        };
        match &element.kind {
            ElementKind::Active { offset_expr, .. } if !segment.deferred => {
                let Some((table, _)) = self.module().elem_target(id)? else { return Ok(()) };
                let table = self.indices.tables.get(table)?;
                // The compact encoding of table 0 takes functions only.
                let table = (table != 0 || !is_plain(&items)).then_some(table);
                section.active(table, &self.expr(scope, offset_expr)?, items);
            }
            ElementKind::Active { .. } | ElementKind::Passive => {
                section.passive(items);
            }
            ElementKind::Declared => {
                section.declared(items);
            }
        }
        Ok(())
    }

    /// The offset of an active data segment in a window. It is in bounds, or it would wait for init; so its offset
    /// is known, and the sum has 32 bits.
    fn rebased_offset(
        &self,
        id: DataId,
        offset: &wasmparser::ConstExpr<'_>,
        base: u32,
    ) -> Result<ConstExpr, MergeError> {
        let constant = self.module().constant_offset(self.module().datas[id].origin.scope, offset)?;
        let offset = constant.and_then(|offset| u32::try_from(offset + u64::from(base)).ok());
        let offset = offset
            .ok_or_else(|| MergeError::Missing { item: format!("{id}"), missing: "a constant offset".to_string() })?;
        Ok(ConstExpr::i32_const(offset.cast_signed()))
    }

    /// Whether code mentions data segments, so that their number must be known before the code.
    pub(crate) fn needs_data_count(&self) -> bool {
        let deferred = self.module().datas.iter().any(|(id, data)| data.deferred && self.live.marks.datas[id.index()]);
        self.live.marks.code_mentions_data || deferred
    }

    pub(crate) fn data(&self) -> Result<DataSection, MergeError> {
        let mut section = DataSection::new();
        for id in self.module().datas.ids().filter(|id| self.live.marks.datas[id.index()]) {
            let segment = self.module().datas[id];
            if self.placement.moved.contains(&id) {
                // Code that mentions it finds it empty, as an active segment is once instantiation is over.
                if self.needs_data_count() {
                    section.passive([]);
                }
                continue;
            }
            let bytes = self.module().data(id).data.iter().copied();
            match self.module().data_target(id)? {
                Some((memory, offset)) if !segment.deferred => {
                    let offset = match self.module().base(memory)? {
                        0 => self.expr(segment.origin.scope, offset)?,
                        base => self.rebased_offset(id, offset, base)?,
                    };
                    section.active(self.indices.memories.get(memory)?, &offset, bytes);
                }
                _ => {
                    section.passive(bytes);
                }
            }
        }
        Ok(section)
    }
}

/// Whether a segment is a list of functions, so that the compact encoding for table 0 can have it.
fn is_plain(items: &Elements<'_>) -> bool {
    match items {
        Elements::Functions(_) => true,
        Elements::Expressions(ty, _) => *ty == wasm_encoder::RefType::FUNCREF,
    }
}

/// Initializers of tables come before all globals of the module.
struct TableInitializer<'s, 'd>(Scoped<'s, 'd>);

impl Remap for TableInitializer<'_, '_> {
    fn func(&mut self, index: u32) -> Result<u32, MergeError> {
        self.0.func(index)
    }
    fn ty(&mut self, index: u32) -> Result<u32, MergeError> {
        self.0.ty(index)
    }
    fn data(&mut self, index: u32) -> Result<u32, MergeError> {
        self.0.data(index)
    }
    fn elem(&mut self, index: u32) -> Result<u32, MergeError> {
        self.0.elem(index)
    }
    fn global(&mut self, index: u32) -> Result<u32, MergeError> {
        Err(MergeError::Unsupported {
            item: format!("a table of `{}`", self.0.path()),
            reason: format!(
                "its initializer reads global {index}, which holds an object that another module allocates at \
                 instantiation, and the table section precedes all globals"
            ),
            way_out: "fill the table with an element segment instead".into(),
        })
    }
}

impl consts::EntityRemap for TableInitializer<'_, '_> {
    fn func_id(&mut self, func: FuncId) -> Result<u32, MergeError> {
        self.0.func_id(func)
    }
    fn heap_type(
        &mut self,
        scope: crate::ids::ScopeId,
        ty: wasmparser::HeapType,
    ) -> Result<wasm_encoder::HeapType, MergeError> {
        self.0.heap_type(scope, ty)
    }
    fn op(&mut self, op: &Op, out: &mut Vec<u8>) -> Result<(), MergeError> {
        self.0.op(op, out)
    }
}

/// The number 0 of a type.
fn zero(ty: ValType) -> ConstExpr {
    match ty {
        ValType::I64 => ConstExpr::i64_const(0),
        ValType::F32 => ConstExpr::f32_const(0f32.into()),
        ValType::F64 => ConstExpr::f64_const(0f64.into()),
        // No other type has a global of this kind: see `TypeStore::numbers`.
        _ => ConstExpr::i32_const(0),
    }
}
