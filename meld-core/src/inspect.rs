//! What a stage made, in print: for `meld inspect` and for tests of a stage.
//!
//! In: the inputs and a stage. Out: an [`Inspection`], which has two forms. The text is for people: lines, indented where
//! one belongs to another. The JSON is for programs: one shape for each stage, see `docs/inspect.md`. Only the stages up to
//! the one asked for are run.
//! Rejected: JSON made from the text, because a reader would have to parse its lines.

mod adapters;
mod checks;
mod clusters;
mod component;
mod dfg;
mod emitted;
mod handles;
mod link;
mod module;
mod parse;
mod plan;
mod resources;
mod sections;
mod types;
mod values;

use crate::pipeline::{self, Made};
use crate::{Error, Input, Options, Pass, adapter, inline};
use serde::Serialize;
use serde_json::Value;
use std::fmt;
use std::ops::ControlFlow;

/// The `version` of the JSON form. It changes when a field changes its meaning or goes away.
const VERSION: u32 = 1;

/// A stage whose result can be printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// [`crate::link`]: the root component, and which import is linked to which export.
    Link,
    /// [`crate::parse`]: the static components.
    Parse,
    /// [`crate::inline`]: the composition with all instantiation carried out.
    Dfg,
    /// [`crate::resource_graph`]: every view of every resource, and where it was obtained.
    Resources,
    /// The same as a graph in the DOT language.
    ResourcesDot,
    /// [`crate::handle_tables`]: the table and the tag of each view of a resource.
    Handles,
    /// [`crate::plan`]: the decisions.
    Plan,
    /// [`crate::adapter`]: the bodies of adapters.
    Adapters,
    /// [`crate::merger`]: the entities of the fused module.
    Merged,
    /// [`crate::passes`]: the module after a pass.
    After(Pass),
    /// What the passes put into each body when it is written: checks of accesses and of the shared stack.
    Checks,
    /// [`crate::emit`]: the core module.
    Emit,
    /// [`crate::component_wrap`]: the component around the core module, as [`Options::component`] makes it.
    Component,
    /// `clusters`: which component instances become one core module, in the component that [`crate::Fuser::fuse_component`] makes.
    Clusters,
}

impl Stage {
    /// All, in order.
    pub fn all() -> impl Iterator<Item = Stage> {
        let before = [
            Stage::Link,
            Stage::Parse,
            Stage::Dfg,
            Stage::Resources,
            Stage::ResourcesDot,
            Stage::Handles,
            Stage::Plan,
            Stage::Adapters,
            Stage::Merged,
        ];
        let after = [Stage::Checks, Stage::Emit, Stage::Component, Stage::Clusters];
        before.into_iter().chain(Pass::ALL.map(Stage::After)).chain(after)
    }

    /// Whether the pipeline may carry it out twice: then the second result counts.
    fn may_run_twice(self) -> bool {
        matches!(self, Stage::Adapters | Stage::Merged | Stage::After(_) | Stage::Checks)
    }

    /// Its name: the value of `stage` in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Link => "link",
            Stage::Parse => "parse",
            Stage::Dfg => "dfg",
            Stage::Resources => "resources",
            Stage::ResourcesDot => "resources-dot",
            Stage::Plan => "plan",
            Stage::Handles => "handles",
            Stage::Adapters => "adapters",
            Stage::Merged => "merged",
            Stage::After(pass) => pass.name(),
            Stage::Checks => "checks",
            Stage::Emit => "emit",
            Stage::Component => "component",
            Stage::Clusters => "clusters",
        }
    }

    /// What it prints, in a phrase.
    pub fn summary(self) -> &'static str {
        match self {
            Stage::Link => "The root component: which import is linked to which export",
            Stage::Parse => "The static components and their items",
            Stage::Dfg => "The composition with all instantiation carried out",
            Stage::Resources => "Resource types: who defines each, who sees it under which name",
            Stage::ResourcesDot => "The same as a graph in the DOT language",
            Stage::Handles => "Handle tables: the table and the tag of each view of a resource",
            Stage::Plan => "Decisions: how each boundary is lowered, what state each instance needs",
            Stage::Adapters => "The bodies of adapters, before anything is known to be dead",
            Stage::Merged => "The entities of the fused module, before anything is known to be dead",
            Stage::After(Pass::Rebase) => "The same, each memory a window of one, if there is to be one memory",
            Stage::After(Pass::Start) => "The same, with segments and start functions in the order of the input",
            Stage::After(Pass::Devirtualize) => "What is live, with calls through constant tables made direct",
            Stage::After(Pass::Forward) => "The same, without functions that only call another one",
            Stage::After(Pass::Liveness) => "What is live then",
            Stage::After(Pass::Refuse) => "The same, if nothing that is live is unsupported",
            Stage::After(Pass::Unite) => "The same, with imports that are the same made one",
            Stage::After(Pass::Fold) => "The same, with equal functions made one",
            Stage::After(Pass::Similar) => {
                "The same, with functions that differ in little made one, if that is asked for"
            }
            Stage::After(Pass::Size) => "The same, if it is not too large",
            Stage::After(Pass::Stack) => "The same, with one stack for all, if there is to be one",
            Stage::After(Pass::Consumer) => "The same, with what the target needs",
            Stage::After(Pass::Layout) => "The same, with the place of each window, if there are windows",
            Stage::Checks => "Checks that are put into bodies: of accesses to windows, and of the one stack",
            Stage::Emit => "The written core module: sections, imports and exports",
            Stage::Component => "The component around the core module: sections and items",
            Stage::Clusters => "Component instances that become one core module, and why not more of them",
        }
    }
}

