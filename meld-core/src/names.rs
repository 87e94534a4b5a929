//! Names for people.
//!
//! In: the live module. Out: the `name` section: every function under a name that says whose it is:
//! `path/of/instance::function` for guests, the debug name for adapters, `cabi-trap:class` for traps.
//! Memories are named by their instance. Names never mean anything to meld itself.

use crate::emit::indices::Indices;
use crate::ids::FuncId;
use crate::merger::{FuncDef, MergedModule};
use std::collections::BTreeMap;
use wasm_encoder::{NameMap, NameSection};

impl MergedModule<'_> {
    /// The name of a function.
    pub(crate) fn func_name(&self, func: FuncId) -> String {
        match &self.funcs[func].def {
            FuncDef::Import(import) => match self.face.imports.get(import) {
                Some(face) => format!("{}#{}", face.module, face.field),
                None => format!("{import:?}"),
            },
            FuncDef::Guest { origin, .. } => {
                let module = self.module_of(origin.scope);
                let index = module.imported.funcs + origin.index;
                let path = &self.scopes[origin.scope].path;
                match module.func_names.get(&index) {
                    Some(name) => format!("{path}::{name}"),
                    None => format!("{path}::func[{index}]"),
                }
            }
            FuncDef::Synth { name, .. } => name.clone(),
            FuncDef::Trap(class) => format!("cabi-trap:{}", class.name()),
            FuncDef::Init => "init".to_string(),
        }
    }
}

/// The `name` section.
pub(crate) fn name_section(module: &MergedModule<'_>, indices: &Indices) -> NameSection {
    // Ids and indices differ in order: imports come first.
    let mut funcs = BTreeMap::new();
    for id in module.funcs.ids().filter(|&id| module.canonical(id) == id) {
        if let Some(index) = indices.funcs.live(id) {
            funcs.insert(index, module.func_name(id));
        }
    }
    let mut memories = BTreeMap::new();
    for (id, origin) in module.memories.iter() {
        if let Some(index) = indices.memories.live(id) {
            let path = &module.scopes[origin.scope].path;
            let name =
                if module.windows.is_some() { "memory".into() } else { format!("{path}::memory[{}]", origin.index) };
            memories.insert(index, name);
        }
    }
    let mut section = NameSection::new();
    section.functions(&name_map(&funcs));
    section.memories(&name_map(&memories));
    section
}

fn name_map(names: &BTreeMap<u32, String>) -> NameMap {
    let mut map = NameMap::new();
    for (&index, name) in names {
        map.append(index, name);
    }
    map
}
