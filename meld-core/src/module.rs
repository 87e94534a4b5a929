//! The fused module, as data.
//!
//! In: nothing. Out: [`MergedModule`]: arenas of entities, and questions about them. [`crate::merger`] makes it, [`crate::passes`]
//! change it, and [`crate::emit`] writes it. Nothing here knows any of them, or what a component is.
//!
//! A function body is either input bytes with the scope that says what its indices mean, or synthesized. An id is identity;
//! final indices do not exist here.
//! Rejected: instructions as values (guest code is spliced, see [`splice`]), and one module index space
//! that is patched up while modules are appended (every later question, "whose table is this?", would be
//! arithmetic on offsets).

pub(crate) mod allocation;
pub mod area;
pub(crate) mod call_graph;
pub(crate) mod consts;
mod entities;
pub(crate) mod insertions;
mod layout;
mod live;
pub(crate) mod offsets;
mod print;
pub(crate) mod reach;
pub(crate) mod references;
pub(crate) mod remap;
mod runtime;
pub(crate) mod segments;
pub(crate) mod splice;
pub(crate) mod stack;
mod types;
pub(crate) mod windows;

pub(crate) use entities::InGlobals;
pub use entities::{
    Code, DirectCall, Func, FuncDef, GlobalDef, InitStep, ModuleKey, Op, Origin, Scope, Segment, Synthesized,
};
pub use layout::{MemoryLayout, PlacedMemory, Region};
pub use live::{GcReport, Live};
pub(crate) use types::GroupSource;
pub use types::TypeStore;

use crate::core_interface::CoreInterface;
use crate::dfg::{ComponentDfg, CoreKind};
use crate::error::MergeError;
use crate::ids::{
    Arena, DataId, DomainId, ElemId, FuncId, GlobalId, Id, MemoryId, RuntimeModuleId, ScopeId, TableId, TagId,
};
use crate::input::CoreModule;
use crate::plan::ConsumerNeeds;
use crate::runtime::RuntimeInstances;
use crate::synth::{Address, HostImport, TrapClass};
use consts::ConstValue;
use indexmap::IndexMap;
use offsets::SplitOffset;
use stack::SharedStack;
use std::collections::BTreeMap;
use std::rc::Rc;
use windows::Windows;

/// A module in the making.
pub struct MergedModule<'d> {
    /// The composition.
    pub dfg: &'d ComponentDfg<'d>,
    /// What the module imports and exports, and by which names.
    pub interface: CoreInterface,
    /// The runtime's modules that are merged in.
    pub runtime_modules: Arena<RuntimeModuleId, Rc<CoreModule<'static>>>,
    /// One per core instance, in the order of instantiation.
    pub scopes: Arena<ScopeId, Scope>,
    /// Core types.
    pub types: TypeStore,
    /// Functions.
    pub funcs: Arena<FuncId, Func>,
    /// Tables.
    pub tables: Arena<TableId, Origin>,
    /// Memories.
    pub memories: Arena<MemoryId, Origin>,
    /// Globals. Initializers mention earlier ones only.
    pub globals: Arena<GlobalId, GlobalDef>,
    /// Tags.
    pub tags: Arena<TagId, Origin>,
    /// Element segments, in the order of instantiation.
    pub elems: Arena<ElemId, Segment>,
    /// Data segments, in the order of instantiation.
    pub datas: Arena<DataId, Segment>,
    /// The imports.
    pub host_imports: IndexMap<HostImport, FuncId>,
    /// What the interface exports, by the name of the export.
    pub exports: IndexMap<String, MergedExport>,
    /// What is called instead of start functions, by their scopes.
    pub(crate) starts: IndexMap<ScopeId, FuncId>,
    /// What instantiation does after active segments, in order.
    pub init: Vec<InitStep>,
    /// The function that does it, if there is anything to do.
    pub init_func: Option<FuncId>,
    /// What each function turned out to be: itself, or one that is called in its stead.
    pub(crate) aliases: Vec<FuncId>,
    /// Instances of runtime modules that have words of their own: handle tables, and notes.
    pub(crate) with_words: Vec<ScopeId>,
    /// Why a function is not supported, where it is not.
    pub(crate) unsupported: IndexMap<FuncId, String>,
    /// Constant values of the guests' globals.
    pub(crate) global_values: Vec<Option<ConstValue>>,
    /// The runtime's instances; their scopes come first, in this order.
    pub(crate) runtime: RuntimeInstances,
    /// What traps, by why.
    pub(crate) traps: BTreeMap<TrapClass, FuncId>,
    /// Every memory as a window of one, where there is one.
    pub(crate) windows: Option<Windows>,
    /// The stack that all share, where they do.
    pub(crate) stack: Option<SharedStack>,
    /// Where windows begin, where there are any.
    pub(crate) layout: Option<MemoryLayout>,
    /// What the program that reads the result needs.
    pub(crate) needs: ConsumerNeeds,
    /// Whether functions that differ in little become one.
    pub(crate) merge_similar: bool,
    /// What the user should know of the result, in words.
    pub(crate) notes: Vec<String>,
    /// Synthesized functions that are in the place of one of a core module.
    pub(crate) stands_for: IndexMap<FuncId, Origin>,
    /// Functions that add a number to an address, by the number.
    pub(crate) adders: IndexMap<u32, FuncId>,
    /// Functions of which some parameters or results are in globals.
    pub(crate) in_globals: IndexMap<FuncId, InGlobals>,
}

