//! The report by component: what the graph and the tables are drawn of.
//!
//! In: a [`Report`]. Out: a [`View`]: the component instances with their code, and the calls between them, summed up for each pair.

use indexmap::IndexMap;
use meld_core::Report;
use meld_core::report::{Boundary, Fate, FunctionKind, Lowering};

/// The report by component.
pub(crate) struct View<'r> {
    /// Component instances with core code, by path, in the order of instantiation.
    pub(crate) components: IndexMap<&'r str, Component>,
    /// Calls from a component to another, or to the host (`None`).
    pub(crate) edges: IndexMap<(&'r str, Option<&'r str>), Vec<&'r Boundary>>,
    /// The component instance of each core instance, both by path.
    owners: IndexMap<&'r str, &'r str>,
}

/// A component instance.
#[derive(Default)]
pub(crate) struct Component {
    /// How many core modules it has.
    pub(crate) modules: usize,
    /// How many functions of it are in the output.
    pub(crate) functions: usize,
    /// Bytes of these functions.
    pub(crate) bytes: usize,
    /// Whether it is in the output as it is in the input.
    pub(crate) kept: bool,
}

impl<'r> View<'r> {
    pub(crate) fn new(report: &'r Report) -> Self {
        let mut components: IndexMap<&str, Component> = IndexMap::new();
        let mut owners = IndexMap::new();
        for module in &report.modules {
            let Some(owner) = module.component.as_deref() else { continue };
            owners.insert(module.instance.as_str(), owner);
            let component = components.entry(owner).or_default();
            component.modules += 1;
            component.functions += module.live_functions;
            component.kept |= module.fate == Fate::Kept;
        }
        let mut edges: IndexMap<(&str, Option<&str>), Vec<&Boundary>> = IndexMap::new();
        for boundary in &report.boundaries {
            let callee = boundary.callee.as_deref();
            components.entry(&boundary.caller).or_default();
            if let Some(callee) = callee {
                components.entry(callee).or_default();
            }
            if boundary.lowering != Lowering::Builtin {
                edges.entry((&boundary.caller, callee)).or_default().push(boundary);
            }
        }
        let mut view = View { components, edges, owners };
        for function in report.functions.iter().filter(|function| function.kind == FunctionKind::Guest) {
            let owner = function.instance.as_deref().and_then(|instance| view.owner(instance));
            if let Some(component) = owner.and_then(|owner| view.components.get_mut(owner)) {
                component.bytes += function.bytes;
            }
        }
        // What was folded into an equal function has none of its own.
        for sizes in &report.sizes {
            if let Some(component) = view.components.get_mut(sizes.component.as_str()) {
                component.functions = sizes.functions;
            }
        }
        view
    }

    /// Path of the component instance that a core instance is in.
    pub(crate) fn owner(&self, instance: &str) -> Option<&'r str> {
        self.owners.get(instance).copied()
    }

    /// The number of a component, by which it has its colour.
    pub(crate) fn number(&self, path: &str) -> Option<usize> {
        self.components.get_index_of(path)
    }
}

/// What people call a component instance.
pub(crate) fn shown(path: &str) -> &str {
    if path.is_empty() { "root" } else { path }
}

/// The lowering that stands for several: the one that does most.
pub(crate) fn heaviest(boundaries: &[&Boundary]) -> Lowering {
    let weight = |lowering: Lowering| ORDER.iter().position(|other| *other == lowering);
    boundaries
        .iter()
        .map(|boundary| boundary.lowering)
        .max_by_key(|lowering| weight(*lowering))
        .unwrap_or(Lowering::Dead)
}

/// Lowerings, those that do most last.
pub(crate) const ORDER: [Lowering; 12] = [
    Lowering::Dead,
    Lowering::Trap,
    Lowering::Builtin,
    Lowering::Host,
    Lowering::HostAdapter,
    Lowering::Direct,
    Lowering::Scalar,
    Lowering::Copy,
    Lowering::CopyString,
    Lowering::Transcode,
    Lowering::Handles,
    Lowering::Kept,
];

/// The name of a lowering in the style sheet.
pub(crate) fn class(lowering: Lowering) -> &'static str {
    match lowering {
        Lowering::Dead => "dead",
        Lowering::Trap => "trap",
        Lowering::Builtin => "builtin",
        Lowering::Host => "host",
        Lowering::HostAdapter => "host-adapter",
        Lowering::Direct => "direct",
        Lowering::Scalar => "scalar",
        Lowering::Copy => "copy",
        Lowering::CopyString => "copy-string",
        Lowering::Transcode => "transcode",
        Lowering::Handles => "handles",
        Lowering::Kept => "kept",
        _ => "other",
    }
}
