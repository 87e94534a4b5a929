//! Who may call whom in the fused module.
//!
//! In: the module and what is live. Out: a [`CallGraph`], over-approximated: an indirect call may find every function of its type that
//! the table holds; while an import runs, its host may call the `realloc` that it was given, and any destructor. Any other export
//! that the host calls meanwhile is no part of the graph.
//!
//! Liveness ([`super::reach`]) is coarser, because it decides what is in the output: a live table keeps all that it holds. The plan's
//! graph is one of definitions, before there is a fused module.

use crate::error::MergeError;
use crate::ids::{CoreTypeId, ElemId, FuncId, Id, ScopeId, TableId};
use crate::module::reach::Marks;
use crate::module::references::{Entity, Use, const_uses, entity};
use crate::module::{ExportItem, FuncDef, GlobalDef, InitStep, MergedModule};
use indexmap::{IndexMap, IndexSet};
use petgraph::graph::{DiGraph, NodeIndex};
use wasmparser::{ElementItems, TableInit};

/// Who may call whom, from the exports and what runs at start on.
pub(crate) struct CallGraph<'m, 'd> {
    module: &'m MergedModule<'d>,
    /// A node a function, by its id; behind them one for each set of functions that an indirect call may find, and one for
    /// what a host may call.
    pub(crate) graph: DiGraph<(), ()>,
    /// The node that leads to every destructor.
    dtors: NodeIndex,
    /// What may be called, in the order in which it was found.
    pub(crate) called: IndexSet<NodeIndex>,
    references: References,
}

impl<'m, 'd> CallGraph<'m, 'd> {
    pub(crate) fn new(module: &'m MergedModule<'d>, marks: &Marks) -> Result<Self, MergeError> {
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
                    match item {
                        ExportItem::Func(func) => _ = callees.insert(node(module.canonical(func))),
                        // A thread may begin with any of them.
                        ExportItem::Table(table) => {
                            callees.extend(self.references.in_table.get(&table).and_then(|held| held.all));
                            callees.extend(self.references.anywhere.all);
                        }
                        ExportItem::Memory(_) | ExportItem::Global(_) => {}
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
        let anywhere = anywhere(module, marks)?;
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

/// Functions of which there are references in live code, in globals and in the initializers of tables.
fn anywhere(module: &MergedModule<'_>, marks: &Marks) -> Result<Vec<FuncId>, MergeError> {
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
    Ok(anywhere)
}

/// Functions of which there are references anywhere in the result: as [`anywhere`], or in an element segment that is live.
pub(crate) fn referenced(module: &MergedModule<'_>, marks: &Marks) -> Result<IndexSet<FuncId>, MergeError> {
    let mut found: IndexSet<FuncId> = anywhere(module, marks)?.into_iter().collect();
    for (id, segment) in module.elems.iter().filter(|(id, _)| marks.elems[id.index()]) {
        found.extend(items(module, id, segment.origin.scope)?);
    }
    Ok(found)
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
