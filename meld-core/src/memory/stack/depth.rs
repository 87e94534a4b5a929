//! How deep a shared stack gets.
//!
//! In: what is live, and how far down each function goes ([`super::frames`]). Out: [`Depths`]: for each function, how far
//! below the top of the stack it goes at most, with everything that may be running when it is called. That is the
//! longest way to it in the call graph, which is over-approximated: an indirect call may find every function of its type
//! that the table holds; while an import runs, its host may call the `realloc` that it was given, and any destructor.
//! Where a way may be of any length, because functions with a frame may call themselves again, nothing bounds what is
//! below.

use crate::error::MergeError;
use crate::ids::{CoreTypeId, FuncId, Id, ScopeId, TableId};
use crate::merger::reach::Marks;
use crate::merger::uses::{Entity, Use, const_uses, entity};
use crate::merger::{ExportItem, FuncDef, GlobalDef, InitStep, MergedModule};
use indexmap::{IndexMap, IndexSet};
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use wasmparser::{ElementItems, TableInit};

/// How deep functions go, and why there is no telling for some.
#[derive(Debug)]
pub(super) struct Depths {
    /// By function: bytes below the top of the stack. `None` where nothing bounds it, 0 for what is never called.
    pub(super) of: Vec<Option<u64>>,
    /// Functions with frames that may call each other again, if there are any.
    pub(super) cycle: Vec<FuncId>,
}

impl Depths {
    /// The depth of the deepest function.
    pub(super) fn deepest(&self) -> Option<u64> {
        self.of.iter().try_fold(0, |deepest, depth| Some(deepest.max((*depth)?)))
    }
}

/// What functions need of the stack themselves: `None` for one that decides when it runs.
pub(super) type Frames = IndexMap<FuncId, Option<u64>>;

