//! The index spaces of a component in the making, by identity.
//!
//! In: definitions as they are added to a component. Out: the index of each resource, named type and function, and what is made of them:
//! imports and exports of a [`Seam`], and instances of nested components, whose imports are satisfied by identity.

use super::seam::{Seam, SeamExports, SeamImports, func_name, resource_name, type_name};
use crate::dfg::{ComponentDfg, ComponentFunc};
use crate::error::ClusterError;
use crate::ids::{FuncTypeId, ResourceId, TypeId};
use crate::maps::Map;
use crate::value_types::ValueTypes;
use wasm_encoder::{ComponentBuilder, ComponentExportKind, ComponentTypeRef, TypeBounds};

/// Where a component in the making has what it mentions.
pub(crate) struct SeamSpace<'a> {
    pub(crate) types: ValueTypes<'a>,
    /// Type indices.
    pub(crate) resources: Map<ResourceId, u32>,
    /// Indices of component functions.
    pub(crate) funcs: Map<ComponentFunc, u32>,
    /// Types that are imported.
    imported: Vec<(TypeId, u32)>,
    /// What errors call the component.
    item: String,
}

impl<'a> SeamSpace<'a> {
    pub(crate) fn new(dfg: &'a ComponentDfg<'_>, item: String) -> Self {
        let types = ValueTypes::new(&dfg.types);
        SeamSpace { types, resources: Map::default(), funcs: Map::default(), imported: Vec::new(), item }
    }

    pub(super) fn missing(&self, what: impl Into<String>) -> ClusterError {
        ClusterError::missing(&self.item, what)
    }

    pub(super) fn resource(&self, id: ResourceId) -> Result<u32, ClusterError> {
        self.resources.get(&id).copied().ok_or_else(|| self.missing(id.to_string()))
    }

    pub(super) fn func(&self, func: ComponentFunc) -> Result<u32, ClusterError> {
        self.funcs.get(&func).copied().ok_or_else(|| self.missing(func_name(func)))
    }

    fn defined(&mut self, id: TypeId, into: &mut ComponentBuilder) -> Result<u32, ClusterError> {
        let missing = |resource: ResourceId| ClusterError::missing(&self.item, resource.to_string());
        self.types.defined(id, &self.resources, into).map_err(missing)
    }

    pub(super) fn func_type(&mut self, id: FuncTypeId, into: &mut ComponentBuilder) -> Result<u32, ClusterError> {
        let missing = |resource: ResourceId| ClusterError::missing(&self.item, resource.to_string());
        self.types.func(id, &self.resources, into).map_err(missing)
    }

    /// Declares the imports of a seam.
    pub(super) fn import(
        &mut self,
        dfg: &ComponentDfg<'_>,
        imports: &SeamImports,
        into: &mut ComponentBuilder,
    ) -> Result<(), ClusterError> {
        for &id in &imports.resources {
            let index = into.import(resource_name(id).as_str(), ComponentTypeRef::Type(TypeBounds::SubResource));
            self.resources.insert(id, index);
        }
        for &id in &imports.types {
            let bound = TypeBounds::Eq(self.defined(id, into)?);
            let index = into.import(type_name(id).as_str(), ComponentTypeRef::Type(bound));
            self.types.name(id, index);
            self.imported.push((id, index));
        }
        for &func in &imports.funcs {
            let ty = self.func_type(dfg.func_type(func), into)?;
            let index = into.import(func_name(func).as_str(), ComponentTypeRef::Func(ty));
            self.funcs.insert(func, index);
        }
        Ok(())
    }

    /// Exports the resources and types of a seam. From here on, types mention these exports.
    pub(super) fn export_types(
        &mut self,
        exports: &SeamExports,
        into: &mut ComponentBuilder,
    ) -> Result<(), ClusterError> {
        for &id in &exports.resources {
            let index = self.resource(id)?;
            let index = into.export(resource_name(id).as_str(), ComponentExportKind::Type, index, None);
            self.resources.insert(id, index);
        }
        self.types.restart(self.imported.iter().copied());
        for &id in &exports.types {
            let index = self.defined(id, into)?;
            let index = into.export(type_name(id).as_str(), ComponentExportKind::Type, index, None);
            self.types.name(id, index);
        }
        Ok(())
    }

    /// Instantiates a nested component, and takes what it exports.
    pub(crate) fn instantiate(
        &mut self,
        name: &str,
        component: u32,
        seam: &Seam,
        into: &mut ComponentBuilder,
    ) -> Result<(), ClusterError> {
        let Seam { imports, exports } = seam;
        let mut arguments = Vec::new();
        for &id in &imports.resources {
            arguments.push((resource_name(id), ComponentExportKind::Type, self.resource(id)?));
        }
        for &id in &imports.types {
            arguments.push((type_name(id), ComponentExportKind::Type, self.defined(id, into)?));
        }
        for &func in &imports.funcs {
            arguments.push((func_name(func), ComponentExportKind::Func, self.func(func)?));
        }
        let instance = into.instantiate(Some(name), component, arguments);
        for &id in &exports.resources {
            let index = into.alias_export(instance, &resource_name(id), ComponentExportKind::Type);
            self.resources.insert(id, index);
        }
        for &lift in &exports.lifts {
            let func = ComponentFunc::Lift(lift);
            let index = into.alias_export(instance, &func_name(func), ComponentExportKind::Func);
            self.funcs.insert(func, index);
        }
        Ok(())
    }
}
