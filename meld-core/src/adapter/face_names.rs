//! Names of core imports and exports.
//!
//! In: what is imported or exported. Out: a unique name, the one that the standard tools use for core modules
//! wherever that is free; `docs/core-abi.md` is the user's view of this file. A second memory, `realloc` or set
//! of options gets the same name and a number: `memory$1`. No extern name of a component contains `$` or
//! `_`, so nothing that a component exports can look like one of ours, but for a function called `memory`.

use crate::dfg::{ComponentDfg, CoreItem, Export, ImportPath, ResourceDef, StringEncoding};
use crate::ids::{ExportedInstanceId, ImportFuncId, ResourceId};
use crate::passthrough::CoreName;
use crate::synth::{FuncRef, MemoryRef, OuterImport};
use indexmap::{IndexMap, IndexSet};

/// What the host can tell of an import. Options that make no difference to a function's type are not part of it, and
/// neither is which instance calls: imports with equal identities are one import.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Identity {
    /// A function of the world, with what is seen of the options that it is lowered with.
    Func {
        /// The function.
        func: ImportFuncId,
        /// The memory, where values are in one.
        memory: Option<Memory>,
        /// The exported `realloc`, where values arrive in memory.
        realloc: Option<String>,
        /// The encoding, where there are strings.
        encoding: Option<StringEncoding>,
    },
    /// A resource built-in.
    Builtin(OuterImport),
}

/// A memory, as the host sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Memory {
    /// A memory of its own.
    Own(CoreItem),
    /// The one memory of which all are windows. Pointers are addresses in it when they reach the host.
    One,
}

/// The names given so far.
pub(super) struct FaceNames<'a> {
    dfg: &'a ComponentDfg<'a>,
    core: &'a IndexMap<ImportFuncId, CoreName>,
    exports: IndexSet<String>,
    imports: IndexSet<(String, String)>,
    identities: IndexMap<Identity, (String, String)>,
    memories: IndexMap<MemoryRef, String>,
    reallocs: IndexMap<FuncRef, String>,
    /// Where the root exports each resource first: the names on the way to it.
    exported: IndexMap<ResourceId, Vec<&'a str>>,
    /// The last number that was put behind a name of an export, where there are several that want it.
    numbered_exports: IndexMap<String, usize>,
    /// The same for imports.
    numbered_imports: IndexMap<(String, String), usize>,
}

impl<'a> FaceNames<'a> {
    /// `core`: imports that have core names of their own.
    pub(super) fn new(dfg: &'a ComponentDfg<'a>, core: &'a IndexMap<ImportFuncId, CoreName>) -> Self {
        FaceNames {
            dfg,
            core,
            exports: IndexSet::new(),
            imports: IndexSet::new(),
            identities: IndexMap::new(),
            memories: IndexMap::new(),
            reallocs: IndexMap::new(),
            exported: exported(dfg),
            numbered_exports: IndexMap::new(),
            numbered_imports: IndexMap::new(),
        }
    }

    /// An exported function at `path`: `func`, or `interface#func`.
    pub(super) fn export(&mut self, path: &[String]) -> String {
        self.unique_export(&path.join("#"))
    }

    /// The post-return of an exported function.
    pub(super) fn post_return(&mut self, field: &str) -> String {
        self.unique_export(&format!("cabi_post_{field}"))
    }

    /// A memory; the same name for the same memory.
    pub(super) fn memory(&mut self, memory: MemoryRef) -> String {
        if let Some(name) = self.memories.get(&memory) {
            return name.clone();
        }
        let name = self.unique_export("memory");
        self.memories.insert(memory, name.clone());
        name
    }

    /// A `realloc`; the same name for the same function.
    pub(super) fn realloc(&mut self, func: FuncRef) -> String {
        if let Some(name) = self.reallocs.get(&func) {
            return name.clone();
        }
        let name = self.unique_export("cabi_realloc");
        self.reallocs.insert(func, name.clone());
        name
    }

    /// The destructor of a resource: `interface#[dtor]resource`.
    pub(super) fn destructor(&mut self, resource: ResourceId) -> String {
        let (interface, name) = self.defined(resource);
        self.unique_export(&match interface {
            Some(interface) => format!("{interface}#[dtor]{name}"),
            None => format!("[dtor]{name}"),
        })
    }

