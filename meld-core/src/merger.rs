//! Every core instance in one index space.
//!
//! In: the [`ComponentDfg`] and [`Adapted`]. Out: a [`MergedModule`]: arenas of entities.
//! A module that is instantiated k times is here k times; one that is never instantiated, not at all.
//! The merger knows nothing of component types: canonical built-ins have become functions before.
//!
//! An import of a core instance costs nothing: it is the entity of its argument under another index. Two
//! imports bound to one memory are that memory. Final indices do not exist here; [`crate::emit`] makes
//! them of what the passes leave. Nor does the merger know that memories may be windows of one.

mod resolve;
mod scopes;

pub use crate::handle_tables::{HandleTableInfo, HandleTables};

use crate::adapter::Adapted;
use crate::dfg::ComponentDfg;
use crate::error::MergeError;
use crate::ids::{CoreInstanceId, FuncId, GlobalId, Id, MemoryId, RuntimeModuleId, ScopeId, SynthId};
use crate::module::{Code, ExportItem, Func, FuncDef, MergedExport, MergedModule, ModuleKey, Synthesized, missing};
use crate::runtime::RuntimeModule;
use crate::synth::{Address, GlobalRef};
use indexmap::IndexMap;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Merges everything.
///
/// # Errors
///
/// Something names what is not there, or an input has more functions or entities than the limits allow.
pub fn merge<'d>(dfg: &'d ComponentDfg<'_>, mut adapted: Adapted) -> Result<MergedModule<'d>, MergeError> {
    let out = MergedModule::new(dfg, std::mem::take(&mut adapted.interface));
    let mut merger = Merger {
        dfg,
        adapted,
        out,
        instance_scopes: IndexMap::new(),
        runtime_scopes: Vec::new(),
        runtime_keys: Vec::new(),
        imports_bound: false,
        synths: Vec::new(),
        flags: IndexMap::new(),
        constants: BTreeMap::new(),
        addresses: BTreeMap::new(),
    };
    // Imports in the order in which the interface declares them.
    merger.declare_imports()?;
    // Entities for every definition, then the entity of every import.
    merger.define_instances()?;
    merger.declare_synths()?;
    merger.bind_imports()?;
    // From here on every index of every scope has a meaning.
    merger.write_synths()?;
    merger.export_interface()?;
    merger.starts()?;
    let mut out = merger.out;
    out.runtime = merger.adapted.runtime;
    out.evaluate_globals()?;
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
    flags: IndexMap<GlobalRef, GlobalId>,
    constants: BTreeMap<i32, GlobalId>,
    addresses: BTreeMap<Address<MemoryId>, GlobalId>,
}

impl Merger<'_> {
    fn declare_imports(&mut self) -> Result<(), MergeError> {
        let out = &mut self.out;
        for (&import, interface) in &out.interface.imports {
            let ty = out.types.func(&interface.params, &interface.results);
            let func = out.funcs.push(Func { ty, def: FuncDef::Import(import) });
            out.aliases.push(func);
            out.host_imports.insert(import, func);
        }
        Ok(())
    }

    /// Ids for synthesized functions, whose bodies may mention each other.
    fn declare_synths(&mut self) -> Result<(), MergeError> {
        for (id, synth) in self.adapted.synths.iter() {
            let ty = self.out.types.func(&synth.params, &synth.results);
            let code = Code { locals: Vec::new(), ops: Vec::new(), steps: Vec::new() };
            let def = FuncDef::Synth(Box::new(Synthesized { name: synth.name.clone(), code, id: Some(id) }));
            let func = self.out.add_func(Func { ty, def });
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
            let steps = synth.steps.clone();
            let written = Code { steps, ..self.code(synth.locals.clone(), &synth.body)? };
            let FuncDef::Synth(synth) = &mut self.out.funcs[self.synths[id.index()]].def else {
                return Err(missing("synthesized code", SynthId::to_string(&id)));
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

    /// Resolves what the interface exports.
    fn export_interface(&mut self) -> Result<(), MergeError> {
        let exports = std::mem::take(&mut self.adapted.exports);
        let mut wanted: Vec<String> = Vec::new();
        for export in &self.out.interface.exports {
            let options = &export.options;
            for name in
                [&options.memory, &options.realloc, &options.post_return, &options.callback].into_iter().flatten()
            {
                wanted.push(name.clone());
            }
        }
        for (name, &func) in &exports.funcs {
            let item = ExportItem::Func(self.func(func)?);
            self.export(name, MergedExport { item, always: true })?;
        }
        for (name, &memory) in &exports.memories {
            let item = ExportItem::Memory(self.memory(memory)?);
            let always = !exports.addresses.is_empty() || wanted.contains(name);
            self.export(name, MergedExport { item, always })?;
        }
        for (name, &table) in &exports.tables {
            let item = ExportItem::Table(self.table(table)?);
            self.export(name, MergedExport { item, always: false })?;
        }
        for (name, &address) in &exports.addresses {
            let item = ExportItem::Global(self.address(address)?);
            self.export(name, MergedExport { item, always: true })?;
        }
        for (name, &func) in &exports.options {
            let item = ExportItem::Func(self.func(func)?);
            self.export(name, MergedExport { item, always: wanted.contains(name) })?;
        }
        Ok(())
    }

    /// Resolves what is called instead of start functions.
    fn starts(&mut self) -> Result<(), MergeError> {
        for (instance, start) in std::mem::take(&mut self.adapted.starts) {
            let missing = || missing("a start function", format!("{instance}"));
            let scope = *self.instance_scopes.get(&instance).ok_or_else(missing)?;
            let start = self.func(start)?;
            self.out.starts.insert(scope, start);
        }
        Ok(())
    }

    fn export(&mut self, name: &str, export: MergedExport) -> Result<(), MergeError> {
        match self.out.exports.insert(name.to_string(), export) {
            None => Ok(()),
            Some(_) => Err(MergeError::Reencode {
                item: format!("export `{name}`"),
                reason: "two exports of the fused module have the same name".to_string(),
            }),
        }
    }
}
