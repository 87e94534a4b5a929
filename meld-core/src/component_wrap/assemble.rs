//! Clusters in one component with the world of the input.
//!
//! In: the composition, and the component of each cluster with its seam, in the order of instantiation. Out: a component that imports what
//! the input imports, contains the clusters, instantiates them, and exports what the input exports. What a cluster takes from others is
//! handed on by identity; the names at its seam are its own.

use super::Wrapper;
use crate::clusters::{Seam, SeamSpace, resource_name};
use crate::core_interface::CoreInterface;
use crate::dfg::{ComponentDfg, ComponentFunc, ResourceDef};
use crate::error::{Error, WrapError};

/// A component to be nested.
pub(crate) struct Part<'a> {
    /// What it is called.
    pub(crate) name: String,
    /// The component, which is valid.
    pub(crate) bytes: &'a [u8],
    /// Its imports and exports.
    pub(crate) seam: &'a Seam,
    /// How many core modules and components are nested in it, at any depth.
    pub(crate) nested: u32,
}

/// Makes one component of `parts`. The result is validated.
pub(crate) fn assemble(dfg: &ComponentDfg<'_>, parts: &[Part<'_>]) -> Result<Vec<u8>, Error> {
    let none = CoreInterface::default();
    let mut wrapper = Wrapper::new(dfg, &none, None);
    wrapper.imports()?;
    let mut space = SeamSpace::new(dfg, "the component".to_owned());
    for part in parts {
        for &resource in &part.seam.imports.resources {
            if let ResourceDef::Imported(path) = &dfg.resources[resource].def
                && !space.resources.contains_key(&resource)
            {
                space.resources.insert(resource, wrapper.imported(path)?.0);
            }
        }
        for &func in &part.seam.imports.funcs {
            if let ComponentFunc::Import(id) = func
                && !space.funcs.contains_key(&func)
            {
                space.funcs.insert(func, wrapper.imported(&dfg.import_funcs[id].path)?.0);
            }
        }
        let builder = wrapper.encoder.component();
        let component = builder.component_raw(Some(&part.name), part.bytes);
        space.instantiate(&part.name, component, part.seam, builder)?;
        wrapper.nested += 1 + part.nested;
    }
    for (id, resource) in wrapper.exported_resources()? {
        let index = space.resources.get(&resource).copied();
        let index = index.ok_or_else(|| WrapError::Missing { path: resource_name(resource) })?;
        wrapper.resources.insert(resource, index);
        wrapper.encoder.name_type(id, index);
    }
    wrapper.clusters = Some(space);
    Ok(wrapper.finish()?)
}