/// Measures the ways of the call graph.
pub(super) fn depths(module: &MergedModule<'_>, marks: &Marks, frames: &Frames) -> Result<Depths, MergeError> {
    let (graph, called) = calls(module, marks)?;
    let func = |node: &NodeIndex| FuncId::new(node.index());
    // A function that mentions no stack pointer has no frame.
    let frame = |node: &NodeIndex| frames.get(&func(node)).copied().unwrap_or(Some(0));
    // Until its turn comes, how far down the callers of a function are.
    let mut of: Vec<Option<u64>> = vec![Some(0); module.funcs.len()];
    let mut cycle = Vec::new();
    // Functions that may call each other are one component. Callees come first in what the algorithm returns.
    let mut components = tarjan_scc(&graph);
    components.reverse();
    let mut component_of = vec![0; module.funcs.len()];
    for (number, component) in components.iter().enumerate() {
        component.iter().for_each(|node| component_of[node.index()] = number);
    }
    for component in components.iter().filter(|component| called.contains(&func(&component[0]))) {
        let callers = component.iter().map(|node| of[node.index()]).try_fold(0, |most, of| Some(most.max(of?)));
        let again = component.len() > 1 || graph.contains_edge(component[0], component[0]);
        let framed: Vec<FuncId> = component.iter().filter(|node| frame(node) != Some(0)).map(func).collect();
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
    Ok(Depths { of, cycle })
}

/// Who may call whom, from the exports and what runs at start on: a node a function, by its id. And all that may be called.
fn calls(module: &MergedModule<'_>, marks: &Marks) -> Result<(DiGraph<(), ()>, IndexSet<FuncId>), MergeError> {
    let mut graph = DiGraph::<(), ()>::new();
    for _ in module.funcs.ids() {
        graph.add_node(());
    }
    let references = References::new(module, marks)?;
    let mut called: IndexSet<FuncId> = IndexSet::new();
    for export in module.exports.values() {
        if let ExportItem::Func(func) = export.item {
            called.insert(module.canonical(func));
        }
    }
    called.extend(module.init_func);
    called.retain(|func| marks.funcs[func.index()]);
    let mut next = 0;
    while let Some(&caller) = called.get_index(next) {
        next += 1;
        let definition = &module.funcs[caller];
        let mut callees: IndexSet<FuncId> = IndexSet::new();
        let mut types: IndexSet<CoreTypeId> = IndexSet::new();
        let mut tables: IndexSet<TableId> = IndexSet::new();
        match definition.def {
            FuncDef::Import(import) => {
                // It may give up any resource meanwhile.
                let dtors = module.face.dtors.values().filter_map(|(_, name)| module.exports.get(name));
                for item in module.host_may_use(import)?.into_iter().chain(dtors.map(|export| export.item)) {
                    if let ExportItem::Func(func) = item {
                        callees.insert(module.canonical(func));
                    }
                }
            }
            FuncDef::Init => {
                for step in &module.init {
                    if let InitStep::Call(func) = *step {
                        callees.insert(module.canonical(func));
                    }
                }
            }
            _ => module.uses(caller, |used| {
                match used {
                    Use::Func(func) => _ = callees.insert(func),
                    Use::Type(ty) => _ = types.insert(ty),
                    Use::TableCall(table) => _ = tables.insert(table),
                    _ => {}
                }
                Ok(())
            })?,
        }
        references.found(module, &types, &tables, &mut callees);
        for callee in callees {
            graph.update_edge(NodeIndex::new(caller.index()), NodeIndex::new(callee.index()), ());
            called.insert(callee);
        }
    }
    Ok((graph, called))
}

/// Functions of which there are references.
struct References {
    /// Those of which a reference may be anywhere: in a local, a global, or a table that is written when it runs.
    anywhere: ByType,
    /// Those that active segments write into a table.
    in_table: IndexMap<TableId, ByType>,
}

#[derive(Default)]
struct ByType {
    funcs: IndexMap<CoreTypeId, IndexSet<FuncId>>,
}

impl ByType {
    fn add(&mut self, module: &MergedModule<'_>, func: FuncId) {
        self.funcs.entry(module.funcs[func].ty).or_default().insert(func);
    }

    /// Those that may be called as a function of one of `types`: a function of a subtype may be called as another one.
    fn find(&self, module: &MergedModule<'_>, types: &IndexSet<CoreTypeId>, callees: &mut IndexSet<FuncId>) {
        for (ty, funcs) in &self.funcs {
            if types.contains(ty) || module.types.has_supertype(*ty) {
                callees.extend(funcs);
            }
        }
    }
}

impl References {
    fn new(module: &MergedModule<'_>, marks: &Marks) -> Result<Self, MergeError> {
        let mut references = References { anywhere: ByType::default(), in_table: IndexMap::new() };
        for func in module.funcs.ids().filter(|func| marks.funcs[func.index()]) {
            module.uses(func, |used| {
                references.note(module, used);
                Ok(())
            })?;
        }
        for global in module.globals.values() {
            if let GlobalDef::Guest(origin) = *global {
                let init = &module.module_of(origin.scope).globals[origin.index as usize].init_expr;
                references.note_all(module, origin.scope, init)?;
            }
        }
        for id in module.tables.ids() {
            if let TableInit::Expr(init) = &module.table(id).init {
                references.note_all(module, module.tables[id].scope, init)?;
            }
        }
        for (id, segment) in module.elems.iter() {
            let scope = segment.origin.scope;
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
            // What an untouched table holds can be called through it, and cannot be taken out.
            let table = module.elem_target(id)?.map(|(table, _)| table);
            let held = match table.filter(|table| !marks.touched_tables[table.index()]) {
                Some(table) => references.in_table.entry(table).or_default(),
                None => &mut references.anywhere,
            };
            for func in items {
                held.add(module, func);
            }
        }
        Ok(references)
    }

    fn note(&mut self, module: &MergedModule<'_>, used: Entity) {
        if let Use::FuncRef(func) = used {
            self.anywhere.add(module, func);
        }
    }

    fn note_all(
        &mut self,
        module: &MergedModule<'_>,
        scope: ScopeId,
        init: &wasmparser::ConstExpr<'_>,
    ) -> Result<(), MergeError> {
        for raw in const_uses(init)? {
            self.note(module, entity(module, scope, raw)?);
        }
        Ok(())
    }

    /// What code might call that has indirect calls through `tables` and mentions `types`, by a table or by a reference.
    fn found(
        &self,
        module: &MergedModule<'_>,
        types: &IndexSet<CoreTypeId>,
        tables: &IndexSet<TableId>,
        callees: &mut IndexSet<FuncId>,
    ) {
        for held in tables.iter().filter_map(|table| self.in_table.get(table)) {
            held.find(module, types, callees);
        }
        if !types.is_empty() {
            self.anywhere.find(module, types, callees);
        }
    }
}
