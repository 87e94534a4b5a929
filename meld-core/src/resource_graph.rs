//! Who owns which resource, and who sees it under which name.
//!
//! In: the views that the inliner recorded ([`ComponentDfg::views`]). Out: a [`ResourceGraph`]: a node per view
//! (component instance, interface, resource), an edge from each view to the one it was obtained from. The
//! owner of a view is the node where its edges end: the instance that defines the type, or the root's
//! import. Two views are of one type exactly if they end in one node. The inliner knows identities already;
//! the graph is built from where types *came from* and must agree, which [`ResourceGraph::new`] checks.
//! Rejected: owners by name ("the component that exports an interface of this name"): a resource can go by
//! several names, and several resources by one.

use crate::dfg::{ComponentDfg, HandleTableKey, ResourceDef};
use crate::error::ResourceGraphError;
use crate::ids::{ComponentInstanceId, Id, ResourceId, ViewId};
use indexmap::IndexMap;
use petgraph::Direction;
use petgraph::dot::{Config, Dot};
use petgraph::graph::{DiGraph, NodeIndex};
use std::fmt::Write;

/// Views of resources, and where each was obtained.
#[derive(Debug, Clone)]
pub struct ResourceGraph {
    /// Node `n` is view `n` of the dfg.
    graph: DiGraph<HandleTableKey, ()>,
    /// The node in which the edges from each node end.
    owners: Vec<NodeIndex>,
}

impl ResourceGraph {
    /// Builds the graph of `dfg` and resolves every owner.
    ///
    /// # Errors
    ///
    /// Each is a bug in the inliner: two views of one name, a view that was obtained from itself, or two
    /// ways of telling the identity of a resource that disagree.
    pub fn new(dfg: &ComponentDfg<'_>) -> Result<Self, ResourceGraphError> {
        let mut graph = DiGraph::new();
        let mut keys = IndexMap::new();
        for (_, view) in dfg.views.iter() {
            let node = graph.add_node(view.key.clone());
            if keys.insert(view.key.clone(), node).is_some() {
                return Err(ResourceGraphError::DuplicateView { view: print_key(dfg, &view.key) });
            }
        }
        for (id, view) in dfg.views.iter() {
            if let Some(from) = view.from {
                graph.add_edge(node(id), node(from), ());
            }
        }
        let mut this = Self { graph, owners: Vec::new() };
        let mut owner_of = IndexMap::new();
        for (id, view) in dfg.views.iter() {
            // A view is obtained from an earlier one, whose owner is known; where it is not, there may be a cycle.
            let owner = match view.from {
                Some(from) if from.index() < this.owners.len() => Some(this.owners[from.index()]),
                _ => this.follow(node(id)),
            };
            let owner = owner.ok_or_else(|| cycle(dfg, &view.key))?;
            if *owner_of.entry(view.resource).or_insert(owner) != owner || resource(dfg, owner) != view.resource {
                return Err(ResourceGraphError::IdentityMismatch { view: print_key(dfg, &view.key) });
            }
            this.owners.push(owner);
        }
        Ok(this)
    }

    /// Every view: its key, its resource, and the key of its owner. `dfg` is the one of which the graph was built.
    pub fn views<'g>(
        &'g self,
        dfg: &'g ComponentDfg<'_>,
    ) -> impl Iterator<Item = (&'g HandleTableKey, ResourceId, &'g HandleTableKey)> {
        dfg.views.iter().map(|(id, view)| (&view.key, view.resource, &self.graph[self.owners[id.index()]]))
    }

    /// The node in which the edges from `start` end; `None` if they never do.
    fn follow(&self, start: NodeIndex) -> Option<NodeIndex> {
        let mut at = start;
        for _ in 0..=self.graph.node_count() {
            match self.graph.neighbors_directed(at, Direction::Outgoing).next() {
                Some(next) => at = next,
                None => return Some(at),
            }
        }
        None
    }

    /// The graph as text: each resource with its owner, then every view and where it was obtained.
    pub fn print(&self, dfg: &ComponentDfg<'_>) -> String {
        let mut out = String::new();
        let mut nodes: IndexMap<ResourceId, Vec<NodeIndex>> = IndexMap::new();
        for node in self.graph.node_indices() {
            nodes.entry(resource(dfg, node)).or_default().push(node);
        }
        for (id, resource) in dfg.resources.iter() {
            let def = match &resource.def {
                ResourceDef::Defined { instance, .. } => format!("defined by {}", instance_name(dfg, *instance)),
                ResourceDef::Imported(_) => "of the host".to_owned(),
            };
            let _ = writeln!(out, "{id} {}: {def}", resource.name);
            for &node in nodes.get(&id).into_iter().flatten() {
                let from = self.graph.neighbors_directed(node, Direction::Outgoing).next();
                let from = from.map_or(String::new(), |from| format!(" <- {}", print_key(dfg, &self.graph[from])));
                let _ = writeln!(out, "  {}{from}", print_key(dfg, &self.graph[node]));
            }
        }
        out
    }

    /// The graph in the DOT language.
    pub fn dot(&self, dfg: &ComponentDfg<'_>) -> String {
        let labelled = self.graph.map(|_, key| print_key(dfg, key), |_, ()| "");
        format!("{:?}", Dot::with_config(&labelled, &[Config::EdgeNoLabel]))
    }
}

fn node(view: ViewId) -> NodeIndex {
    NodeIndex::new(view.index())
}

/// The resource of a view.
fn resource(dfg: &ComponentDfg<'_>, node: NodeIndex) -> ResourceId {
    dfg.views[ViewId::new(node.index())].resource
}

fn cycle(dfg: &ComponentDfg<'_>, key: &HandleTableKey) -> ResourceGraphError {
    ResourceGraphError::Cycle { view: print_key(dfg, key) }
}

fn instance_name<'d>(dfg: &'d ComponentDfg<'_>, instance: ComponentInstanceId) -> &'d str {
    match dfg.component_instances[instance].path.as_str() {
        "" => "(root)",
        path => path,
    }
}

fn print_key(dfg: &ComponentDfg<'_>, key: &HandleTableKey) -> String {
    format!("({}, {}, {})", instance_name(dfg, key.component), key.interface, key.resource)
}
