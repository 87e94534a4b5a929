//! By what each handle is routed.
//!
//! In: the dfg, and the [`ResourceGraph`] that says who owns each view of a resource. Out: [`HandleTables`], one [`HandleTableInfo`]
//! per view, keyed by (component, interface, resource). The planner and the adapters route every `resource.new`, `resource.rep` and
//! `resource.drop`, and every handle that crosses a boundary, by it and by nothing else. A view that is not in it is an error.
//!
//! The specification has one handle space per component instance, and indices and wrong-type traps are observable in it. So an
//! instance is either wholly tabled or wholly direct; a space is never split.
//! - *Tabled*: an instance that holds a resource which another inner instance holds too, or whose resources are all unknown to the
//!   host (the composition then needs nothing from its host).
//! - *Direct*: any other instance that holds handles. They are in the host's own table, and its `resource.*` are the built-ins of the
//!   host: no host adapter, no table, no memory.
//!
//! Beside an instance that uses tasks, whose handles are among its waitables in the host's table, every other instance is tabled: its
//! handles would shift the indices of the waitables ([`crate::plan::PrincipalPlan`]).
//!
//! Several direct instances share the host's table. Their resources are disjoint by the first rule, so an
//! index of one is of the wrong type for the other; see `docs/adr/0005-handle-storage.md`.
//!
//! Rejected: one table per component, or per resource. Entries of all resources of an instance share one index
//! space and are told apart by their tag (`CanonicalABI.md`, "Table State").

mod holders;

use crate::dfg::{ComponentDfg, CoreDef, HandleTableKey, ResourceDef};
use crate::error::HandleTableError;
use crate::ids::{Arena, ComponentInstanceId, Id, ResourceId};
use crate::maps::Map;
use crate::resource_graph::ResourceGraph;

/// Everything that is needed to route the handles of one view of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandleTableInfo {
    /// The owner's view: where the resource is defined, or the root's import.
    pub owner: HandleTableKey,
    /// The resource.
    pub resource: ResourceId,
    /// What entries of this resource are tagged with: distinct for distinct resources.
    pub tag: u32,
    /// Whose code defines it.
    pub definer: Definer,
    /// Where the entries of this view's component instance are.
    pub space: HandleSpace,
    /// Whether the host knows the resource: it is imported, or exported, or an exported function mentions it.
    pub known_to_host: bool,
}

/// Whose code defines a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Definer {
    /// A component instance in the composition. Representations are its own numbers.
    Instance {
        /// The instance.
        instance: ComponentInstanceId,
        /// Its destructor, which takes the representation.
        dtor: Option<CoreDef>,
    },
    /// The host. The representation that tables hold is the index in the host's table.
    Host,
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

/// The routing of all handles.
#[derive(Debug, Clone, Default)]
pub struct HandleTables {
    infos: Map<HandleTableKey, HandleTableInfo>,
    /// The component instances that might hold a handle of each resource, in order, and the first view that each has of it: the one
    /// by which it is routed.
    holders: Arena<ResourceId, Map<ComponentInstanceId, HandleTableKey>>,
    /// The handle space of each component instance, which all its views have in common.
    spaces: Arena<ComponentInstanceId, HandleSpace>,
    /// Whether ends of streams and futures are in tables of the module.
    waitables: bool,
}

