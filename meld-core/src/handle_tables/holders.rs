//! Who might hold handles of which resource.
//!
//! In: the dfg. Out: for every resource the component instances that could get an index of it, and whether the host could. Both are
//! read off signatures and built-ins, so they hold for every program.

use crate::abi::handles::HandleTypes;
use crate::dfg::{ComponentDfg, ComponentFunc, Export, Resource, ResourceDef, Trampoline};
use crate::ids::{Arena, ComponentInstanceId, FuncTypeId, ResourceId};
use crate::maps::Set;

/// Every instance that could get an index of a resource, in order: through a built-in, or through a signature.
pub(super) fn holders(dfg: &ComponentDfg<'_>) -> Arena<ResourceId, Vec<ComponentInstanceId>> {
    let mut holders: Arena<ResourceId, Set<ComponentInstanceId>> =
        dfg.resources.ids().map(|_| Set::default()).collect();
    let mut signature = |instance, ty: FuncTypeId| {
        for resource in HandleTypes::of_func(&dfg.types, &dfg.types[ty]).resources() {
            holders[resource].insert(instance);
        }
    };
    for (_, lift) in dfg.lifts.iter() {
        signature(dfg.options[lift.options].instance, lift.ty);
    }
    for (_, trampoline) in dfg.trampolines.iter() {
        if let Trampoline::Lower { func, options } = *trampoline {
            let ty = match func {
                ComponentFunc::Import(import) => dfg.import_funcs[import].ty,
                ComponentFunc::Lift(lift) => dfg.lifts[lift].ty,
            };
            signature(dfg.options[options].instance, ty);
        }
    }
    for (_, trampoline) in dfg.trampolines.iter() {
        if let Trampoline::ResourceNew { instance, resource }
        | Trampoline::ResourceRep { instance, resource }
        | Trampoline::ResourceDrop { instance, resource } = *trampoline
        {
            holders[resource].insert(instance);
        }
    }
    let sorted = holders.values().map(|holders| {
        let mut holders: Vec<_> = holders.iter().copied().collect();
        holders.sort();
        holders
    });
    sorted.collect()
}

/// The resources that the host knows: they are imported, or exported, or an exported function mentions them.
pub(super) fn known_to_host(dfg: &ComponentDfg<'_>) -> Set<ResourceId> {
    let imported =
        |(id, resource): (ResourceId, &Resource)| matches!(resource.def, ResourceDef::Imported(_)).then_some(id);
    let mut known: Set<ResourceId> = dfg.resources.iter().filter_map(imported).collect();
    let inner = dfg.exported_instances.values().flat_map(|exports| exports.values());
    let mut work: Vec<&Export> = dfg.exports.values().chain(inner).collect();
    while let Some(export) = work.pop() {
        match export {
            Export::Func(ComponentFunc::Lift(lift)) => {
                known.extend(HandleTypes::of_func(&dfg.types, &dfg.types[dfg.lifts[*lift].ty]).resources());
            }
            Export::Type(Some(resource)) => {
                known.insert(*resource);
            }
            // All of them are here.
            Export::Instance(_)
            | Export::Func(ComponentFunc::Import(_))
            | Export::Type(None)
            | Export::Module(_)
            | Export::Reexport(_)
            | Export::Component => {}
        }
    }
    known
}
