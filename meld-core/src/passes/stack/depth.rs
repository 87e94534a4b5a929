//! How deep a shared stack gets.
//!
//! In: what is live, and how far down each function goes ([`crate::passes::stack::frames`]). Out: [`Depths`]: for each function, how far
//! below the top of the stack it goes at most, with everything that may be running when it is called. That is the
//! longest way to it in the call graph, which is over-approximated: an indirect call may find every function of its type
//! that the table holds; while an import runs, its host may call the `realloc` that it was given, and any destructor.
//! Any other export that it calls meanwhile is not counted: it asks for room itself ([`crate::passes::stack::entries`]).
//! Where a way may be of any length, because functions with a frame may call themselves again, nothing bounds what is
//! below.

use crate::error::MergeError;
use crate::ids::{CoreTypeId, ElemId, FuncId, Id, ScopeId, TableId};
use crate::module::reach::Marks;
use crate::module::references::{Entity, Use, const_uses, entity};
use crate::module::{ExportItem, FuncDef, GlobalDef, InitStep, MergedModule};
use indexmap::{IndexMap, IndexSet};
use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use wasmparser::{ElementItems, TableInit};

/// How deep functions go, and why there is no telling for some.
#[derive(Debug)]
pub(super) struct Depths {
    /// By node, those of functions first, by their ids: bytes below the top of the stack. `None` where nothing bounds it, 0
    /// for what is never called.
    pub(super) of: Vec<Option<u64>>,
    /// Functions with frames that may call each other again, if there are any.
    pub(super) cycle: Vec<FuncId>,
    /// Who may call whom.
    pub(super) graph: DiGraph<(), ()>,
    /// What may call each other is one component; callers come before callees.
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

/// What functions need of the stack themselves: `None` for one that decides when it runs.
pub(super) type FrameSizes = IndexMap<FuncId, Option<u64>>;

/// Measures the ways of the call graph.
pub(super) fn depths(module: &MergedModule<'_>, marks: &Marks, frames: &FrameSizes) -> Result<Depths, MergeError> {
    let CallGraph { graph, called, .. } = CallGraph::new(module, marks)?;
    let func = |node: &NodeIndex| FuncId::new(node.index());
    // What mentions no stack pointer has no frame.
    let frame = |node: &NodeIndex| frames.get(&func(node)).copied().unwrap_or(Some(0));
    // Until its turn comes, how far down the callers of a node are.
    let mut of: Vec<Option<u64>> = vec![Some(0); graph.node_count()];
    let mut cycle = Vec::new();
    // Functions that may call each other are one component. Callees come first in what the algorithm returns. It is one
    // without recursion: chains of calls are as long as the input likes.
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

/// Who may call whom, from the exports and what runs at start on.
struct CallGraph<'m, 'd> {
    module: &'m MergedModule<'d>,
    /// A node a function, by its id; behind them one for each set of functions that an indirect call may find, and one for
    /// what a host may call.
    graph: DiGraph<(), ()>,
    /// The node that leads to every destructor.
    dtors: NodeIndex,
    /// What may be called, in the order in which it was found.
    called: IndexSet<NodeIndex>,
    references: References,
}

impl<'m, 'd> CallGraph<'m, 'd> {
    fn new(module: &'m MergedModule<'d>, marks: &Marks) -> Result<Self, MergeError> {
        let mut graph = DiGraph::new();
        for _ in module.funcs.ids() {
            graph.add_node(());
        }
        let references = References::new(module, marks, &mut graph)?;
        let dtors = graph.add_node(());
        for export in module.interface.dtors.values().filter_map(|name| module.exports.get(name)) {
            if let ExportItem::Func(func) = export.item {
                graph.add_edge(dtors, node(module.canonical(func)), ());
            }
        }
        let mut calls = CallGraph { module, graph, dtors, called: IndexSet::new(), references };
        for export in module.exports.values() {
            if let ExportItem::Func(func) = export.item
                && marks.funcs[module.canonical(func).index()]
            {
                calls.called.insert(node(module.canonical(func)));
            }
        }
        calls.called.extend(module.init_func.map(node));
        let mut next = 0;
        while let Some(&caller) = calls.called.get_index(next) {
            next += 1;
            if caller.index() < module.funcs.len() {
                for callee in calls.callees(FuncId::new(caller.index()))? {
                    calls.graph.add_edge(caller, callee, ());
                }
            }
            calls.called.extend(calls.graph.neighbors(caller));
        }
        Ok(calls)
    }

    /// What a function may call, each once.
    fn callees(&self, caller: FuncId) -> Result<IndexSet<NodeIndex>, MergeError> {
        let module = self.module;
        let mut callees: IndexSet<NodeIndex> = IndexSet::new();
        let mut types: IndexSet<CoreTypeId> = IndexSet::new();
        let mut tables: IndexSet<TableId> = IndexSet::new();
        match module.funcs[caller].def {
            FuncDef::Import(import) => {
                // It may give up any resource meanwhile.
                callees.insert(self.dtors);
                for item in module.host_may_use(import)? {
                    if let ExportItem::Func(func) = item {
                        callees.insert(node(module.canonical(func)));
                    }
                }
            }
            FuncDef::Init => {
                for step in &module.init {
                    if let InitStep::Call(func) = *step {
                        callees.insert(node(module.canonical(func)));
                    }
                }
            }
            _ => module.uses(caller, |used| {
                match used {
                    Use::Func(func) => _ = callees.insert(node(func)),
                    Use::Type(ty) => _ = types.insert(ty),
                    Use::TableCall(table) => _ = tables.insert(table),
                    _ => {}
                }
                Ok(())
            })?,
        }
        let coarse = tables.len().saturating_mul(types.len()) > MAX_PAIRS;
        for held in tables.iter().filter_map(|table| self.references.in_table.get(table)) {
            if coarse { callees.extend(held.all) } else { callees.extend(held.find(&types)) }
        }
        if !types.is_empty() {
            callees.extend(self.references.anywhere.find(&types));
        }
        Ok(callees)
    }
}

/// Which pairs of a table and a type a function calls by is not looked at where there could be more than this: it might
/// call all that the tables hold.
const MAX_PAIRS: usize = 1 << 12;

fn node(func: FuncId) -> NodeIndex {
    NodeIndex::new(func.index())
}

/// Functions of which there are references.
struct References {
    /// Those of which a reference may be anywhere: in a local, a global, or a table that is written when it runs.
    anywhere: CalleesByType,
    /// Those that active segments write into a table.
    in_table: IndexMap<TableId, CalleesByType>,
}

/// Functions by their type. All of one type are what a node leads to, so that callers need not have an edge to each.
#[derive(Default)]
struct CalleesByType {
    nodes: IndexMap<CoreTypeId, NodeIndex>,
    /// Leads to those of a subtype, which may be called as functions of another type.
    subtypes: Option<NodeIndex>,
    /// Leads to all.
    all: Option<NodeIndex>,
    known: IndexSet<FuncId>,
}

impl CalleesByType {
    fn add(&mut self, module: &MergedModule<'_>, func: FuncId, graph: &mut DiGraph<(), ()>) {
        if !self.known.insert(func) {
            return;
        }
        let all = *self.all.get_or_insert_with(|| graph.add_node(()));
        let mut new = || {
            let new = graph.add_node(());
            graph.add_edge(all, new, ());
            new
        };
        let ty = module.funcs[func].ty;
        let found = match module.types.has_supertype(ty) {
            true => *self.subtypes.get_or_insert_with(&mut new),
            false => *self.nodes.entry(ty).or_insert_with(&mut new),
        };
        graph.add_edge(found, node(func), ());
    }

    /// Those that may be called as a function of one of `types`.
    fn find<'n>(&'n self, types: &'n IndexSet<CoreTypeId>) -> impl Iterator<Item = NodeIndex> + 'n {
        types.iter().filter_map(|ty| self.nodes.get(ty).copied()).chain(self.subtypes)
    }
}

impl References {
    fn new(module: &MergedModule<'_>, marks: &Marks, graph: &mut DiGraph<(), ()>) -> Result<Self, MergeError> {
        // References in code, in globals and in the initializers of tables.
        let mut anywhere: Vec<FuncId> = Vec::new();
        let mut note = |used: Entity| {
            if let Use::FuncRef(func) = used {
                anywhere.push(func);
            }
        };
        for func in module.funcs.ids().filter(|func| marks.funcs[func.index()]) {
            module.uses(func, |used| {
                note(used);
                Ok(())
            })?;
        }
        for global in module.globals.values() {
            if let GlobalDef::Guest(origin) = *global {
                let init = &module.module_of(origin.scope).globals[origin.index as usize].init_expr;
                for raw in const_uses(init)? {
                    note(entity(module, origin.scope, raw)?);
                }
            }
        }
        for id in module.tables.ids() {
            if let TableInit::Expr(init) = &module.table(id).init {
                for raw in const_uses(init)? {
                    note(entity(module, module.tables[id].scope, raw)?);
                }
            }
        }
        let mut references = References { anywhere: CalleesByType::default(), in_table: IndexMap::new() };
        for func in anywhere {
            references.anywhere.add(module, func, graph);
        }
        for (id, segment) in module.elems.iter() {
            // What an untouched table holds can be called through it, and cannot be taken out.
            let table = module.elem_target(id)?.map(|(table, _)| table);
            let held = match table.filter(|table| !marks.touched_tables[table.index()]) {
                Some(table) => references.in_table.entry(table).or_default(),
                None => &mut references.anywhere,
            };
            for func in items(module, id, segment.origin.scope)? {
                held.add(module, func, graph);
            }
        }
        Ok(references)
    }
}

/// The functions in an element segment.
fn items(module: &MergedModule<'_>, id: ElemId, scope: ScopeId) -> Result<Vec<FuncId>, MergeError> {
    let mut items = Vec::new();
    match &module.elem(id).items {
        ElementItems::Functions(funcs) => {
            for func in funcs.clone() {
                items.push(module.canonical(module.scopes[scope].func(func?)?));
            }
        }
        ElementItems::Expressions(_, exprs) => {
            for expr in exprs.clone() {
                for raw in const_uses(&expr?)? {
                    if let Use::FuncRef(func) = entity(module, scope, raw)? {
                        items.push(func);
                    }
                }
            }
        }
    }
    Ok(items)
}
