//! What can be reached from where.
//!
//! In: roots. Out: [`Marks`], a set of entities that is closed under "mentions": whatever code that starts
//! at the roots could call, read or write. A function is reached when it is called *or* when a reference
//! to it lies in something reached (a table's segments, a global), so indirect calls need no case of their
//! own. A reached import reaches the memory, the realloc and the destructors through which its host may
//! come back. Two passes ask: [`crate::passes::start`] what start functions could observe, and [`crate::passes::liveness`] what is live.

use super::windows::Size;
use crate::error::MergeError;
use crate::ids::{CoreTypeId, DataId, ElemId, FuncId, GlobalId, Id, MemoryId, RecGroupId, ScopeId, TableId, TagId};
use crate::module::references::{Entity, Use, const_uses, entity};
use crate::module::{ExportItem, FuncDef, GlobalDef, MergedModule};
use crate::synth::HostImport;
use std::collections::VecDeque;
use wasmparser::{ConstExpr, ElementItems, TableInit};

/// A set of entities.
pub(crate) struct Marks {
    pub(crate) funcs: Vec<bool>,
    pub(crate) tables: Vec<bool>,
    pub(crate) memories: Vec<bool>,
    pub(crate) globals: Vec<bool>,
    pub(crate) tags: Vec<bool>,
    pub(crate) elems: Vec<bool>,
    pub(crate) datas: Vec<bool>,
    pub(crate) groups: Vec<bool>,
    /// Functions of which reached code takes a reference.
    pub(crate) referenced: Vec<bool>,
    /// Tables on which reached code does anything but indirect calls.
    pub(crate) touched_tables: Vec<bool>,
    /// Reached functions with indirect calls through a table.
    pub(crate) indirect_callers: Vec<FuncId>,
    /// Whether reached code mentions a data segment.
    pub(crate) code_mentions_data: bool,
    /// Where memories are windows: the function in which each reached function was found first; `None` for a root.
    /// Chains are short: what is found first is looked at first.
    pub(crate) reached_from: Option<Vec<Option<FuncId>>>,
}

impl Marks {
    /// Notes a function that has just been added to the module and is live.
    pub(crate) fn added(&mut self) {
        self.funcs.push(true);
        self.referenced.push(false);
        if let Some(reached_from) = &mut self.reached_from {
            reached_from.push(None);
        }
    }
}

/// A traversal in progress.
pub(crate) struct Reach<'m, 'd> {
    module: &'m MergedModule<'d>,
    /// What has been reached.
    pub(crate) marks: Marks,
    funcs: VecDeque<FuncId>,
    globals: Vec<GlobalId>,
    /// The function that is being looked at.
    current: Option<FuncId>,
    table_segments: Vec<Vec<ElemId>>,
    memory_segments: Vec<Vec<DataId>>,
}

/// Sets a mark; whether it is new.
fn set(marks: &mut [bool], id: impl Id) -> bool {
    !std::mem::replace(&mut marks[id.index()], true)
}

impl<'m, 'd> Reach<'m, 'd> {
    pub(crate) fn new(module: &'m MergedModule<'d>) -> Result<Self, MergeError> {
        let mut table_segments = vec![Vec::new(); module.tables.len()];
        for id in module.elems.ids() {
            if let Some((table, _)) = module.elem_target(id)? {
                table_segments[table.index()].push(id);
            }
        }
        let mut memory_segments = vec![Vec::new(); module.memories.len()];
        for id in module.datas.ids() {
            if let Some((memory, _)) = module.data_target(id)? {
                memory_segments[memory.index()].push(id);
            }
        }
        let marks = Marks {
            funcs: vec![false; module.funcs.len()],
            tables: vec![false; module.tables.len()],
            memories: vec![false; module.memories.len()],
            globals: vec![false; module.globals.len()],
            tags: vec![false; module.tags.len()],
            elems: vec![false; module.elems.len()],
            datas: vec![false; module.datas.len()],
            groups: vec![false; module.types.group_count()],
            referenced: vec![false; module.funcs.len()],
            touched_tables: vec![false; module.tables.len()],
            indirect_callers: Vec::new(),
            code_mentions_data: false,
            reached_from: module.windows.as_ref().map(|_| vec![None; module.funcs.len()]),
        };
        let (funcs, globals) = (VecDeque::new(), Vec::new());
        Ok(Self { module, marks, funcs, globals, current: None, table_segments, memory_segments })
    }

