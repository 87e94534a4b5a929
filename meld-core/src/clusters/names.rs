//! Names of the input for what is called by generated names at seams.
//!
//! In: the composition, and the dfg of a cluster. Out: the same dfg, in which functions are called for people as in the composition. Imports of
//! the cluster, and resources, keep their names, by which reports identify them; [`stands_for`] says what they mean.

use super::seam::{func_name, resource_name};
use crate::dfg::{ComponentDfg, ComponentFunc};
use crate::maps::Map;

/// What each generated name stands for: the name, and for a lifted function the path of the instance that lifts it.
pub(crate) fn stands_for(dfg: &ComponentDfg<'_>) -> Map<String, (String, Option<String>)> {
    let mut names = Map::default();
    for (id, lift) in dfg.lifts.iter() {
        let func = ComponentFunc::Lift(id);
        let path = dfg.component_instances[dfg.options[lift.options].instance].path.clone();
        names.insert(func_name(func), (dfg.func_name(&func), Some(path)));
    }
    for (id, _) in dfg.import_funcs.iter() {
        let func = ComponentFunc::Import(id);
        names.insert(func_name(func), (dfg.func_name(&func), None));
    }
    for (id, resource) in dfg.resources.iter() {
        names.insert(resource_name(id), (resource.name.clone(), None));
    }
    names
}

/// Calls the functions in the dfg of a cluster as the composition does.
pub(crate) fn rename(composition: &ComponentDfg<'_>, cluster: &mut ComponentDfg<'_>) {
    let names = stands_for(composition);
    for name in cluster.lift_names.values_mut() {
        if let Some((given, _)) = names.get(name) {
            name.clone_from(given);
        }
    }
}

/// The same for resources, for messages.
pub(crate) fn rename_resources(composition: &ComponentDfg<'_>, cluster: &mut ComponentDfg<'_>) {
    let names = stands_for(composition);
    for id in cluster.resources.ids() {
        if let Some((given, _)) = names.get(&cluster.resources[id].name) {
            cluster.resources[id].name.clone_from(given);
        }
    }
}
