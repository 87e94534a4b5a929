//! Stage 6: every core instance in one index space.
//!
//! In: the [`ComponentDfg`], the [`FusionPlan`] and [`Adapted`]. Out: a [`MergedModule`]: arenas of entities.
//! A function body is either input bytes with the scope that says what its indices mean, or synthesized.
//! A module that is instantiated k times is here k times; one that is never instantiated, not at all.
//! The merger knows nothing of component types: canonical built-ins have become functions before.
//!
//! An import of a core instance costs nothing: it is the entity of its argument under another index. Two
//! imports bound to one memory are that memory. Final indices do not exist here; [`crate::emit`] makes
//! them of what [`crate::gc`] leaves.
//! Rejected: instructions as values (guest code is spliced, see [`bodies`]), and one module index space
//! that is patched up while modules are appended (every later question, "whose table is this?", would be
//! arithmetic on offsets).

pub(crate) mod allocation;
pub(crate) mod bodies;
pub(crate) mod consts;
mod entities;
mod print;
pub(crate) mod reach;
pub(crate) mod reindex;
mod resolve;
mod scopes;
pub(crate) mod segments;
mod start;
mod types;
pub(crate) mod uses;

pub use entities::{
    Code, DirectCall, Func, FuncDef, GlobalDef, InitStep, ModuleKey, Op, Origin, Scope, Segment, Synthesized,
};
pub(crate) use types::GroupSource;
pub use types::TypeStore;

pub mod handle_tables;

pub use handle_tables::{HandleTableInfo, HandleTables};

use crate::adapter::Adapted;
use crate::dfg::ComponentDfg;
use crate::error::MergeError;
use crate::ids::{
    Arena, CoreInstanceId, DataId, ElemId, FuncId, GlobalId, Id, MemoryId, RuntimeModuleId, ScopeId, SynthId, TableId,
    TagId,
};
use crate::memory::stack::SharedStack;
use crate::memory::{Place, Windows};
use crate::parse::CoreModule;
use crate::plan::{FusionPlan, MemoryPlan, OuterFace};
use crate::runtime::RuntimeModule;
use crate::synth::{GlobalRef, OuterImport, TrapClass};
use consts::ConstValue;
use indexmap::IndexMap;
use std::collections::BTreeMap;
use std::rc::Rc;

/// A module in the making.
pub struct MergedModule<'d> {
    /// The composition.
    pub dfg: &'d ComponentDfg<'d>,
    /// What the module imports and exports, and by which names.
    pub face: OuterFace,
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
    pub outer: IndexMap<OuterImport, FuncId>,
    /// What the face exports, by the name of the export.
    pub exports: IndexMap<String, Export>,
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
    /// Every memory as a window of one, where there is one.
    pub(crate) windows: Option<Windows>,
    /// The stack that all share, where they do.
    pub(crate) stack: Option<SharedStack>,
}

/// An export of the merged module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Export {
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
    /// A memory.
    Memory(MemoryId),
    /// A global.
    Global(GlobalId),
}

/// Merges everything.
pub fn merge<'d>(
    dfg: &'d ComponentDfg<'_>,
    plan: &FusionPlan,
    mut adapted: Adapted,
) -> Result<MergedModule<'d>, MergeError> {
    let out = MergedModule {
        dfg,
        face: std::mem::take(&mut adapted.face),
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
        outer: IndexMap::new(),
        exports: IndexMap::new(),
        starts: IndexMap::new(),
        init: Vec::new(),
        init_func: None,
        aliases: Vec::new(),
        with_words: Vec::new(),
        unsupported: IndexMap::new(),
        global_values: Vec::new(),
        windows: None,
        stack: None,
    };
    let mut merger = Merger {
        dfg,
        adapted,
        out,
        instance_scopes: IndexMap::new(),
        runtime_scopes: Vec::new(),
        runtime_keys: Vec::new(),
        imports_bound: false,
        synths: Vec::new(),
        traps: BTreeMap::new(),
        flags: IndexMap::new(),
        constants: BTreeMap::new(),
        addresses: BTreeMap::new(),
    };
    // Imports in the order in which the face declares them.
    merger.declare_imports()?;
    // Entities for every definition, then what every import stands for.
    merger.define_instances()?;
    merger.declare_synths()?;
    merger.bind_imports()?;
    // From here on every index of every scope has a meaning.
    if let MemoryPlan::Shared(shared) = &plan.memory {
        merger.out.evaluate_globals()?;
        merger.make_windows(shared)?;
    }
    merger.write_synths()?;
    merger.export_face()?;
    merger.starts()?;
    let mut out = merger.out;
    out.aliases = out.funcs.ids().collect();
    out.evaluate_globals()?;
    start::order(&mut out)?;
    Ok(out)
}

/// A merge in progress.
pub(crate) struct Merger<'d> {
    pub(crate) dfg: &'d ComponentDfg<'d>,
    pub(crate) adapted: Adapted,
    pub(crate) out: MergedModule<'d>,
    pub(crate) instance_scopes: IndexMap<CoreInstanceId, ScopeId>,
    pub(crate) runtime_scopes: Vec<ScopeId>,
    runtime_keys: Vec<(&'static [u8], RuntimeModuleId)>,
    imports_bound: bool,
    synths: Vec<FuncId>,
    traps: BTreeMap<TrapClass, FuncId>,
    flags: IndexMap<GlobalRef, GlobalId>,
    constants: BTreeMap<i32, GlobalId>,
    addresses: BTreeMap<Place, GlobalId>,
}

