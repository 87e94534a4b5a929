//! Names of core imports and exports.
//!
//! In: what is imported or exported. Out: a unique name, the one that the standard tools use for core modules
//! wherever that is free; `docs/core-abi.md` is the user's view of this file. A memory and the `realloc` that allocates in
//! it are a *group*. Groups are numbered, and the names of what belongs to one end in its number: `memory$1`,
//! `cabi_realloc$1`, and `f$1` for an import that passes values through them. No extern name of a component contains `$`
//! or `_`, so nothing that a component exports can look like one of ours, but for a function called `memory`.

use super::builtin_names::{self, BuiltinNames, ToolName, imported};
use crate::core_interface::KnownName;
use crate::dfg::{ComponentDfg, CoreItem, Export, ResourceDef, StringEncoding, Trampoline};
use crate::ids::{Arena, DomainId, ExportFuncId, ExportedInstanceId, ImportFuncId, ResourceId};
use crate::passthrough::CoreName;
use crate::plan::ExportPlan;
use crate::synth::{FuncRef, HostImport, MemoryRef};
use indexmap::{IndexMap, IndexSet};
use std::fmt;

/// What the host can tell of an import. Options that make no difference to a function's type are not part of it, and
/// neither is which instance calls: imports with equal identities are one import.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Identity {
    /// A function of the world, with what is seen of the options that it is lowered with.
    Func {
        /// The function.
        func: ImportFuncId,
        /// The memory, where values are in one.
        memory: Option<HostMemory>,
        /// The exported `realloc`, where values arrive in memory.
        realloc: Option<String>,
        /// The encoding, where there are strings.
        encoding: Option<StringEncoding>,
    },
    /// A built-in without options, or a function that the principal lowers with the option `async`.
    Builtin(HostImport),
    /// `task.return` by its names.
    TaskReturn((String, String)),
    /// `thread.new-indirect`: its names say the types, and this is its table.
    Thread {
        /// Module and field name, where they are free.
        names: (String, String),
        /// The table.
        table: CoreItem,
    },
    /// Another built-in of the principal with options: its names say which it is, and of which type.
    WithOptions {
        /// Module and field name, where they are free.
        names: (String, String),
        /// The memory.
        memory: Option<HostMemory>,
        /// The exported `realloc`.
        realloc: Option<String>,
        /// The encoding.
        encoding: StringEncoding,
    },
}

/// A memory, as the host sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum HostMemory {
    /// A memory of its own.
    Own(CoreItem),
    /// A memory of the result of which it is a window. Pointers are addresses in that memory when they reach the host.
    Shared(DomainId),
}

/// The names given so far.
pub(super) struct CoreNames<'a> {
    dfg: &'a ComponentDfg<'a>,
    core: &'a IndexMap<ImportFuncId, CoreName>,
    exports: IndexSet<String>,
    imports: IndexSet<(String, String)>,
    identities: IndexMap<Identity, (String, String)>,
    /// Groups by their number, less the first one's.
    groups: Vec<MemoryGroup>,
    /// Positions of the groups of each memory.
    groups_of: IndexMap<MemoryRef, Vec<usize>>,
    /// The number of the first group.
    first_group: usize,
    /// Tables, in the order of their numbers.
    tables: IndexSet<CoreItem>,
    /// Where the root exports each resource first: the names on the way to it.
    exported: IndexMap<ResourceId, Vec<&'a str>>,
    builtins: BuiltinNames<'a>,
    /// The last number that was put behind a name of an export, where there are several that want it.
    numbered_exports: IndexMap<String, usize>,
    /// The same for imports.
    numbered_imports: IndexMap<(String, String), usize>,
}

/// A memory and the `realloc` that allocates in it: what a function at the boundary passes values through.
struct MemoryGroup {
    realloc: Option<FuncRef>,
}

/// The number that the names of a memory, its `realloc` and the imports that use them have in common.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct GroupNumber(usize);

/// A suffix of names; number 0 has none.
impl fmt::Display for GroupNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 { Ok(()) } else { write!(f, "${}", self.0) }
    }
}

impl<'a> CoreNames<'a> {
    /// `core`: imports that have core names of their own. `exports`: what the root exports.
    pub(super) fn new(
        dfg: &'a ComponentDfg<'a>,
        core: &'a IndexMap<ImportFuncId, CoreName>,
        exports: &'a Arena<ExportFuncId, ExportPlan>,
    ) -> Self {
        CoreNames {
            dfg,
            core,
            exports: IndexSet::new(),
            imports: IndexSet::new(),
            identities: IndexMap::new(),
            groups: Vec::new(),
            groups_of: IndexMap::new(),
            // A function of the world may be called `memory`: it keeps its name.
            first_group: usize::from(matches!(dfg.exports.get("memory"), Some(Export::Func(_)))),
            tables: IndexSet::new(),
            exported: exported(dfg),
            builtins: BuiltinNames::new(dfg, exports, core),
            numbered_exports: IndexMap::new(),
            numbered_imports: IndexMap::new(),
        }
    }

    /// The core functions of an exported function that is lifted with the option `async`, and its callback.
    pub(super) fn async_export(&mut self, field: &str, has_callback: bool) -> String {
        let kind = if has_callback { "async-lift" } else { "async-lift-stackful" };
        self.unique_export(&format!("[{kind}]{field}"))
    }

    /// The callback of an exported function whose core function is called `field`.
    pub(super) fn callback(&mut self, field: &str) -> String {
        self.unique_export(&format!("[callback]{field}"))
    }

    /// An exported function at `path`: `func`, or `interface#func`.
    pub(super) fn export(&mut self, path: &[String]) -> String {
        self.unique_export(&path.join("#"))
    }