    /// Adds a root and everything that it reaches.
    pub(crate) fn add(&mut self, root: Entity) -> Result<(), MergeError> {
        self.current = None;
        self.mark(root)?;
        // Work lists, not recursion: chains of calls and of initializers are as long as the input likes.
        let module = self.module;
        loop {
            if let Some(global) = self.globals.pop() {
                self.initializer(global)?;
                continue;
            }
            // Where it matters by which way a function is reached, the shortest is found first. Otherwise what was
            // found last is nearest in memory.
            let next = if self.marks.reached_from.is_some() { self.funcs.pop_front() } else { self.funcs.pop_back() };
            let Some(func) = next else { return Ok(()) };
            self.current = Some(func);
            self.ty(self.module.funcs[func].ty);
            if let FuncDef::Import(import) = self.module.funcs[func].def {
                self.import(import)?;
            }
            module.uses(func, |used| {
                match used {
                    Use::FuncRef(func) => {
                        set(&mut self.marks.referenced, func);
                    }
                    Use::Data(_) => self.marks.code_mentions_data = true,
                    Use::Table(table) => {
                        set(&mut self.marks.touched_tables, table);
                    }
                    Use::TableCall(_) if self.marks.indirect_callers.last() != Some(&func) => {
                        self.marks.indirect_callers.push(func);
                    }
                    _ => {}
                }
                self.mark(used)
            })?;
        }
    }

    fn mark(&mut self, entity: Entity) -> Result<(), MergeError> {
        match entity {
            Use::Func(func) | Use::FuncRef(func) => {
                let func = self.module.canonical(func);
                if set(&mut self.marks.funcs, func) {
                    if let Some(reached_from) = &mut self.marks.reached_from {
                        reached_from[func.index()] = self.current;
                    }
                    self.funcs.push_back(func);
                }
                Ok(())
            }
            Use::TableCall(table) | Use::Table(table) => self.table(table),
            Use::Memory(memory) => self.memory(memory),
            Use::Global(global) => {
                if set(&mut self.marks.globals, global) {
                    self.globals.push(global);
                }
                Ok(())
            }
            Use::Tag(tag) => self.tag(tag),
            Use::Type(ty) => {
                self.ty(ty);
                Ok(())
            }
            Use::Elem(elem) => self.elem(elem),
            Use::Data(data) => self.data(data),
            Use::Whole(never) => match never {},
        }
    }

    fn table(&mut self, id: TableId) -> Result<(), MergeError> {
        if !set(&mut self.marks.tables, id) {
            return Ok(());
        }
        let table = self.module.table(id);
        let scope = self.module.tables[id].scope;
        self.ref_type(scope, table.ty.element_type)?;
        if let TableInit::Expr(init) = &table.init {
            self.expr(scope, init)?;
        }
        for segment in std::mem::take(&mut self.table_segments[id.index()]) {
            self.elem(segment)?;
        }
        Ok(())
    }

    fn memory(&mut self, id: MemoryId) -> Result<(), MergeError> {
        if set(&mut self.marks.memories, id) {
            // Every access asks for the virtual size where windows are isolated.
            if let Some(windows) = &self.module.windows
                && windows.isolate
                && let Size::Global(size) = windows.window(id)?.size()
            {
                self.mark(Use::Global(size))?;
            }
            for segment in std::mem::take(&mut self.memory_segments[id.index()]) {
                self.data(segment)?;
            }
        }
        Ok(())
    }

    fn initializer(&mut self, id: GlobalId) -> Result<(), MergeError> {
        if let GlobalDef::Guest(origin) = self.module.globals[id] {
            let global = &self.module.module_of(origin.scope).globals[origin.index as usize];
            if let wasmparser::ValType::Ref(ty) = global.ty.content_type {
                self.ref_type(origin.scope, ty)?;
            }
            self.expr(origin.scope, &global.init_expr)?;
        }
        Ok(())
    }

    fn tag(&mut self, id: TagId) -> Result<(), MergeError> {
        if set(&mut self.marks.tags, id) {
            let origin = self.module.tags[id];
            let module = self.module.module_of(origin.scope);
            let tag = module.tags[(module.imported.tags + origin.index) as usize];
            self.ty(self.module.scopes[origin.scope].ty(tag.func_type_idx)?);
        }
        Ok(())
    }