/// The printed result of a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    stage: Stage,
    text: String,
    made: Value,
}

/// What all stages have in common in JSON.
#[derive(Serialize)]
struct Envelope<'a> {
    version: u32,
    stage: &'static str,
    #[serde(flatten)]
    made: &'a Value,
}

impl Inspection {
    /// The result as JSON, ending in a newline: an object with `version`, `stage`, and the fields of the stage.
    /// `docs/inspect.schema.json` is its schema.
    pub fn to_json(&self) -> String {
        let envelope = Envelope { version: VERSION, stage: self.stage.name(), made: &self.made };
        let text = serde_json::to_string_pretty(&envelope);
        text.expect("every key is a string, and writing to memory does not fail") + "\n"
    }
}

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Runs the stages up to `stage` and prints the last one's result.
pub(crate) fn inspect(inputs: &[Input<'_>], options: &Options, stage: Stage) -> Result<Inspection, Error> {
    if stage == Stage::Clusters {
        let (text, mut made) = clusters::print(inputs, options)?;
        values::without_null(&mut made);
        return Ok(Inspection { stage, text, made });
    }
    let mut printed: Option<Result<(String, Value), Error>> = None;
    let mut options = options.clone();
    options.component |= stage == Stage::Component;
    let ended = pipeline::run(inputs, &options, &mut |made| {
        let result = match (stage, made) {
            (Stage::Link, Made::Linked(linked)) => link::print(linked).map_err(Error::from),
            (Stage::Parse, Made::Parsed(component)) => {
                Ok((crate::parse::print_component(component), parse::json(component)))
            }
            (Stage::Dfg, Made::Dfg(dfg)) => Ok((inline::print_dfg(dfg), dfg::json(dfg))),
            (Stage::Resources, Made::Resources(dfg, graph)) => Ok((graph.print(dfg), resources::json(dfg, graph))),
            (Stage::ResourcesDot, Made::Resources(dfg, graph)) => {
                let (dot, mut made) = (graph.dot(dfg), resources::json(dfg, graph));
                made["dot"] = dot.as_str().into();
                Ok((dot, made))
            }
            (Stage::Plan, Made::Plan(dfg, plan)) => Ok((plan::print(dfg, plan), plan::json(dfg, plan))),
            (Stage::Handles, Made::Handles(dfg, tables)) => Ok(handles::print(dfg, tables)),
            (Stage::Adapters, Made::Adapters(dfg, adapted)) => {
                Ok((adapter::print_adapted(dfg, adapted), adapters::json(adapted)))
            }
            (Stage::Merged, Made::Merged(merged)) => Ok((merged.to_string(), module::json(merged, None))),
            (Stage::After(pass), Made::After(after)) if after.pass == pass => {
                Ok((after.to_string(), module::json(after.module, after.marks)))
            }
            (Stage::Checks, Made::After(after)) if after.pass == Pass::Layout => {
                checks::print(after).map_err(Error::from)
            }
            (Stage::Emit, Made::Emitted(emitted)) => emitted::print(emitted).map_err(Error::from),
            (Stage::Component, Made::Component(component)) => component::print(component),
            // All stages that may run twice have run.
            (_, Made::Emitted(_)) if stage != Stage::Component => return ControlFlow::Break(()),
            _ => return ControlFlow::Continue(()),
        };
        printed = Some(result);
        if stage.may_run_twice() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    // A later stage may fail without harm to what is printed.
    let (text, mut made) = match (printed, ended) {
        (Some(printed), _) => printed?,
        (None, Err(error)) => return Err(error),
        (None, Ok(_)) => unreachable!("the pipeline shows every stage that it has"),
    };
    values::without_null(&mut made);
    Ok(Inspection { stage, text, made })
}