/// An export of the merged module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MergedExport {
    /// What is exported.
    pub item: ExportItem,
    /// Whether it is there for its own sake. Otherwise it serves imports that name it in their options,
    /// and goes when these go.
    pub always: bool,
}

/// What an export exports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportItem {
    /// A function.
    Func(FuncId),
    /// A table.
    Table(TableId),
    /// A memory.
    Memory(MemoryId),
    /// A global.
    Global(GlobalId),
}

impl<'d> MergedModule<'d> {
    /// A module with nothing in it.
    pub fn new(dfg: &'d ComponentDfg<'d>, interface: CoreInterface) -> Self {
        Self {
            dfg,
            interface,
            runtime_modules: Arena::new(),
            scopes: Arena::new(),
            types: TypeStore::default(),
            funcs: Arena::new(),
            tables: Arena::new(),
            memories: Arena::new(),
            globals: Arena::new(),
            tags: Arena::new(),
            elems: Arena::new(),
            datas: Arena::new(),
            host_imports: IndexMap::new(),
            exports: IndexMap::new(),
            starts: IndexMap::new(),
            init: Vec::new(),
            init_func: None,
            aliases: Vec::new(),
            with_words: Vec::new(),
            unsupported: IndexMap::new(),
            global_values: Vec::new(),
            runtime: RuntimeInstances::new(),
            traps: BTreeMap::new(),
            windows: None,
            stack: None,
            layout: None,
            needs: ConsumerNeeds::default(),
            merge_similar: false,
            notes: Vec::new(),
            stands_for: IndexMap::new(),
            adders: IndexMap::new(),
            in_globals: IndexMap::new(),
        }
    }

    /// The module of a scope.
    pub(crate) fn module_of(&self, scope: ScopeId) -> &CoreModule<'d> {
        self.module(self.scopes[scope].module)
    }

    /// The module of a key.
    pub(crate) fn module(&self, key: ModuleKey) -> &CoreModule<'d> {
        lookup(self.dfg, &self.runtime_modules, key)
    }
}

/// The module of a key.
pub(crate) fn lookup<'m, 'd>(
    dfg: &'m ComponentDfg<'d>,
    runtime: &'m Arena<RuntimeModuleId, Rc<CoreModule<'static>>>,
    key: ModuleKey,
) -> &'m CoreModule<'d> {
    match key {
        ModuleKey::Input(id) => &dfg.modules[id],
        ModuleKey::Runtime(id) => &runtime[id],
    }
}

