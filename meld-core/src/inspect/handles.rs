//! The routing of handles in print.
//!
//! In: the handle tables. Out: for each view of a resource: who defines the resource, its tag, and where the handles of the
//! view's component instance are.

use super::resources::key;
use super::values::{core_def, id};
use crate::dfg::{ComponentDfg, HandleTableKey};
use crate::handle_tables::{Definer, HandleSpace, HandleTables};
use serde_json::{Value, json};
use std::fmt::Write;

/// The text and the JSON.
pub(super) fn print(dfg: &ComponentDfg<'_>, tables: &HandleTables) -> (String, Value) {
    let mut text = String::new();
    let mut views = Vec::new();
    for (view, info) in tables.iter() {
        let (definer, destructor) = match info.definer {
            Definer::Instance { instance, dtor } => (format!("defined by {instance}"), dtor),
            Definer::Host => ("of the host".to_owned(), None),
        };
        let space = space(info.space);
        let place = match info.space {
            HandleSpace::None => "no handles",
            HandleSpace::Direct => "handles in the host's table",
            HandleSpace::Tabled => "handles in a table of the module",
        };
        let known = if info.known_to_host { ", known to the host" } else { "" };
        let line = format!("{}: {} {definer}, tag {}, {place}{known}", name(dfg, view), info.resource, info.tag);
        writeln!(text, "{line}").expect("a string takes whatever is written to it");
        if info.owner != *view {
            writeln!(text, "  owner {}", name(dfg, &info.owner)).expect("a string takes whatever is written to it");
        }
        views.push(json!({
            "view": key(view),
            "owner": key(&info.owner),
            "resource": id(info.resource),
            "instance": match info.definer {
                Definer::Instance { instance, .. } => Some(id(instance)),
                Definer::Host => None,
            },
            "destructor": destructor.as_ref().map(core_def),
            "tag": info.tag,
            "table": space,
            "host": info.known_to_host,
        }));
    }
    (text, json!({ "views": views }))
}

/// Where the handles of a component instance are.
pub(super) fn space(space: HandleSpace) -> &'static str {
    match space {
        HandleSpace::None => "none",
        HandleSpace::Direct => "host",
        HandleSpace::Tabled => "module",
    }
}

fn name(dfg: &ComponentDfg<'_>, key: &HandleTableKey) -> String {
    let path = match dfg.component_instances[key.component].path.as_str() {
        "" => "(root)",
        path => path,
    };
    format!("({path}, {}, {})", key.interface, key.resource)
}
