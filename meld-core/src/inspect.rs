//! What a stage made, in print: for `meld inspect` and for tests of a stage.
//!
//! In: the inputs. Out: an [`Inspection`]: lines, indented where one belongs to another, as text or as JSON.
//! The stages up to the one asked for are run, and no other. What a line says is up to the stage; the JSON
//! form keeps the tree and leaves the lines as they are.

mod plan;

use crate::pipeline::{self, Made};
use crate::{Error, Input, Options, Pass, adapter, inline, parse};
use serde_json::{Value, json};
use std::fmt;
use std::ops::ControlFlow;

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
    /// [`crate::adapter`]: the bodies of adapters.
    Adapters,
    /// [`crate::merger`]: the entities of the fused module.
    Merged,
    /// [`crate::passes`]: the module after a pass.
    After(Pass),
}

impl Stage {
    /// All, in order.
    pub fn all() -> impl Iterator<Item = Stage> {
        let before = [
            Stage::Parse,
            Stage::Dfg,
            Stage::Resources,
            Stage::ResourcesDot,
            Stage::Plan,
            Stage::Adapters,
            Stage::Merged,
        ];
        before.into_iter().chain(Pass::ALL.map(Stage::After))
    }
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
    let mut text = None;
    pipeline::run(inputs, options, &mut |made| {
        text = match (stage, made) {
            (Stage::Parse, Made::Parsed(component)) => Some(parse::print_component(component)),
            (Stage::Dfg, Made::Dfg(dfg)) => Some(inline::print_dfg(dfg)),
            (Stage::Resources, Made::Resources(dfg, graph)) => Some(graph.print(dfg)),
            (Stage::ResourcesDot, Made::Resources(dfg, graph)) => Some(graph.dot(dfg)),
            (Stage::Plan, Made::Plan(dfg, plan)) => Some(plan::print(dfg, plan)),
            (Stage::Adapters, Made::Adapters(dfg, adapted)) => Some(adapter::print_adapted(dfg, adapted)),
            (Stage::Merged, Made::Merged(module)) => Some(module.to_string()),
            (Stage::After(pass), Made::After(after)) if after.pass == pass => Some(after.to_string()),
            _ => None,
        };
        if text.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(Inspection { text: text.expect("every stage is in the pipeline, and was shown") })
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
