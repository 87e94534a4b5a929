//! Names for people.
//!
//! In: the live module. Out: the `name` section: every function under a name that says whose it is:
//! `path/of/instance::function` for guests, the debug name for adapters, `cabi-trap:class` for traps.
//! Memories are named by their instance, and by their own name if they have one. Where all functions are of one instance, they keep the names that they have there.
//! Names never mean anything to meld itself.

use crate::emit::indices::Indices;
use crate::ids::{FuncId, MemoryId, ScopeId};
use crate::module::{FuncDef, MergedModule, ModuleKey};
use std::fmt;
use wasm_encoder::{NameMap, NameSection};

/// The name of a function, to be printed.
pub(crate) struct FuncName<'m, 'd> {
    module: &'m MergedModule<'d>,
    func: FuncId,
}

impl<'d> MergedModule<'d> {
    /// The name of a function.
    pub(crate) fn func_name(&self, func: FuncId) -> FuncName<'_, 'd> {
        FuncName { module: self, func }
    }
}

impl FuncName<'_, '_> {
    /// Appends the name to `out`. Every function of the output has one, and so this takes no formatter for what is text
    /// already. What the instance `only` has goes by the name that it has there.
    fn append_to(&self, only: Option<ScopeId>, out: &mut String) {
        let module = self.module;
        match &module.funcs[self.func].def {
            FuncDef::Import(import) => match module.interface.imports.get(import) {
                Some(interface) => out.extend([&interface.module, "#", &interface.field]),
                None => out.push_str(&format!("{import:?}")),
            },
            FuncDef::Guest { origin, .. } => {
                let parsed = module.module_of(origin.scope);
                let index = parsed.imported.funcs + origin.index;
                let given = parsed.func_names.get(&index);
                if let Some(name) = given
                    && only == Some(origin.scope)
                {
                    out.push_str(name);
                    return;
                }
                out.push_str(&module.scopes[origin.scope].path);
                match given {
                    Some(name) => out.extend(["::", name]),
                    None => {
                        out.push_str("::func[");
                        out.push_str(itoa::Buffer::new().format(index));
                        out.push(']');
                    }
                }
            }
            FuncDef::Synth(synth) => out.push_str(&synth.name),
            FuncDef::Trap(class) => out.extend(["cabi-trap:", class.name()]),
            FuncDef::Init => out.push_str("init"),
        }
    }
}

impl fmt::Display for FuncName<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut name = String::new();
        self.append_to(None, &mut name);
        f.write_str(&name)
    }
}

/// The instance whose functions are all of the input's that are live, where there is one: a name need not say then whose it is. So what is
/// fused again keeps its names.
fn only_instance(module: &MergedModule<'_>, indices: &Indices) -> Option<ScopeId> {
    let mut found = None;
    for (id, func) in module.funcs.iter() {
        if let FuncDef::Guest { origin, .. } = &func.def
            && indices.funcs.live(id).is_some()
            && module.canonical(id) == id
            && matches!(module.scopes[origin.scope].module, ModuleKey::Input(_))
            && *found.get_or_insert(origin.scope) != origin.scope
        {
            return None;
        }
    }
    found
}

/// The name of a memory: the one that its module gives to it, behind the instance's path. Where all functions are of the one instance
/// `only`, the memory keeps the name that it has there, imported or not.
fn memory_name(module: &MergedModule<'_>, only: Option<ScopeId>, id: MemoryId) -> String {
    if let Some(only) = only
        && let Some(index) = module.scopes[only].memories.iter().position(|memory| *memory == id)
        && let Some(given) = module.module_of(only).memory_names.get(&(index as u32))
    {
        return (*given).to_owned();
    }
    let origin = module.memories[id];
    let (path, parsed) = (&module.scopes[origin.scope].path, module.module_of(origin.scope));
    match parsed.memory_names.get(&(parsed.imported.memories + origin.index)) {
        Some(given) => format!("{path}::{given}"),
        None if only == Some(origin.scope) => format!("memory[{}]", origin.index),
        None => format!("{path}::memory[{}]", origin.index),
    }
}

/// The `name` section.
pub(crate) fn name_section(module: &MergedModule<'_>, indices: &Indices) -> NameSection {
    let mut funcs = NameMap::new();
    let mut memories = NameMap::new();
    let mut name = String::new();
    let only = only_instance(module, indices);
    // Imports come first in the index space of functions; in each part the order is that of the ids.
    let is_import = |id: &FuncId| matches!(module.funcs[*id].def, FuncDef::Import(_));
    let imports = module.funcs.ids().filter(is_import);
    for id in imports.chain(module.funcs.ids().filter(|id| !is_import(id))) {
        if let Some(index) = indices.funcs.live(id).filter(|_| module.canonical(id) == id) {
            name.clear();
            module.func_name(id).append_to(only, &mut name);
            funcs.append(index, &name);
        }
    }
    // Where all are one, it belongs to no guest.
    let named = module.memories.iter().filter(|_| module.windows.is_none());
    let mut named: Vec<_> = named.filter_map(|(id, _)| Some((indices.memories.live(id)?, id))).collect();
    named.sort_by_key(|(index, _)| *index);
    for (index, id) in named {
        memories.append(index, &memory_name(module, only, id));
    }
    let mut section = NameSection::new();
    section.functions(&funcs);
    section.memories(&memories);
    section
}