    fn elem(&mut self, id: ElemId) -> Result<(), MergeError> {
        if !set(&mut self.marks.elems, id) {
            return Ok(());
        }
        let module = self.module;
        let scope = module.elems[id].origin.scope;
        if let Some((table, offset)) = module.elem_target(id)? {
            self.table(table)?;
            self.expr(scope, offset)?;
        }
        match &module.elem(id).items {
            ElementItems::Functions(funcs) => {
                for func in funcs.clone() {
                    self.mark(Use::FuncRef(module.scopes[scope].func(func?)?))?;
                }
            }
            ElementItems::Expressions(ty, exprs) => {
                self.ref_type(scope, *ty)?;
                for expr in exprs.clone() {
                    self.expr(scope, &expr?)?;
                }
            }
        }
        Ok(())
    }

    fn data(&mut self, id: DataId) -> Result<(), MergeError> {
        if set(&mut self.marks.datas, id)
            && let Some((memory, offset)) = self.module.data_target(id)?
        {
            self.memory(memory)?;
            self.expr(self.module.datas[id].origin.scope, offset)?;
            // In a window, the init function asks another where the range is, which checks it.
            if self.module.datas[id].deferred
                && let Some(windows) = &self.module.windows
            {
                self.mark(Use::Func(windows.place(memory)?))?;
            }
        }
        Ok(())
    }

    /// What a constant expression mentions; a global with a known value is replaced by it.
    fn expr(&mut self, scope: ScopeId, expr: &ConstExpr<'_>) -> Result<(), MergeError> {
        for raw in const_uses(expr)? {
            match entity(self.module, scope, raw)? {
                Use::Global(global) if self.module.global_values[global.index()].is_some() => {
                    self.value(global)?;
                }
                used => self.mark(used)?,
            }
        }
        Ok(())
    }

    fn value(&mut self, global: GlobalId) -> Result<(), MergeError> {
        use crate::module::consts::ConstValue;
        match self.module.global_values[global.index()] {
            Some(ConstValue::RefFunc(func)) => self.mark(Use::FuncRef(func)),
            Some(ConstValue::RefNull(scope, ty)) => self.heap_type(scope, ty),
            _ => Ok(()),
        }
    }

    fn ref_type(&mut self, scope: ScopeId, ty: wasmparser::RefType) -> Result<(), MergeError> {
        self.heap_type(scope, ty.heap_type())
    }

    fn heap_type(&mut self, scope: ScopeId, ty: wasmparser::HeapType) -> Result<(), MergeError> {
        if let wasmparser::HeapType::Concrete(index) | wasmparser::HeapType::Exact(index) = ty
            && let Some(index) = index.as_module_index()
        {
            self.ty(self.module.scopes[scope].ty(index)?);
        }
        Ok(())
    }

    fn ty(&mut self, ty: CoreTypeId) {
        // Most types have been reached before.
        let first = self.module.types.group_of(ty);
        if !set(&mut self.marks.groups, first) {
            return;
        }
        let mut work: Vec<RecGroupId> = vec![first];
        while let Some(group) = work.pop() {
            for &mention in &self.module.types.group(group).mentions {
                let group = self.module.types.group_of(mention);
                if set(&mut self.marks.groups, group) {
                    work.push(group);
                }
            }
        }
    }

    /// What the host may come back to while the import runs.
    fn import(&mut self, import: HostImport) -> Result<(), MergeError> {
        for item in self.module.host_may_use(import)? {
            match item {
                ExportItem::Func(func) => self.mark(Use::Func(func))?,
                ExportItem::Table(table) => self.table(table)?,
                ExportItem::Memory(memory) => self.memory(memory)?,
                ExportItem::Global(global) => self.mark(Use::Global(global))?,
            }
        }
        Ok(())
    }
}

impl MergedModule<'_> {
    /// The exports that the host needs while an import runs: the memory and the `realloc` of its options, the table in which it finds
    /// the function of a thread, and the destructors of what it may drop. While the module is being instantiated, it cannot use any others.
    pub(crate) fn host_may_use(&self, import: HostImport) -> Result<Vec<ExportItem>, MergeError> {
        let interface = &self.interface;
        let mut names: Vec<&str> = Vec::new();
        if let Some(import) = interface.imports.get(&import) {
            names.extend(import.options.memory.as_deref());
            names.extend(import.options.realloc.as_deref());
            names.extend(import.table.as_deref());
            names.extend(import.droppable.iter().filter_map(|id| interface.dtors.get(id)).map(String::as_str));
        }
        if let HostImport::ResourceDrop(resource) = import
            && let Some(name) = interface.dtors.get(&resource)
        {
            names.push(name);
        }
        let missing = |name: &str| crate::module::missing("the options of an import", format!("the export `{name}`"));
        let item = |name: &str| self.exports.get(name).map(|export| export.item).ok_or_else(|| missing(name));
        names.into_iter().map(item).collect()
    }
}
