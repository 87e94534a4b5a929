//! Exports of the wrapper: lifted functions, types, instances.
//!
//! An instance cannot simply be a list of items: each of its types must get an id of its own by being
//! exported, and the functions beside it must mention that id. Only a component can do that. So an
//! instance is made by a nested component that imports every item, exports the types in order, and
//! exports the functions ascribed with types that mention the exports. Where there are no types, a list of items is
//! all that it takes. An instance that is exported under several
//! names is made once.

use super::{Wrapper, inner_path, limits};
use crate::core_interface::CoreExport;
use crate::dfg::{ComponentFunc, Export};
use crate::error::WrapError;
use crate::ids::{ExportedInstanceId, ResourceId};
use crate::world::{extern_name, kind_of};
use wasm_encoder::ExportKind;
use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentEntityType, ComponentFuncTypeId, ComponentInstanceTypeId, ComponentItem,
};

/// An item of the wrapper's index spaces.
struct ExportedItem<'a> {
    name: &'a str,
    item: &'a ComponentItem,
    index: u32,
}

impl<'a> Wrapper<'a> {
    pub(super) fn exports(&mut self) -> Result<(), WrapError> {
        let dfg = self.dfg;
        for item in &dfg.world.exports {
            let path = [item.name.clone()];
            let export = dfg.exports.get(&item.name).ok_or_else(|| WrapError::missing(&path))?;
            let index = self.item(export, &item.ty, &path)?;
            let ascribed = match self.has_other_type(export, &item.ty)? {
                true => Some(self.encoder.ascription(&item.ty).map_err(|source| WrapError::ty(&path, source))?),
                false => None,
            };
            let name = item.extern_name();
            let index = self.encoder.component().export(name, kind_of(&item.ty), index, ascribed);
            match item.ty {
                ComponentEntityType::Type { created, .. } => self.encoder.name_type(created, index),
                ComponentEntityType::Instance(id) => self.encoder.name_instance_types(id, index),
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether an item, as [`Wrapper::item`] makes it, has another type than it is to be exported with.
    fn has_other_type(&mut self, export: &Export, ty: &ComponentEntityType) -> Result<bool, WrapError> {
        let imported = match export {
            // Types at the seam of a cluster have no names here.
            Export::Func(ComponentFunc::Lift(_)) => return Ok(self.clusters.is_some()),
            Export::Instance(id) => return Ok(self.clusters.is_some() && self.plain.contains(id)),
            Export::Func(ComponentFunc::Import(id)) => self.imported(&self.dfg.import_funcs[*id].path)?.1,
            Export::Reexport(path) => self.imported(path)?.1,
            Export::Module(_) => return Ok(true),
            _ => return Ok(false),
        };
        Ok(match (imported, *ty) {
            (ComponentEntityType::Func(a), ComponentEntityType::Func(b)) => a != b,
            (ComponentEntityType::Instance(a), ComponentEntityType::Instance(b)) => a != b,
            (ComponentEntityType::Module(a), ComponentEntityType::Module(b)) => a != b,
            (ComponentEntityType::Component(a), ComponentEntityType::Component(b)) => a != b,
            _ => true,
        })
    }

    /// Makes what is to be exported at `path` and returns its index.
    fn item(&mut self, export: &'a Export, ty: &ComponentEntityType, path: &[String]) -> Result<u32, WrapError> {
        match (export, *ty) {
            (Export::Func(func), ComponentEntityType::Func(ty)) => self.func(*func, ty, path),
            (Export::Type(resource), ComponentEntityType::Type { referenced, .. }) => {
                self.exported_type(*resource, referenced, path)
            }
            (Export::Instance(id), ComponentEntityType::Instance(ty)) => {
                if let Some(&made) = self.instances.get(id) {
                    return Ok(made);
                }
                let made = self.instance(*id, ty, path)?;
                self.instances.insert(*id, made);
                Ok(made)
            }
            (Export::Module(module), ComponentEntityType::Module(_)) => {
                let module = &self.dfg.modules[*module];
                Ok(self.encoder.component().core_module_raw(Some(&module.name), module.bytes))
            }
            (Export::Reexport(import), ty) => {
                let (index, imported) = self.imported(import)?;
                if kind_of(&imported) != kind_of(&ty) {
                    return Err(WrapError::mismatch(path));
                }
                Ok(index)
            }
            (Export::Component, ComponentEntityType::Component(_)) => Err(WrapError::unsupported(
                path,
                "the root exports a component, and code inside it cannot be fused with the rest; \
                 do not export it, or export what it makes when instantiated",
            )),
            _ => Err(WrapError::mismatch(path)),
        }
    }

    fn func(&mut self, func: ComponentFunc, ty: ComponentFuncTypeId, path: &[String]) -> Result<u32, WrapError> {
        match func {
            ComponentFunc::Import(id) => Ok(self.imported(&self.dfg.import_funcs[id].path)?.0),
            ComponentFunc::Lift(_) => {
                if let Some(clusters) = &self.clusters {
                    return clusters.funcs.get(&func).copied().ok_or_else(|| WrapError::missing(path));
                }
                let export = self.functions.get(path).copied();
                let CoreExport { field, options, .. } = export.ok_or_else(|| WrapError::missing(path))?;
                let ty = self.any_type(ty.into(), path)?;
                let core = self.fused_item(ExportKind::Func, field);
                let options = self.options(options);
                Ok(self.encoder.component().lift_func(Some(field), core, ty, options))
            }
        }
    }

    fn exported_type(
        &mut self,
        resource: Option<ResourceId>,
        referenced: ComponentAnyTypeId,
        path: &[String],
    ) -> Result<u32, WrapError> {
        match resource.and_then(|resource| self.resources.get(&resource)) {
            Some(index) => Ok(*index),
            None => self.any_type(referenced, path),
        }
    }

    fn any_type(&mut self, id: ComponentAnyTypeId, path: &[String]) -> Result<u32, WrapError> {
        self.encoder.any_type(id).map_err(|source| WrapError::ty(path, source))
    }

    /// Makes an instance of the type `ty`: of its items where there is no type among them at any depth, which is to be
    /// written once however deeply instances nest; otherwise by a nested component.
    fn instance(
        &mut self,
        id: ExportedInstanceId,
        ty: ComponentInstanceTypeId,
        path: &[String],
    ) -> Result<u32, WrapError> {
        let exports = &self.dfg.exported_instances[id];
        let mut items = Vec::new();
        let mut plain = true;
        for (name, item) in self.items(ty) {
            let path = inner_path(path, name);
            let export = exports.get(name).ok_or_else(|| WrapError::missing(&path))?;
            // Types in it get no names here: they are those of the instance, once it is exported.
            let index = self.item(export, &item.ty, &path)?;
            plain &= match export {
                Export::Func(ComponentFunc::Lift(_)) => true,
                Export::Instance(inner) => self.plain.contains(inner),
                _ => false,
            };
            items.push(ExportedItem { name, item, index });
        }
        if plain {
            self.plain.insert(id);
            let items = items.iter().map(|of| (extern_name(of.name, of.item), kind_of(&of.item.ty), of.index));
            return Ok(self.encoder.component().instantiate_exports(None, items));
        }
        self.encoder.open_component();
        let imported = items.iter().map(|item| self.import_item(item, path)).collect::<Result<Vec<_>, _>>()?;
        for (item, imported) in items.iter().zip(imported) {
            self.export_item(item, imported, path)?;
        }
        self.nested += 1;
        limits::check(self.encoder.component(), self.nested)?;
        let (component, arguments) = self.encoder.close_component(&path.join("/"));
        Ok(self.encoder.component().instantiate(None, component, arguments))
    }

    /// In the nested component: imports an item. Types that it mentions come in as well.
    fn import_item(&mut self, item: &ExportedItem<'a>, path: &[String]) -> Result<Imported, WrapError> {
        let failed = |source| WrapError::ty(&inner_path(path, item.name), source);
        if let ComponentEntityType::Type { referenced, created } = item.item.ty
            && let Some(index) = self.encoder.named_type(referenced).map_err(failed)?
        {
            self.encoder.name_type(created, index);
            return Ok(Imported::Renamed);
        }
        self.encoder.import_argument(&item.item.ty, item.index).map(Imported::Item).map_err(failed)
    }

    /// In the nested component: exports an item.
    fn export_item(&mut self, item: &ExportedItem<'a>, imported: Imported, path: &[String]) -> Result<(), WrapError> {
        let failed = |source| WrapError::ty(&inner_path(path, item.name), source);
        let ty = &item.item.ty;
        let (index, ascribed) = match (*ty, imported) {
            // By now, what it is another name for may be an export.
            (ComponentEntityType::Type { referenced, .. }, Imported::Renamed) => {
                (self.encoder.any_type(referenced).map_err(failed)?, None)
            }
            // Written out once more: by now, what it mentions are exports. No resource comes here: all are
            // defined or imported around.
            (ComponentEntityType::Type { referenced, .. }, Imported::Item(_)) => {
                (self.encoder.type_structure(referenced).map_err(failed)?, None)
            }
            (ComponentEntityType::Func(_) | ComponentEntityType::Instance(_), Imported::Item(index)) => {
                (index, Some(self.encoder.ascription(ty).map_err(failed)?))
            }
            (_, Imported::Item(index)) => (index, None),
            (_, Imported::Renamed) => return Err(WrapError::mismatch(&inner_path(path, item.name))),
        };
        let name = extern_name(item.name, item.item);
        let index = self.encoder.component().export(name, kind_of(ty), index, ascribed);
        match *ty {
            ComponentEntityType::Type { created, .. } => self.encoder.name_type(created, index),
            ComponentEntityType::Instance(id) => self.encoder.name_instance_types(id, index),
            _ => {}
        }
        Ok(())
    }
}

/// What the nested component has of an item.
#[derive(Clone, Copy)]
enum Imported {
    /// The item, at this index.
    Item(u32),
    /// Nothing: it is another name for a type that is there already.
    Renamed,
}
