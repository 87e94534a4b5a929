//! What a stage made, in print: for `meld inspect` and for tests of a stage.
//!
//! In: the inputs. Out: an [`Inspection`]: lines, indented where one belongs to another, as text or as JSON.
//! The stages up to the one asked for are run, and no other. What a line says is up to the stage; the JSON
//! form keeps the tree and leaves the lines as they are.

mod plan;

use crate::resource_graph::ResourceGraph;
use crate::{Error, Input, Options, adapter, inline, link, merger, parse, passes};
use serde_json::{Value, json};
use std::fmt;

/// A stage whose result can be printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// [`crate::parse`]: the static components.
    Parse,
    /// [`crate::inline`]: the composition with all instantiation carried out.
    Dfg,
    /// [`crate::resource_graph`]: every view of every resource, and where it was obtained.
    Resources,
    /// The same as a graph in the DOT language.
    ResourcesDot,
    /// [`crate::plan`]: the decisions.
    Plan,
    /// [`crate::adapter`]: the bodies of adapters and shims.
    Adapters,
    /// [`crate::merger`]: the entities of the fused module.
    Merged,
}

/// The printed result of a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    text: String,
}

/// Spaces by which a line is indented that belongs to the one before.
const INDENT: usize = 2;

impl Inspection {
    /// The result as JSON, ending in a newline: a list of objects with the `text` of a line, and with
    /// `items`, a list of the same form, where other lines belong to it.
    pub fn to_json(&self) -> String {
        // Lists in progress, outermost first; a line goes to the list of its depth.
        let mut lists: Vec<Vec<Value>> = vec![Vec::new()];
        for line in self.text.lines() {
            let text = line.trim_start_matches(' ');
            // A line that is indented too far belongs to the one before all the same.
            let deepest = if lists.last().is_some_and(Vec::is_empty) { lists.len() - 1 } else { lists.len() };
            let depth = ((line.len() - text.len()) / INDENT).min(deepest);
            while lists.len() > depth + 1 {
                close(&mut lists);
            }
            if depth == lists.len() {
                lists.push(Vec::new());
            }
            lists[depth].push(json!({ "text": text }));
        }
        while lists.len() > 1 {
            close(&mut lists);
        }
        format!("{:#}\n", Value::Array(lists.concat()))
    }
}

/// Hands the innermost list to the line it belongs to.
fn close(lists: &mut Vec<Vec<Value>>) {
    if let Some(items) = lists.pop()
        && let Some(owner) = lists.last_mut().and_then(|list| list.last_mut())
    {
        owner["items"] = Value::Array(items);
    }
}

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Runs the stages up to `stage` and prints the last one's result.
pub(crate) fn inspect(inputs: &[Input<'_>], options: &Options, stage: Stage) -> Result<Inspection, Error> {
    let linked = link::link(inputs, &options.links)?;
    let name = if let [input] = inputs { input.shown() } else { "root" };
    let component = parse::parse_linked(name, &linked.root, &linked.apart)?;
    if stage == Stage::Parse {
        return Ok(Inspection { text: parse::print_component(&component) });
    }
    let dfg = inline::inline_within(component, &options.limits)?;
    if stage == Stage::Dfg {
        return Ok(Inspection { text: inline::print_dfg(&dfg) });
    }
    let graph = ResourceGraph::new(&dfg)?;
    match stage {
        Stage::Resources => return Ok(Inspection { text: graph.print(&dfg) }),
        Stage::ResourcesDot => return Ok(Inspection { text: graph.dot(&dfg) }),
        _ => {}
    }
    let plan = crate::plan::plan(&dfg, options)?;
    if stage == Stage::Plan {
        return Ok(Inspection { text: plan::print(&dfg, &plan) });
    }
    let tables = merger::HandleTables::new(&dfg, &graph, &plan.handles)?;
    let adapted = adapter::adapt(&dfg, &plan, &tables)?;
    if stage == Stage::Adapters {
        return Ok(Inspection { text: adapter::print_adapted(&dfg, &adapted) });
    }
    let mut merged = merger::merge(&dfg, adapted)?;
    passes::complete(&mut merged, &plan.memory)?;
    Ok(Inspection { text: merged.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_the_tree() {
        let text = "a\n  b\n    c\n  d\ne\n".to_string();
        let json: Value = serde_json::from_str(&Inspection { text }.to_json()).unwrap();
        assert_eq!(
            json,
            json!([
                { "text": "a", "items": [{ "text": "b", "items": [{ "text": "c" }] }, { "text": "d" }] },
                { "text": "e" }
            ])
        );
    }

    #[test]
    fn json_of_an_odd_print() {
        let text = "    a\n      b\n".to_string();
        let json: Value = serde_json::from_str(&Inspection { text }.to_json()).unwrap();
        assert_eq!(json, json!([{ "text": "a", "items": [{ "text": "b" }] }]));
    }
}
