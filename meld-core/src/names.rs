//! Names for people.
//!
//! In: the live module. Out: the `name` section: every function under a name that says whose it is:
//! `path/of/instance::function` for guests, the debug name for adapters, `cabi-trap:class` for traps.
//! Memories are named by their instance. Names never mean anything to meld itself.

use crate::emit::indices::Indices;
use crate::ids::FuncId;
use crate::merger::{FuncDef, MergedModule};
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
    /// already.
    fn append_to(&self, out: &mut String) {
        let module = self.module;
        match &module.funcs[self.func].def {
            FuncDef::Import(import) => match module.face.imports.get(import) {
                Some(face) => out.extend([&face.module, "#", &face.field]),
                None => out.push_str(&format!("{import:?}")),
            },
            FuncDef::Guest { origin, .. } => {
                let parsed = module.module_of(origin.scope);
                let index = parsed.imported.funcs + origin.index;
                out.push_str(&module.scopes[origin.scope].path);
                match parsed.func_names.get(&index) {
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
        self.append_to(&mut name);
        f.write_str(&name)
    }
}

/// The `name` section.
pub(crate) fn name_section(module: &MergedModule<'_>, indices: &Indices) -> NameSection {
    let mut funcs = NameMap::new();
    let mut memories = NameMap::new();
    let mut name = String::new();
    // Imports come first in the index space of functions; in each part the order is that of the ids.
    let is_import = |id: &FuncId| matches!(module.funcs[*id].def, FuncDef::Import(_));
    let imports = module.funcs.ids().filter(is_import);
    for id in imports.chain(module.funcs.ids().filter(|id| !is_import(id))) {
        if let Some(index) = indices.funcs.live(id).filter(|_| module.canonical(id) == id) {
            name.clear();
            module.func_name(id).append_to(&mut name);
            funcs.append(index, &name);
        }
    }
    // Where all are one, it is nobody's.
    let named = module.memories.iter().filter(|_| module.windows.is_none());
    let mut named: Vec<_> = named.filter_map(|(id, origin)| Some((indices.memories.live(id)?, origin))).collect();
    named.sort_by_key(|(index, _)| *index);
    for (index, origin) in named {
        memories.append(index, &format!("{}::memory[{}]", module.scopes[origin.scope].path, origin.index));
    }
    let mut section = NameSection::new();
    section.functions(&funcs);
    section.memories(&memories);
    section
}