impl MergedModule<'_> {
    /// How many parameters a function has. Its type is that of a function: the input is validated, and what is added has one.
    pub(crate) fn param_count(&self, func: FuncId) -> usize {
        self.types.params(self.funcs[func].ty).expect("a function has the type of a function")
    }

    /// Adds a function, which is called as itself.
    pub fn add_func(&mut self, func: Func) -> FuncId {
        let id = self.funcs.push(func);
        self.aliases.push(id);
        id
    }

    /// Makes functions that were put into the arena without [`MergedModule::add_func`] called as themselves, as all are.
    pub(crate) fn complete(&mut self) {
        let without = self.funcs.ids().skip(self.aliases.len());
        self.aliases.extend(without);
    }

    /// The function that traps and says why.
    pub fn trap(&mut self, class: TrapClass) -> FuncId {
        if let Some(&known) = self.traps.get(&class) {
            return known;
        }
        let ty = self.types.func(&[], &[]);
        let func = self.add_func(Func { ty, def: FuncDef::Trap(class) });
        self.traps.insert(class, func);
        func
    }

    /// What is added to addresses of a memory.
    pub(crate) fn base(&self, memory: MemoryId) -> Result<u32, MergeError> {
        self.layout.as_ref().map_or(Ok(0), |layout| layout.base(memory))
    }

    /// The offset of an access to a window at `base`: what is added to the address, and what stays.
    pub(crate) fn split_offset(&self, offset: u64, base: u32, is_atomic: bool) -> SplitOffset {
        match self.windows.as_ref().and_then(|windows| windows.max_offset) {
            Some(max) => SplitOffset::new(offset, base, max, is_atomic),
            None => SplitOffset { added: 0, stays: remap::rebased(offset, base) },
        }
    }

    /// An address that depends on where memories are.
    pub(crate) fn address(&self, address: Address<MemoryId>) -> Result<u32, MergeError> {
        self.layout.as_ref().map_or(Ok(0), |layout| layout.address(address))
    }

    /// The top of the shared stack.
    pub(crate) fn stack_top(&self) -> Result<u32, MergeError> {
        self.layout.as_ref().map_or(Ok(0), |layout| layout.stack_top(DomainId::new(0)))
    }

    /// A global that a module calls by this name: an export, or an entry of the name section.
    pub(crate) fn named_global(&self, scope: ScopeId, name: &str) -> Option<GlobalId> {
        let parsed = self.module_of(scope);
        let exported = parsed.exports.get(name).filter(|export| export.kind == CoreKind::Global);
        let named = || parsed.global_names.iter().find(|(_, known)| **known == name).map(|(index, _)| *index);
        self.scopes[scope].global(exported.map(|export| export.index).or_else(named)?).ok()
    }

    /// The function of a core module that a function is, or in whose place it is.
    pub(crate) fn origin(&self, func: FuncId) -> Option<Origin> {
        match &self.funcs[func].def {
            FuncDef::Guest { origin, .. } => Some(*origin),
            _ => self.stands_for.get(&func).copied(),
        }
    }

    /// What is called where `func` is.
    pub(crate) fn canonical(&self, mut func: FuncId) -> FuncId {
        while self.aliases[func.index()] != func {
            func = self.aliases[func.index()];
        }
        func
    }

    /// Values of globals, in order: an initializer mentions earlier ones only.
    pub(crate) fn evaluate_globals(&mut self) -> Result<(), MergeError> {
        // Those that have one keep it: this is done twice, and some globals are made between.
        for id in self.globals.ids().skip(self.global_values.len()) {
            let value = match self.globals[id] {
                GlobalDef::Guest(origin) => {
                    let global = &self.module_of(origin.scope).globals[origin.index as usize];
                    consts::evaluate(self, origin.scope, &global.init_expr)?
                }
                GlobalDef::Constant(value) => Some(ConstValue::I32(value)),
                GlobalDef::Flag(..) | GlobalDef::Address(_) | GlobalDef::StackPointer | GlobalDef::Passed(_) => None,
            };
            self.global_values.push(value);
        }
        Ok(())
    }
}

impl MergedModule<'_> {
    /// A memory, for people.
    pub(crate) fn memory_name(&self, memory: MemoryId) -> String {
        let origin = self.memories[memory];
        format!("memory {} of `{}`", origin.index, self.scopes[origin.scope].path)
    }
}

/// The error for a reference to nothing.
pub(crate) fn missing(item: &str, missing: String) -> MergeError {
    MergeError::Missing { item: item.to_string(), missing }
}