    /// Module and field name of an import; the same names for the same import.
    pub(super) fn import(&mut self, identity: Identity, (module, field): (String, String)) -> (String, String) {
        if let Some(names) = self.identities.get(&identity) {
            return names.clone();
        }
        let mut unique = (module.clone(), field.clone());
        if !self.imports.insert(unique.clone()) {
            let n = self.numbered_imports.entry(unique.clone()).or_default();
            while !self.imports.insert(unique.clone()) {
                *n += 1;
                unique = (module.clone(), format!("{field}${n}"));
            }
        }
        self.identities.insert(identity, unique.clone());
        unique
    }

    /// Module and field name that an import has where they are free.
    pub(super) fn plain_import(&self, import: OuterImport) -> (String, String) {
        match import {
            OuterImport::Lower(func, _) => match self.core.get(&func) {
                Some(CoreName { module, field }) => (module.clone(), field.clone()),
                None => self.imported(&self.dfg.import_funcs[func].path),
            },
            OuterImport::ResourceDrop(resource) => self.resource_builtin("[resource-drop]", resource),
            OuterImport::ResourceNew(resource) => self.resource_builtin("[resource-new]", resource),
            OuterImport::ResourceRep(resource) => self.resource_builtin("[resource-rep]", resource),
        }
    }

    fn resource_builtin(&self, builtin: &str, resource: ResourceId) -> (String, String) {
        let (module, name) = match &self.dfg.resources[resource].def {
            ResourceDef::Imported(path) => self.imported(path),
            ResourceDef::Defined { .. } => {
                let (interface, name) = self.defined(resource);
                (format!("[export]{}", interface.as_deref().unwrap_or("$root")), name)
            }
        };
        (module, format!("{builtin}{name}"))
    }

    /// Where an imported item is: the interface, or `$root`, and the name of the item.
    fn imported(&self, path: &ImportPath) -> (String, String) {
        let import = &self.dfg.world.imports[path.import].name;
        match path.exports.split_last() {
            None => ("$root".to_owned(), import.clone()),
            Some((item, instances)) => {
                let mut module = import.clone();
                for instance in instances {
                    module.push('#');
                    module.push_str(instance);
                }
                (module, item.clone())
            }
        }
    }

    /// Where a resource that is defined inside is exported: the interface, if it is in one, and its name
    /// there. One that is not exported goes by its own name.
    fn defined(&self, resource: ResourceId) -> (Option<String>, String) {
        let Some((name, path)) = self.exported.get(&resource).and_then(|path| path.split_last()) else {
            return (None, self.dfg.resources[resource].name.clone());
        };
        ((!path.is_empty()).then(|| path.join("#")), (*name).to_owned())
    }

    fn unique_export(&mut self, name: &str) -> String {
        let mut unique = name.to_owned();
        if !self.exports.insert(unique.clone()) {
            let n = self.numbered_exports.entry(unique.clone()).or_default();
            while !self.exports.insert(unique.clone()) {
                *n += 1;
                unique = format!("{name}${n}");
            }
        }
        unique
    }
}

/// Where the root exports each resource first: the names on the way to it.
fn exported<'a>(dfg: &'a ComponentDfg<'_>) -> IndexMap<ResourceId, Vec<&'a str>> {
    let mut walk = Exported { dfg, path: Vec::new(), seen: IndexSet::new(), found: IndexMap::new() };
    walk.exports(&dfg.exports);
    walk.found
}

/// A walk through the exports of the root, and through each instance among them once.
struct Exported<'a, 'd> {
    dfg: &'a ComponentDfg<'d>,
    path: Vec<&'a str>,
    seen: IndexSet<ExportedInstanceId>,
    found: IndexMap<ResourceId, Vec<&'a str>>,
}

impl<'a> Exported<'a, '_> {
    fn exports(&mut self, exports: &'a IndexMap<String, Export>) {
        let dfg = self.dfg;
        for (name, export) in exports {
            self.path.push(name);
            match export {
                Export::Type(Some(resource)) => _ = self.found.entry(*resource).or_insert_with(|| self.path.clone()),
                Export::Instance(id) if self.seen.insert(*id) => self.exports(&dfg.exported_instances[*id]),
                _ => {}
            }
            self.path.pop();
        }
    }
}
