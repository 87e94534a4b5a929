//! Which units become one component.
//!
//! In: the units, their graph, and a judge, who says whether one core module can hold a set of units. Out: a [`Partition`]. The choice is greedy,
//! and the same for the same input: first units that call each other, those with most calls first; then any two. A set that the graph or
//! the judge refuses is not asked for again, but larger sets are, because what stands between two clusters may have joined one of them.
//! Rejected: the fewest clusters that are possible, which is a search.

use super::{Graph, Units};
use crate::Error;
use crate::dfg::ComponentDfg;
use indexmap::{IndexMap, IndexSet};
use std::collections::{BTreeMap, BTreeSet};

/// How many times two clusters are considered. Each time costs as much as the graph has edges.
const MOST_QUESTIONS: usize = 20_000;

/// Clusters in the order of instantiation.
#[derive(Debug, Clone, Default)]
pub struct Partition {
    /// The units of each cluster, each after those that it needs.
    pub clusters: Vec<IndexSet<usize>>,
    /// Why two units that call each other are in different clusters.
    pub apart: IndexMap<(usize, usize), String>,
}

impl Partition {
    /// The cluster of each unit.
    pub fn of(&self) -> Vec<usize> {
        let count = self.clusters.iter().map(IndexSet::len).sum();
        let mut of = vec![0; count];
        for (cluster, units) in self.clusters.iter().enumerate() {
            units.iter().for_each(|unit| of[*unit] = cluster);
        }
        of
    }
}

/// Says why one core module cannot hold a set of units, if it cannot.
pub type Judge<'j> = dyn FnMut(&IndexSet<usize>) -> Result<Option<String>, Error> + 'j;

/// Chooses clusters.
///
/// # Errors
///
/// Those of `judge`.
pub fn choose(dfg: &ComponentDfg<'_>, units: &Units, graph: &Graph, judge: &mut Judge<'_>) -> Result<Partition, Error> {
    let count = units.units.len();
    let mut of: Vec<usize> = (0..count).collect();
    let mut apart = IndexMap::new();
    let mut calls: Vec<((usize, usize), usize)> = graph.calls.iter().map(|(pair, count)| (*pair, *count)).collect();
    calls.sort_by_key(|(pair, count)| (std::cmp::Reverse(*count), *pair));
    let pairs: Vec<(usize, usize)> = calls.into_iter().map(|(pair, _)| pair).collect();
    let any = (0..count).flat_map(|a| (a + 1..count).map(move |b| (a, b)));
    let mut asked: BTreeMap<BTreeSet<usize>, String> = BTreeMap::new();
    let mut questions = 0;
    loop {
        // The last round says why those are apart that are.
        apart.clear();
        let mut joined = false;
        for (a, b) in pairs.iter().copied().chain(any.clone()) {
            // A cluster has the number of its first unit.
            let (into, from) = (of[a].min(of[b]), of[a].max(of[b]));
            if into == from {
                continue;
            }
            // Two that do not call each other stand for their clusters.
            if !graph.calls.contains_key(&(a, b)) && (into, from) != (a, b) {
                continue;
            }
            if questions == MOST_QUESTIONS {
                apart.entry((a, b)).or_insert_with(|| "too many combinations of components have been tried".to_owned());
                continue;
            }
            questions += 1;
            let set: BTreeSet<usize> = (0..count).filter(|unit| of[*unit] == into || of[*unit] == from).collect();
            let refused = match (asked.get(&set), graph.between(&of, into, from)) {
                (Some(why), _) => Some(why.clone()),
                (None, Some(unit)) => Some(format!(
                    "`{}` is in neither cluster, and has to be instantiated after one and before the other",
                    units.name(dfg, unit)
                )),
                (None, None) => {
                    let refused = judge(&graph.order.iter().copied().filter(|unit| set.contains(unit)).collect())?;
                    if let Some(why) = &refused {
                        asked.insert(set, why.clone());
                    }
                    refused
                }
            };
            match refused {
                Some(why) => {
                    apart.insert((a, b), why);
                }
                None => {
                    of.iter_mut().filter(|node| **node == from).for_each(|node| *node = into);
                    joined = true;
                }
            }
        }
        if !joined {
            break;
        }
    }
    let mut partition = partition(graph, &of).expect("each step has kept the clusters without a circle");
    apart.retain(|(a, b), _| of[*a] != of[*b]);
    partition.apart = apart;
    Ok(partition)
}

/// The clusters that `of` says, in an order in which they can be instantiated; `None` if there is none. `of`: the node of each unit.
pub fn partition(graph: &Graph, of: &[usize]) -> Option<Partition> {
    let mut nodes: IndexMap<usize, IndexSet<usize>> = IndexMap::new();
    for &unit in &graph.order {
        nodes.entry(of[unit]).or_default().insert(unit);
    }
    let needs: Vec<IndexSet<usize>> = nodes
        .iter()
        .map(|(node, units)| {
            let needs = units.iter().flat_map(|unit| &graph.needs[*unit]).map(|need| of[*need]);
            needs.filter(|need| need != node).filter_map(|need| nodes.get_index_of(&need)).collect()
        })
        .collect();
    let order = super::graph::order(&needs).ok()?;
    let clusters = order.into_iter().map(|index| nodes[index].clone()).collect();
    Some(Partition { clusters, apart: IndexMap::new() })
}