    /// The post-return of an exported function.
    pub(super) fn post_return(&mut self, field: &str) -> String {
        self.unique_export(&format!("cabi_post_{field}"))
    }

    /// The group of a memory and, where one is used, a `realloc`. A function that uses no `realloc` belongs to the first
    /// group of its memory.
    pub(super) fn group(&mut self, memory: MemoryRef, realloc: Option<FuncRef>) -> GroupNumber {
        let of_memory = self.groups_of.entry(memory).or_default();
        let fits = |at: &&usize| realloc.is_none() || self.groups[**at].realloc == realloc;
        let free = |at: &&usize| self.groups[**at].realloc.is_none();
        let found = of_memory.iter().find(fits).or_else(|| of_memory.iter().find(free)).copied();
        let position = found.unwrap_or_else(|| {
            of_memory.push(self.groups.len());
            self.groups.push(MemoryGroup { realloc: None });
            self.groups.len() - 1
        });
        let group = &mut self.groups[position];
        group.realloc = group.realloc.or(realloc);
        GroupNumber(position + self.first_group)
    }

    /// The memory of a group.
    pub(super) fn memory(&self, group: GroupNumber) -> String {
        format!("memory{group}")
    }

    /// The `realloc` of a group.
    pub(super) fn realloc(&self, group: GroupNumber) -> String {
        format!("cabi_realloc{group}")
    }

    /// A table in which `thread.new-indirect` finds functions. The tools know one.
    pub(super) fn table(&mut self, table: CoreItem) -> String {
        let number = self.tables.insert_full(table).0;
        format!("__indirect_function_table{}", GroupNumber(number))
    }

    /// The destructor of a resource: `interface#[dtor]resource`.
    pub(super) fn destructor(&mut self, resource: ResourceId) -> String {
        let (interface, name) = self.defined(resource);
        self.unique_export(&match interface {
            Some(interface) => format!("{interface}#[dtor]{name}"),
            None => format!("[dtor]{name}"),
        })
    }

    /// Module and field name of an import; the same names for the same import. `group`: what its memory and its `realloc`
    /// belong to, where it is told apart by them.
    pub(super) fn import(
        &mut self,
        identity: Identity,
        (module, field): (String, String),
        group: Option<GroupNumber>,
    ) -> (String, String) {
        if let Some(names) = self.identities.get(&identity) {
            return names.clone();
        }
        let numbered = (module.clone(), format!("{field}{}", group.unwrap_or_default()));
        let mut unique = numbered.clone();
        // Two encodings with one memory, or two instances of a resource that is not exported.
        if !self.imports.insert(unique.clone()) {
            let separator = if group == Some(GroupNumber(0)) { "$0" } else { "" };
            let n = self.numbered_imports.entry(unique.clone()).or_default();
            while !self.imports.insert(unique.clone()) {
                *n += 1;
                unique = (module.clone(), format!("{}{separator}${n}", numbered.1));
            }
        }
        self.identities.insert(identity, unique.clone());
        unique
    }

    /// Module and field name that an import has where they are free, and what the tools know of them.
    pub(super) fn plain_import(&mut self, import: HostImport) -> ToolName {
        match import {
            HostImport::Lower(func, options) => match self.core.get(&func) {
                Some(CoreName { module, field }) => ((module.clone(), field.clone()), KnownName::Known),
                None => {
                    let (module, field) = imported(self.dfg, &self.dfg.import_funcs[func].path);
                    let prefix = if self.dfg.options[options].is_async { "[async-lower]" } else { "" };
                    ((module, format!("{prefix}{field}")), KnownName::Known)
                }
            },
            HostImport::ResourceDrop(resource) => self.resource_builtin("[resource-drop]", resource),
            HostImport::ResourceNew(resource) => self.resource_builtin("[resource-new]", resource),
            HostImport::ResourceRep(resource) => self.resource_builtin("[resource-rep]", resource),
            HostImport::Builtin(id) => match &self.dfg.trampolines[id] {
                Trampoline::Host(builtin) => self.builtins.of(builtin),
                other => unreachable!("the planner makes no such import of any other trampoline: {other:?}"),
            },
            HostImport::ContextGet(slot, width) => builtin_names::context("context-get", slot, width),
            HostImport::ContextSet(slot, width) => builtin_names::context("context-set", slot, width),
            HostImport::Waker(call) => builtin_names::waker(call),
            HostImport::BackpressureInc => builtin_names::root("[backpressure-inc]".to_owned()),
            HostImport::BackpressureDec => builtin_names::root("[backpressure-dec]".to_owned()),
        }
    }

    fn resource_builtin(&self, builtin: &str, resource: ResourceId) -> ToolName {
        let mut known = KnownName::Known;
        let (module, name) = match &self.dfg.resources[resource].def {
            ResourceDef::Imported(path) => imported(self.dfg, path),
            ResourceDef::Defined { .. } => {
                let (interface, name) = self.defined(resource);
                if interface.is_none() {
                    known = KnownName::PrivateResource;
                }
                (format!("[export]{}", interface.as_deref().unwrap_or("$root")), name)
            }
        };
        ((module, format!("{builtin}{name}")), known)
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
    let mut walk = ExportedResources { dfg, path: Vec::new(), seen: IndexSet::new(), found: IndexMap::new() };
    walk.exports(&dfg.exports);
    walk.found
}

/// A walk through the exports of the root, and through each instance among them once.
struct ExportedResources<'a, 'd> {
    dfg: &'a ComponentDfg<'d>,
    path: Vec<&'a str>,
    seen: IndexSet<ExportedInstanceId>,
    found: IndexMap<ResourceId, Vec<&'a str>>,
}

impl<'a> ExportedResources<'a, '_> {
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
