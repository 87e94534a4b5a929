//! Which unit has to be instantiated before which.
//!
//! In: the units. Out: the edges from a unit to those that it needs first, and an order. There are three kinds:
//! - a unit lowers a function that another one lifts;
//! - a unit mentions a resource that another one defines; so whoever drops the last handle needs the unit with the destructor;
//! - the core instances of a unit have an effect that another unit's effect precedes in the input: a start function, or an active segment
//!   that might be out of bounds. All other instantiation cannot be observed, so its place does not matter.
//!
//! A set of units can be one component among others exactly if the graph stays acyclic when the set becomes one node: then there is an order in
//! which each component is instantiated after all that it needs, and the effects are in the order of the input.

use super::Units;
use crate::dfg::{ComponentDfg, ComponentFunc, CoreInstance, Effect, Trampoline};
use crate::error::ClusterError;
use crate::input::CoreModule;
use indexmap::IndexSet;
use std::collections::{BTreeMap, BTreeSet};
use wasmparser::{ConstExpr, DataKind, ElementItems, ElementKind, Operator};

/// The graph of units.
pub struct Graph {
    /// Whom each unit needs first; never itself.
    pub needs: Vec<IndexSet<usize>>,
    /// All units, each after those that it needs.
    pub order: Vec<usize>,
    /// How many functions of the second the first lowers, by pair.
    pub calls: BTreeMap<(usize, usize), usize>,
}

impl Graph {
    /// The graph of a composition.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Inexpressible`] if units need each other.
    pub fn new(dfg: &ComponentDfg<'_>, units: &Units) -> Result<Self, ClusterError> {
        let mut needs: Vec<IndexSet<usize>> = vec![IndexSet::new(); units.units.len()];
        let mut calls = BTreeMap::new();
        for (index, unit) in units.units.iter().enumerate() {
            for &id in &unit.trampolines {
                if let Trampoline::Lower { func: ComponentFunc::Lift(lift), .. } = dfg.trampolines[id] {
                    let callee = units.lifting(dfg, lift);
                    let callee =
                        callee.ok_or_else(|| ClusterError::missing(units.name(dfg, index), lift.to_string()))?;
                    needs[index].insert(callee);
                    if callee != index {
                        *calls.entry((index, callee)).or_default() += 1;
                    }
                }
            }
            needs[index].extend(unit.mentions.iter().filter_map(|resource| units.defining(dfg, *resource)));
        }
        let mut last = None;
        for effect in &dfg.effects {
            let Effect::Instantiate(core) = *effect else { continue };
            let core = &dfg.core_instances[core];
            if !has_effect(dfg, core) {
                continue;
            }
            let unit = units.of.get(&core.owner).copied();
            let unit = unit.ok_or_else(|| ClusterError::missing(&core.path, core.owner.to_string()))?;
            if let Some(last) = last {
                needs[unit].insert(last);
            }
            last = Some(unit);
        }
        for (index, needs) in needs.iter_mut().enumerate() {
            needs.shift_remove(&index);
        }
        let order = order(&needs).map_err(|rest| {
            let names: Vec<String> = rest.iter().map(|index| units.name(dfg, *index)).collect();
            ClusterError::inexpressible(format!(
                "{} need each other before they are there, because they call each other, or because the instantiation of one goes on \
                 after that of another",
                names.join(", ")
            ))
        })?;
        Ok(Graph { needs, order, calls })
    }

    /// A unit that stands between `a` and `b`, which are nodes of a partition of the units: it is in neither, one of them needs it first, and it
    /// needs the other one first. If there is none, everything can still be instantiated in some order when the two become one. `of` is the
    /// node of each unit.
    pub fn between(&self, of: &[usize], a: usize, b: usize) -> Option<usize> {
        // The partition is acyclic. So a circle would lead from one of them over a third node to the other.
        let mut next: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for (unit, needs) in self.needs.iter().enumerate() {
            next.entry(of[unit]).or_default().extend(needs.iter().map(|need| of[*need]));
        }
        let after = |node: usize| next.get(&node).into_iter().flatten().copied();
        let between = |from: usize, to: usize| {
            after(from).filter(|first| *first != to && *first != from).find(|first| {
                let (mut seen, mut work) = (BTreeSet::new(), vec![*first]);
                while let Some(node) = work.pop() {
                    if node == to {
                        return true;
                    }
                    if seen.insert(node) {
                        work.extend(after(node));
                    }
                }
                false
            })
        };
        let node = between(a, b).or_else(|| between(b, a))?;
        of.iter().position(|of| *of == node)
    }
}

/// All nodes, each after those that it needs, the first of those that are possible first. If there is no such order, the nodes that cannot
/// be placed.
pub(super) fn order(needs: &[IndexSet<usize>]) -> Result<Vec<usize>, Vec<usize>> {
    let mut waits: Vec<usize> = needs.iter().map(IndexSet::len).collect();
    let mut needed_by: Vec<Vec<usize>> = vec![Vec::new(); needs.len()];
    for (index, needs) in needs.iter().enumerate() {
        needs.iter().for_each(|need| needed_by[*need].push(index));
    }
    let mut ready: BTreeSet<usize> = (0..needs.len()).filter(|index| waits[*index] == 0).collect();
    let mut order = Vec::with_capacity(needs.len());
    while let Some(index) = ready.pop_first() {
        order.push(index);
        for &next in &needed_by[index] {
            waits[next] -= 1;
            if waits[next] == 0 {
                ready.insert(next);
            }
        }
    }
    if order.len() == needs.len() {
        Ok(order)
    } else {
        Err((0..needs.len()).filter(|index| waits[*index] > 0).collect())
    }
}

/// Whether instantiation of a core module can be observed: it runs a function, or might trap.
fn has_effect(dfg: &ComponentDfg<'_>, core: &CoreInstance) -> bool {
    let module = &dfg.modules[core.module];
    module.start.is_some() || !in_bounds(module)
}

/// Whether all active segments of a module are in bounds of the memories and tables as they are declared.
fn in_bounds(module: &CoreModule<'_>) -> bool {
    let datas = module.data.iter().all(|data| match &data.kind {
        DataKind::Passive => true,
        DataKind::Active { memory_index, offset_expr } => {
            let memory = module.memories.get(*memory_index as usize);
            let size = memory.and_then(|memory| memory.initial.checked_shl(memory.page_size_log2.unwrap_or(16)));
            fits(offset_expr, data.data.len() as u64, size)
        }
    });
    let elements = module.elements.iter().all(|element| match &element.kind {
        ElementKind::Passive | ElementKind::Declared => true,
        ElementKind::Active { table_index, offset_expr } => {
            let count = match &element.items {
                ElementItems::Functions(items) => items.count(),
                ElementItems::Expressions(_, items) => items.count(),
            };
            let table = module.tables.get(table_index.unwrap_or_default() as usize);
            fits(offset_expr, u64::from(count), table.map(|table| table.ty.initial))
        }
    });
    datas && elements
}

fn fits(offset: &ConstExpr<'_>, count: u64, size: Option<u64>) -> bool {
    let mut operators = offset.get_operators_reader();
    let offset = match operators.read() {
        Ok(Operator::I32Const { value }) => u64::from(value as u32),
        Ok(Operator::I64Const { value }) => value as u64,
        _ => return false,
    };
    let ends = matches!(operators.read(), Ok(Operator::End));
    ends && offset.checked_add(count).zip(size).is_some_and(|(end, size)| end <= size)
}
