//! Where handles live.
//!
//! In: the dfg. Out: [`HandlePlan`]: for every resource who holds it and its type tag, for every component
//! instance whether its handle space is that of the host, or a table in the module.
//!
//! The spec has one handle space per component instance, and indices and wrong-type traps are observable
//! in it, so an instance is either wholly tabled or wholly direct; a space is never split.
//! - *Tabled*: an instance that holds a resource which another inner instance holds too, or whose
//!   resources are all unknown to the host (the composition then needs nothing from its host).
//! - *Direct*: any other instance that holds handles. They stand in the host's own table, and
//!   its `resource.*` are the built-ins of the host: no host adapter, no table, no memory.
//!
//! Several direct instances share the host's table. Their resources are disjoint by the first rule, so an
//! index of one is of the wrong type for the other; see `docs/adr/0005-handle-storage.md`.

use crate::abi::handles::HandleTypes;
use crate::dfg::{ComponentDfg, ComponentFunc, Export, ResourceDef, Trampoline};
use crate::ids::{Arena, ComponentInstanceId, FuncTypeId, Id, ResourceId};
use indexmap::{IndexMap, IndexSet};

/// Where all handles live.
#[derive(Debug, Clone, Default)]
pub struct HandlePlan {
    /// The handle space of each component instance.
    pub spaces: Arena<ComponentInstanceId, HandleSpace>,
    /// What is known of each resource.
    pub resources: Arena<ResourceId, ResourcePlan>,
}

/// The handle space of a component instance.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HandleSpace {
    /// The instance never has a handle.
    #[default]
    None,
    /// The host's own table.
    Direct,
    /// A table of its own in the fused module.
    Tabled,
}

/// What is known of a resource.
#[derive(Debug, Clone, Default)]
pub struct ResourcePlan {
    /// The component instances that might hold a handle of it, in order.
    pub holders: Vec<ComponentInstanceId>,
    /// Whether the host knows it: it is imported, or exported, or an exported function mentions it.
    pub known_to_host: bool,
    /// Its type tag in handle tables: distinct for distinct resources.
    pub tag: u32,
}

pub(super) fn handles(dfg: &ComponentDfg<'_>) -> HandlePlan {
    let holders = holders(dfg);
    let known = host_resources(dfg);
    let resources: Arena<ResourceId, ResourcePlan> = (1..)
        .zip(dfg.resources.ids())
        .map(|(tag, id)| {
            let mut held_by: Vec<_> = holders.get(&id).into_iter().flatten().copied().collect();
            held_by.sort();
            ResourcePlan { holders: held_by, known_to_host: known.contains(&id), tag }
        })
        .collect();
    // For each instance that holds anything: whether another holds something of it, and whether the host knows some of it.
    let mut held: Vec<Option<(bool, bool)>> = vec![None; dfg.component_instances.len()];
    for resource in resources.values() {
        for holder in &resource.holders {
            let (shared, known) = held[holder.index()].get_or_insert_default();
            *shared |= resource.holders.len() > 1;
            *known |= resource.known_to_host;
        }
    }
    let spaces = held.into_iter().map(|held| match held {
        None => HandleSpace::None,
        Some((shared, known)) if shared || !known => HandleSpace::Tabled,
        Some(_) => HandleSpace::Direct,
    });
    HandlePlan { spaces: spaces.collect(), resources }
}

type Holders = IndexMap<ResourceId, IndexSet<ComponentInstanceId>>;

/// Every instance that could get an index of a resource: through a built-in, or through a signature.
fn holders(dfg: &ComponentDfg<'_>) -> Holders {
    let mut holders = Holders::new();
    let mut signature = |instance, ty: FuncTypeId| {
        for resource in HandleTypes::of_func(&dfg.types, &dfg.types[ty]).resources() {
            holders.entry(resource).or_default().insert(instance);
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
            holders.entry(resource).or_default().insert(instance);
        }
    }
    holders
}

fn host_resources(dfg: &ComponentDfg<'_>) -> IndexSet<ResourceId> {
    let imported = |(id, resource): (ResourceId, &crate::dfg::Resource)| {
        matches!(resource.def, ResourceDef::Imported(_)).then_some(id)
    };
    let mut known: IndexSet<ResourceId> = dfg.resources.iter().filter_map(imported).collect();
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