impl Merger<'_> {
    fn declare_imports(&mut self) -> Result<(), MergeError> {
        for (&import, face) in &self.out.face.imports {
            let ty = self.out.types.func(&face.params, &face.results);
            let func = self.out.funcs.push(Func { ty, def: FuncDef::Import(import) });
            self.out.outer.insert(import, func);
        }
        Ok(())
    }

    /// Ids for synthesized functions, whose bodies may mention each other.
    fn declare_synths(&mut self) -> Result<(), MergeError> {
        for (id, synth) in self.adapted.synths.iter() {
            let ty = self.out.types.func(&synth.params, &synth.results);
            let code = Code { locals: Vec::new(), ops: Vec::new() };
            let def = FuncDef::Synth(Box::new(Synthesized { name: synth.name.clone(), code, id: Some(id) }));
            let func = self.out.funcs.push(Func { ty, def });
            if let Some(reason) = &synth.unsupported {
                self.out.unsupported.insert(func, reason.clone());
            }
            self.synths.push(func);
        }
        Ok(())
    }

    fn write_synths(&mut self) -> Result<(), MergeError> {
        let synths = std::mem::take(&mut self.adapted.synths);
        for (id, synth) in synths.iter() {
            let written = self.code(synth.locals.clone(), &synth.body)?;
            let FuncDef::Synth(synth) = &mut self.out.funcs[self.synths[id.index()]].def else {
                return Err(resolve::missing("synthesized code", SynthId::to_string(&id)));
            };
            synth.code = written;
        }
        Ok(())
    }

    /// A module of the runtime, parsed when first asked for.
    fn runtime_module(&mut self, module: RuntimeModule) -> Result<ModuleKey, MergeError> {
        // They are few, and most differ in length: to hash one takes longer than to look at all.
        if let Some(&(_, known)) = self.runtime_keys.iter().find(|(wasm, _)| *wasm == module.wasm) {
            return Ok(ModuleKey::Runtime(known));
        }
        let parsed = crate::parse::parse_valid_module(module.name, module.wasm).map_err(|error| {
            MergeError::Reencode { item: format!("runtime module `{}`", module.name), reason: error.to_string() }
        })?;
        let id = self.out.runtime_modules.push(Rc::new(parsed));
        self.runtime_keys.push((module.wasm, id));
        Ok(ModuleKey::Runtime(id))
    }

    /// Resolves what the face exports.
    fn export_face(&mut self) -> Result<(), MergeError> {
        let face = self.out.face.clone();
        let mut wanted: Vec<&str> = Vec::new();
        for export in face.exports.values() {
            let options = &export.options;
            for name in [&options.memory, &options.realloc, &options.post_return].into_iter().flatten() {
                wanted.push(name);
            }
            let item = ExportItem::Func(self.func(export.func)?);
            self.export(&export.field, Export { item, always: true })?;
        }
        for (func, name) in face.dtors.values() {
            let item = ExportItem::Func(self.func(*func)?);
            self.export(name, Export { item, always: true })?;
        }
        for (name, &memory) in &face.memories {
            let item = ExportItem::Memory(self.memory(memory)?);
            let always = !face.addresses.is_empty() || wanted.contains(&name.as_str());
            self.export(name, Export { item, always })?;
        }
        for (name, &address) in &face.addresses {
            let item = ExportItem::Global(self.address(address)?);
            self.export(name, Export { item, always: true })?;
        }
        for (name, &func) in &face.funcs {
            let item = ExportItem::Func(self.func(func)?);
            self.export(name, Export { item, always: wanted.contains(&name.as_str()) })?;
        }
        Ok(())
    }

    /// Resolves what is called instead of start functions.
    fn starts(&mut self) -> Result<(), MergeError> {
        for (instance, start) in std::mem::take(&mut self.adapted.starts) {
            let missing = || resolve::missing("a start function", format!("{instance}"));
            let scope = *self.instance_scopes.get(&instance).ok_or_else(missing)?;
            let start = self.func(start)?;
            self.out.starts.insert(scope, start);
        }
        Ok(())
    }

    fn export(&mut self, name: &str, export: Export) -> Result<(), MergeError> {
        match self.out.exports.insert(name.to_string(), export) {
            None => Ok(()),
            Some(_) => Err(MergeError::Reencode {
                item: format!("export `{name}`"),
                reason: "two exports of the fused module have the same name".to_string(),
            }),
        }
    }
}

impl MergedModule<'_> {
    /// What is called where `func` is.
    pub(crate) fn canonical(&self, mut func: FuncId) -> FuncId {
        while self.aliases[func.index()] != func {
            func = self.aliases[func.index()];
        }
        func
    }

    /// Values of globals, in order: an initializer mentions earlier ones only.
    fn evaluate_globals(&mut self) -> Result<(), MergeError> {
        // Those that have one keep it: this is done twice, and some globals are made between.
        for id in self.globals.ids().skip(self.global_values.len()) {
            let value = match self.globals[id] {
                GlobalDef::Guest(origin) => {
                    let global = &self.module_of(origin.scope).globals[origin.index as usize];
                    consts::evaluate(self, origin.scope, &global.init_expr)?
                }
                GlobalDef::Constant(value) => Some(ConstValue::I32(value)),
                GlobalDef::Flag(..) | GlobalDef::Address(_) | GlobalDef::StackPointer => None,
            };
            self.global_values.push(value);
        }
        Ok(())
    }
}
