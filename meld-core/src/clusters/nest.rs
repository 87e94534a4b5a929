//! A cluster as a component: the components of its units, instantiated beside each other.
//!
//! In: the units of a cluster, in order. Out: the bytes of a component with the imports and exports of the cluster's [`Seam`]. It is an input
//! like any other: the stages from `parse` on do not know where it is from. Each unit is called as in the input, for messages and reports.

use super::Units;
use super::seam::{Seam, func_name};
use super::space::SeamSpace;
use super::write;
use crate::dfg::{ComponentDfg, ComponentFunc};
use crate::error::ClusterError;
use crate::world::validate_types;
use indexmap::IndexSet;
use wasm_encoder::{ComponentBuilder, ComponentExportKind, ComponentTypeRef};

/// A component, and what it imports and exports.
pub(crate) struct Written {
    pub(crate) bytes: Vec<u8>,
    pub(crate) seam: Seam,
}

/// Writes one unit as a component.
pub(crate) fn unit(dfg: &ComponentDfg<'_>, units: &Units, index: usize) -> Result<Written, ClusterError> {
    let seam = Seam::new(dfg, units, &IndexSet::from([index]));
    let bytes = write::unit(dfg, units, &units.units[index], &seam)?;
    validated(units.name(dfg, index), &bytes)?;
    Ok(Written { bytes, seam })
}

/// Writes a cluster. `set` has its units, each after those that it needs.
pub(crate) fn cluster(dfg: &ComponentDfg<'_>, units: &Units, set: &IndexSet<usize>) -> Result<Written, ClusterError> {
    let item = set.iter().map(|index| units.name(dfg, *index)).collect::<Vec<_>>().join(", ");
    let seam = Seam::new(dfg, units, set);
    let mut builder = ComponentBuilder::default();
    let mut space = SeamSpace::new(dfg, item.clone());
    space.import(dfg, &seam.imports, &mut builder)?;
    for &index in set {
        let mut seam = Seam::new(dfg, units, &IndexSet::from([index]));
        // The names of exports are those by which reports know resources.
        let own = units.units[index].mentions.iter().filter(|id| units.defining(dfg, **id) == Some(index));
        seam.exports.resources.extend(own);
        let bytes = write::unit(dfg, units, &units.units[index], &seam)?;
        let name = units.name(dfg, index);
        let component = builder.component_raw(Some(&name), &bytes);
        space.instantiate(&name, component, &seam, &mut builder)?;
    }
    space.export_types(&seam.exports, &mut builder)?;
    for &lift in &seam.exports.lifts {
        let func = ComponentFunc::Lift(lift);
        let index = space.func(func)?;
        // The type that the unit gave it mentions no name of this component.
        let ty = ComponentTypeRef::Func(space.func_type(dfg.lifts[lift].ty, &mut builder)?);
        builder.export(func_name(func).as_str(), ComponentExportKind::Func, index, Some(ty));
    }
    builder.append_names();
    let bytes = builder.finish();
    validated(item, &bytes)?;
    Ok(Written { bytes, seam })
}

fn validated(item: String, bytes: &[u8]) -> Result<(), ClusterError> {
    validate_types(bytes).map_err(|error| ClusterError::Invalid { item, source: error.into() })
}
