//! By what each handle is routed.
//!
//! In: the dfg, the [`ResourceGraph`] and the plan's decisions about handle spaces. Out: [`HandleTables`], one
//! [`HandleTableInfo`] per view of a resource, keyed by (component, interface, resource). Every `resource.new`,
//! `resource.rep` and `resource.drop` and every handle that crosses a boundary is carried out by what stands
//! here; nothing else is consulted, and a view that is not here is an error.
//! Rejected: one table per component, or per resource. Entries of all resources of an instance share one index
//! space and are told apart by their tag (`CanonicalABI.md`, "Table State").

use crate::dfg::{ComponentDfg, CoreDef, HandleTableKey, ResourceDef};
use crate::error::HandleTableError;
use crate::ids::{ComponentInstanceId, ResourceId};
use crate::plan::{HandlePlan, HandleSpace};
use crate::resource_graph::ResourceGraph;
use indexmap::IndexMap;

/// Everything that is needed to route the handles of one view of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandleTableInfo {
    /// The owner's view: where the resource is defined, or the root's import.
    pub owner: HandleTableKey,
    /// The resource.
    pub resource: ResourceId,
    /// What entries of this resource are tagged with.
    pub tag: u32,
    /// Whose code defines it.
    pub definer: Definer,
    /// Where the entries of this view's component instance stand.
    pub space: HandleSpace,
    /// Whether the host knows the resource.
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

/// The routing of all handles.
#[derive(Debug, Clone, Default)]
pub struct HandleTables {
    infos: IndexMap<HandleTableKey, HandleTableInfo>,
    routes: IndexMap<(ComponentInstanceId, ResourceId), HandleTableKey>,
}

impl HandleTables {
    /// Collects what `plan` and `graph` say of every view in `dfg`.
    ///
    /// # Errors
    ///
    /// An instance holds a resource of which it has no view: a bug in the inliner.
    pub fn new(dfg: &ComponentDfg<'_>, graph: &ResourceGraph, plan: &HandlePlan) -> Result<Self, HandleTableError> {
        let mut tables = Self::default();
        for (key, resource, owner) in graph.views() {
            let definer = match dfg.resources[resource].def {
                ResourceDef::Defined { instance, dtor } => Definer::Instance { instance, dtor },
                ResourceDef::Imported(_) => Definer::Host,
            };
            let info = HandleTableInfo {
                owner: owner.clone(),
                resource,
                tag: plan.resources[resource].tag,
                definer,
                space: plan.spaces[key.component],
                known_to_host: plan.resources[resource].known_to_host,
            };
            tables.infos.insert(key.clone(), info);
        }
        for (resource, plan) in plan.resources.iter() {
            for &holder in &plan.holders {
                let key = graph.view(holder, resource).ok_or_else(|| HandleTableError::NoView {
                    instance: dfg.component_instances[holder].path.clone(),
                    resource: dfg.resources[resource].name.clone(),
                })?;
                tables.routes.insert((holder, resource), key.clone());
            }
        }
        Ok(tables)
    }

    /// The routing of one view.
    pub fn get(&self, key: &HandleTableKey) -> Option<&HandleTableInfo> {
        self.infos.get(key)
    }

    /// The routing of `resource` as `instance` holds it. `None` if `instance` never holds it.
    pub fn route(&self, instance: ComponentInstanceId, resource: ResourceId) -> Option<&HandleTableInfo> {
        self.infos.get(self.routes.get(&(instance, resource))?)
    }

    /// Every view with its routing.
    pub fn iter(&self) -> impl Iterator<Item = (&HandleTableKey, &HandleTableInfo)> {
        self.infos.iter()
    }
}