impl HandleTables {
    /// Routes every view in `graph`, which is that of `dfg`. `principal` is the one instance that uses tasks. `tabled`: several
    /// do, and every instance has a table of its own.
    ///
    /// # Errors
    ///
    /// An instance holds a resource of which it has no view: a bug in the inliner.
    pub fn new(
        dfg: &ComponentDfg<'_>,
        graph: &ResourceGraph,
        principal: Option<ComponentInstanceId>,
        tabled: bool,
    ) -> Result<Self, HandleTableError> {
        let held_by = holders::holders(dfg);
        let known = holders::known_to_host(dfg);
        let spaces = spaces(dfg, &held_by, (principal, tabled), |resource| known.contains(&resource));
        let mut infos = Map::default();
        let mut first: Map<(ComponentInstanceId, ResourceId), &HandleTableKey> = Map::default();
        for (key, resource, owner) in graph.views(dfg) {
            let definer = match dfg.resources[resource].def {
                ResourceDef::Defined { instance, dtor } => Definer::Instance { instance, dtor },
                ResourceDef::Imported(_) => Definer::Host,
            };
            let info = HandleTableInfo {
                owner: owner.clone(),
                resource,
                tag: resource.index() as u32 + 1,
                definer,
                space: spaces[key.component],
                known_to_host: known.contains(&resource),
            };
            infos.insert(key.clone(), info);
            first.entry((key.component, resource)).or_insert(key);
        }
        let mut holders = Arena::new();
        for (resource, held_by) in held_by.iter() {
            let mut routes = Map::default();
            for &holder in held_by {
                let key = first.get(&(holder, resource)).ok_or_else(|| HandleTableError::NoView {
                    instance: dfg.component_instances[holder].path.clone(),
                    resource: dfg.resources[resource].name.clone(),
                })?;
                routes.insert(holder, (*key).clone());
            }
            holders.push(routes);
        }
        Ok(Self { infos, holders, spaces, waitables: tabled })
    }

    /// The routing of one view.
    pub fn get(&self, key: &HandleTableKey) -> Option<&HandleTableInfo> {
        self.infos.get(key)
    }

    /// The routing of `resource` as `instance` holds it. `None` if `instance` never holds it.
    pub fn route(&self, instance: ComponentInstanceId, resource: ResourceId) -> Option<&HandleTableInfo> {
        self.infos.get(self.holders[resource].get(&instance)?)
    }

    /// Every view with its routing.
    pub fn iter(&self) -> impl Iterator<Item = (&HandleTableKey, &HandleTableInfo)> {
        self.infos.iter()
    }

    /// The component instances that might hold a handle of a resource, in order.
    pub fn holders(&self, resource: ResourceId) -> impl Iterator<Item = ComponentInstanceId> {
        self.holders[resource].keys().copied()
    }

    /// Where the handles of an instance are.
    pub fn space(&self, instance: ComponentInstanceId) -> HandleSpace {
        self.spaces[instance]
    }

    /// Whether ends of streams and futures are in tables of the module, each in that of its instance.
    pub fn has_waitables(&self) -> bool {
        self.waitables
    }

    /// Whether some instance has a table of its own.
    pub fn any_tabled(&self) -> bool {
        self.spaces.values().any(|space| *space == HandleSpace::Tabled)
    }
}

/// The handle space of each component instance.
fn spaces(
    dfg: &ComponentDfg<'_>,
    holders: &Arena<ResourceId, Vec<ComponentInstanceId>>,
    (principal, tabled): (Option<ComponentInstanceId>, bool),
    is_known: impl Fn(ResourceId) -> bool,
) -> Arena<ComponentInstanceId, HandleSpace> {
    // For each instance that holds anything: whether another holds something of it, and whether the host knows some of it.
    let mut held: Vec<Option<(bool, bool)>> = vec![None; dfg.component_instances.len()];
    for (resource, holders) in holders.iter() {
        for holder in holders {
            let (shared, known) = held[holder.index()].get_or_insert_default();
            *shared |= holders.len() > 1;
            *known |= is_known(resource);
        }
    }
    let spaces = dfg.component_instances.ids().zip(held).map(|(id, held)| match held {
        None => HandleSpace::None,
        Some(_) if principal == Some(id) => HandleSpace::Direct,
        Some(_) if tabled || principal.is_some() => HandleSpace::Tabled,
        Some((shared, known)) if shared || !known => HandleSpace::Tabled,
        Some(_) => HandleSpace::Direct,
    });
    spaces.collect()
}
