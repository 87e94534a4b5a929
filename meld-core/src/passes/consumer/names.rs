//! Names that differ, for a translator that makes one symbol of each.
//!
//! In: the live module. Out: imports whose fields differ, and exports that are different functions. Such a translator calls an imported
//! function by its field alone, so two fields that are equal in different modules would silently be one symbol; and a defined function
//! has one symbol, so of two exports of it one would silently be missing. An import that is called like an export would be that export.
//!
//! If several modules have one field, or an export has its name, the module goes in front: `ns:a/x#read`. The interface description has these names, as all
//! others. If a function is exported twice, the second export is a function that calls the first.

use crate::error::{MergeError, WayOut};
use crate::ids::{FuncId, Id};
use crate::module::reach::Marks;
use crate::module::{Code, ExportItem, Func, FuncDef, MergedModule, Op, Synthesized};
use indexmap::{IndexMap, IndexSet};
use std::collections::BTreeSet;
use wasm_encoder::Instruction;

/// Gives imports different fields.
pub(super) fn imports(module: &mut MergedModule<'_>, marks: &Marks) -> Result<(), MergeError> {
    let live = module.host_imports.iter().filter(|(_, func)| marks.funcs[func.index()]).map(|(import, _)| *import);
    let live: Vec<_> = live.collect();
    let mut modules: IndexMap<String, BTreeSet<String>> = IndexMap::new();
    // An export of the name would be the symbol that is called.
    for name in module.exports.keys() {
        modules.entry(name.clone()).or_default().insert(String::new());
    }
    for import in &live {
        if let Some(import) = module.interface.imports.get(import) {
            modules.entry(import.field.clone()).or_default().insert(import.module.clone());
        }
    }
    let mut taken: BTreeSet<(String, String)> = BTreeSet::new();
    for import in &live {
        let Some(import) = module.interface.imports.get_mut(import) else { continue };
        if modules.get(&import.field).is_some_and(|modules| modules.len() > 1) {
            import.field = format!("{}#{}", import.module, import.field);
        }
        taken.insert((import.field.clone(), import.module.clone()));
    }
    taken.extend(module.exports.keys().map(|name| (name.clone(), String::new())));
    let mut before: Option<&(String, String)> = None;
    for name in &taken {
        if before.is_some_and(|before| before.0 == name.0) {
            return Err(MergeError::Unsupported {
                item: format!("the import `{}`", name.0),
                reason: "another function has that name too, and the target takes functions of one name for one"
                    .to_owned(),
                way_out: WayOut::from("rename one of the interfaces, or choose no target"),
            });
        }
        before = Some(name);
    }
    Ok(())
}

/// Gives each export a function of its own.
pub(super) fn exports(module: &mut MergedModule<'_>, marks: &mut Marks) -> Result<(), MergeError> {
    let mut exported: IndexSet<FuncId> = IndexSet::new();
    for position in 0..module.exports.len() {
        let Some((name, export)) = module.exports.get_index(position) else { continue };
        let ExportItem::Func(func) = export.item else { continue };
        let callee = module.canonical(func);
        let (name, ty) = (name.clone(), module.funcs[callee].ty);
        let imported = matches!(module.funcs[callee].def, FuncDef::Import(_));
        if !marks.funcs[callee.index()] || (exported.insert(callee) && !imported) {
            continue;
        }
        let params = module.types.params(ty).ok_or_else(|| MergeError::Missing {
            item: format!("the export `{name}`"),
            missing: "the parameters of its type".to_owned(),
        })?;
        let mut ops: Vec<Op> = (0..params as u32).map(|param| Op::Plain(Instruction::LocalGet(param))).collect();
        ops.push(Op::Call(callee));
        let code = Code { locals: Vec::new(), ops, steps: Vec::new() };
        let synthesized = Synthesized { name: format!("export {name}"), code, id: None };
        let func = module.add_func(Func { ty, def: FuncDef::Synth(Box::new(synthesized)) });
        marks.added();
        if let Some((_, export)) = module.exports.get_index_mut(position) {
            export.item = ExportItem::Func(func);
        }
    }
    Ok(())
}
