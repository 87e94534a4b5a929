//! How deep a shared stack gets.
//!
//! In: what is live, and the bytes of stack that each function needs ([`crate::passes::stack::frames`]). Out: [`Depths`]: for each function, how
//! far below the top of the stack it goes at most, the frames of all its callers included. That is the
//! longest path to it in the call graph ([`crate::module::call_graph`]). A call by a host while an import runs is not
//! counted: the export asks for room itself ([`crate::passes::stack::entries`]).
//! If functions with a frame can call themselves again, a path can have any length, and the depth of what they call has no bound.

use crate::error::MergeError;
use crate::ids::{FuncId, Id};
use crate::module::call_graph::CallGraph;
use crate::module::reach::Marks;
use crate::module::{FuncDef, MergedModule};
use indexmap::IndexMap;
use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

/// How deep functions go, and why that has no bound for some.
#[derive(Debug)]
pub(super) struct Depths {
    /// By node, those of functions first, by their ids: bytes below the top of the stack. `None` where nothing bounds it, 0
    /// for what is never called.
    pub(super) of: Vec<Option<u64>>,
    /// Functions with frames that may call each other again, if there are any.
    pub(super) cycle: Vec<FuncId>,
    /// Which node may call which.
    pub(super) graph: DiGraph<(), ()>,
    /// Nodes that may call each other are one component. Callers come before callees.
    pub(super) components: Vec<Vec<NodeIndex>>,
    /// Whether an import may be called: while it runs, its host may call an export.
    pub(super) calls_host: bool,
}

impl Depths {
    /// The depth of the deepest function.
    pub(super) fn deepest(&self) -> Option<u64> {
        self.of.iter().try_fold(0, |deepest, depth| Some(deepest.max((*depth)?)))
    }
}

/// The bytes of stack that functions themselves need: `None` for one that decides it when it runs.
pub(super) type FrameSizes = IndexMap<FuncId, Option<u64>>;

/// Measures the paths of the call graph.
pub(super) fn depths(module: &MergedModule<'_>, marks: &Marks, frames: &FrameSizes) -> Result<Depths, MergeError> {
    let CallGraph { graph, called, .. } = CallGraph::new(module, marks)?;
    let func = |node: &NodeIndex| FuncId::new(node.index());
    // A function that mentions no stack pointer has no frame.
    let frame = |node: &NodeIndex| frames.get(&func(node)).copied().unwrap_or(Some(0));
    // For a node that has not had its turn: how far down its callers are.
    let mut of: Vec<Option<u64>> = vec![Some(0); graph.node_count()];
    let mut cycle = Vec::new();
    // Functions that may call each other are one component. The algorithm returns callees first. It does not recurse, because an
    // input may have chains of calls of any length.
    let mut components = kosaraju_scc(&graph);
    components.reverse();
    let mut component_of = vec![0; graph.node_count()];
    for (number, component) in components.iter().enumerate() {
        component.iter().for_each(|node| component_of[node.index()] = number);
    }
    for component in components.iter().filter(|component| called.contains(&component[0])) {
        let callers = component.iter().map(|node| of[node.index()]).try_fold(0, |most, of| Some(most.max(of?)));
        let again = component.len() > 1 || graph.contains_edge(component[0], component[0]);
        let mut framed: Vec<FuncId> = component.iter().filter(|node| frame(node) != Some(0)).map(func).collect();
        framed.sort();
        let bounded = !again || framed.is_empty();
        if !bounded && cycle.is_empty() {
            cycle = framed;
        }
        for node in component {
            let depth = callers.zip(frame(node)).map(|(callers, own)| callers + own).filter(|_| bounded);
            of[node.index()] = depth;
            for callee in graph.neighbors(*node) {
                if component_of[callee.index()] != component_of[node.index()] {
                    let known = &mut of[callee.index()];
                    *known = known.zip(depth).map(|(known, depth)| known.max(depth));
                }
            }
        }
    }
    let calls_host = (called.iter().filter(|node| node.index() < module.funcs.len()))
        .any(|node| matches!(module.funcs[func(node)].def, FuncDef::Import(_)));
    Ok(Depths { of, cycle, graph, components, calls_host })
}
