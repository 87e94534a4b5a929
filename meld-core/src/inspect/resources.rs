//! Views of resources in JSON.
//!
//! In: the graph of resources. Out: each resource with its views, and where each view was obtained.
//! [`crate::resource_graph`] has the text and the graph in the DOT language.

use super::dfg::interface;
use super::values::id;
use crate::dfg::{ComponentDfg, HandleTableKey, ResourceDef};
use crate::resource_graph::ResourceGraph;
use serde_json::{Value, json};

pub(super) fn json(dfg: &ComponentDfg<'_>, graph: &ResourceGraph) -> Value {
    let resources = dfg.resources.iter().map(|(own, resource)| {
        let instance = match resource.def {
            ResourceDef::Defined { instance, .. } => Some(id(instance)),
            ResourceDef::Imported(_) => None,
        };
        json!({ "id": id(own), "name": resource.name, "instance": instance })
    });
    let views = graph.views(dfg).zip(dfg.views.iter()).map(|((view, resource, owner), (own, recorded))| {
        json!({
            "id": id(own),
            "resource": id(resource),
            "view": key(view),
            "from": recorded.from.map(id),
            "owner": key(owner),
        })
    });
    json!({ "resources": resources.collect::<Value>(), "views": views.collect::<Value>() })
}

/// The name of a view.
pub(super) fn key(key: &HandleTableKey) -> Value {
    json!({ "component": id(key.component), "interface": interface(&key.interface), "resource": key.resource })
}
