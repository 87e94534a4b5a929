//! The root's exports.
//!
//! In: the definitions that the root exports, and their types in the world. Out: [`Export`]s, exactly those
//! that the world shows: an instance may have more exports than the type it is exported with. An instance that is exported
//! under several names, with the same type, is one: instances that export another under two names, which exports another under
//! two names, and so on, have exponentially many paths in them, and are as many as the input has.

use super::frame::{ComponentDef, Def, EvaluatedType, Instance, ModuleDef};
use super::{Fault, Inliner, missing};
use crate::dfg::Export;
use crate::ids::ExportedInstanceId;
use crate::maps::Map;
use indexmap::IndexMap;
use std::rc::Rc;
use wasmparser::component_types::{ComponentEntityType, ComponentInstanceTypeId};

/// Instances that are exported, by what they are and the type that they are exported with. An instance is known by where it
/// is in memory, and stays there while the exports are made.
type Exported<'p, 'a> = Map<(*const Instance<'p, 'a>, ComponentInstanceTypeId), ExportedInstanceId>;

impl<'p, 'a> Inliner<'p, 'a> {
    /// Fills the exports of the [`ComponentDfg`](crate::dfg::ComponentDfg).
    pub(super) fn export_root(&mut self, defs: &Map<&'a str, Def<'p, 'a>>) -> Result<(), Fault> {
        let items: Vec<_> = self.dfg.world.exports.iter().map(|item| (item.name.clone(), item.ty)).collect();
        let mut exported = Exported::default();
        for (name, ty) in items {
            let def = defs.get(name.as_str()).ok_or_else(|| missing(format!("export `{name}`")))?;
            let export = self.export(def, &ty, &mut exported)?;
            self.dfg.exports.insert(name, export);
        }
        Ok(())
    }

    /// The export of `def` with type `ty`. The depth of the recursion is that of the type, which the
    /// validator limits to 100.
    fn export(
        &mut self,
        def: &Def<'p, 'a>,
        ty: &ComponentEntityType,
        exported: &mut Exported<'p, 'a>,
    ) -> Result<Export, Fault> {
        self.define(1)?;
        Ok(match def {
            Def::Func(func) => Export::Func(self.used(func)),
            Def::Type(EvaluatedType::Resource(resource, _)) => Export::Type(Some(*resource)),
            Def::Type(_) => Export::Type(None),
            Def::Module(ModuleDef::Static(module)) => Export::Module(*module),
            Def::Component(ComponentDef::Static { .. }) => Export::Component,
            Def::Module(ModuleDef::Import(path)) | Def::Component(ComponentDef::Import(path)) => {
                Export::Reexport((**path).clone())
            }
            Def::Instance(instance) => match &instance.import {
                Some(path) => Export::Reexport((**path).clone()),
                None => {
                    let ComponentEntityType::Instance(id) = ty else {
                        return Err(missing("instance type of an instance".to_string()));
                    };
                    let key = (Rc::as_ptr(instance), *id);
                    if let Some(&known) = exported.get(&key) {
                        return Ok(Export::Instance(known));
                    }
                    let shown = &self.dfg.world.types[*id].exports;
                    let items: Vec<_> = shown.iter().map(|(name, item)| (name.clone(), item.ty)).collect();
                    self.define(items.len())?;
                    let mut exports = IndexMap::new();
                    for (name, ty) in items {
                        let def = instance.exports.get(name.as_str());
                        let def = def.ok_or_else(|| missing(format!("export `{name}`")))?.clone();
                        exports.insert(name, self.export(&def, &ty, exported)?);
                    }
                    let made = self.dfg.exported_instances.push(exports);
                    exported.insert(key, made);
                    Export::Instance(made)
                }
            },
        })
    }
}
