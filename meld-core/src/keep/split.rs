//! A composition that cannot be one core module, as clusters.
//!
//! In: the composition, and the options. Out: a [`Split`]: a component in which each cluster is a component of its own, fused where one core
//! module can hold it. Whether it can is asked of the stages themselves: a set of units is written as a component, and
//! [`plan::principal`] says whether it may be one; what a later stage refuses is split again.

use crate::clusters::{self, Graph, Partition, Units, Written};
use crate::component_wrap::{self, Part};
use crate::dfg::{ComponentDfg, ComponentFunc, Trampoline};
use crate::error::{ClusterError, PlanError};
use crate::ids::{CoreInstanceId, TrampolineId};
use crate::options::Options;
use crate::report::Cluster;
use crate::{Error, Input, inline, parse, pipeline, plan};
use indexmap::{IndexMap, IndexSet};
use std::cell::Cell;
use std::ops::ControlFlow;

/// A composition in clusters.
pub(crate) struct Split {
    /// The component.
    pub(crate) bytes: Vec<u8>,
    pub(crate) units: Units,
    pub(crate) partition: Partition,
    /// What became of each cluster.
    pub(crate) outcomes: Vec<Cluster>,
}

/// The component of a cluster.
struct Piece {
    written: Written,
    nested: u32,
    outcome: Cluster,
}

/// Which partition is wanted.
pub(crate) enum Wanted<'w> {
    /// The one that [`clusters::choose`] chooses.
    Chosen,
    /// The node of each unit, for tests: they get how many units there are.
    Given(&'w dyn Fn(usize) -> Vec<usize>),
}

/// How many units there may be. Each may need three core modules and a component, and engines accept a thousand in one component.
const MOST_UNITS: usize = 250;

/// How often clusters are chosen: once more after one turned out not to be possible.
const MOST_ROUNDS: usize = 4;

/// Bytes of components that are written to be judged, besides 16 for each byte of the input's core modules. This limits time.
const JUDGED_BYTES: usize = 1 << 24;

/// Makes clusters of a composition, or says why there can be none. There is no reason if no two units can be one module.
///
/// # Errors
///
/// Those of the stages, where the error is not that something cannot be fused.
pub(crate) fn split(
    dfg: &ComponentDfg<'_>,
    options: &Options,
    wanted: &Wanted<'_>,
) -> Result<Result<Split, Option<String>>, Error> {
    match attempt(dfg, options, wanted) {
        Ok(Some(split)) => Ok(Ok(split)),
        Ok(None) => Ok(Err(None)),
        // What is made of clusters is more than the input. A limit that the input keeps is none of it.
        Err(error) if error.limit().is_some() => Ok(Err(Some(error.to_string()))),
        Err(error) => match error.unfusable() {
            Some(reason) => Ok(Err(Some(reason))),
            None => Err(error),
        },
    }
}

fn attempt(dfg: &ComponentDfg<'_>, options: &Options, wanted: &Wanted<'_>) -> Result<Option<Split>, Error> {
    let units = Units::new(dfg);
    if units.units.len() > MOST_UNITS {
        let reason = format!("there are {} component instances, too many to make clusters of", units.units.len());
        return Err(ClusterError::inexpressible(reason).into());
    }
    let graph = Graph::new(dfg, &units)?;
    let options = Options {
        component: true,
        wit: false,
        links: Vec::new(),
        passthrough: Vec::new(),
        allowed_imports: None,
        ..options.clone()
    };
    let code: usize = units.units.iter().flat_map(|unit| &unit.core).map(|id| module_bytes(dfg, *id)).sum();
    let budget = Cell::new(JUDGED_BYTES.saturating_add(code.saturating_mul(16)));
    let mut splitter = Splitter { dfg, units: &units, options: &options, budget, alone: IndexMap::new() };
    for _ in 0..MOST_ROUNDS {
        let partition = match wanted {
            Wanted::Chosen => clusters::choose(dfg, &units, &graph, &mut |set| splitter.judge(set))?,
            Wanted::Given(of) => {
                let of = of(units.units.len());
                if of.len() != units.units.len() {
                    return Err(ClusterError::inexpressible("no such clusters are asked for").into());
                }
                let need = || ClusterError::inexpressible("the clusters that are asked for need each other");
                clusters::partition(&graph, &of).ok_or_else(need)?
            }
        };
        let chosen = matches!(wanted, Wanted::Chosen);
        if chosen && partition.clusters.iter().all(|units| units.len() == 1) {
            return Ok(None);
        }
        match splitter.pieces(&partition)? {
            Ok(pieces) => {
                let bytes = splitter.assemble(&partition, &pieces)?;
                let outcomes = pieces.into_iter().map(|piece| piece.outcome).collect();
                return Ok(Some(Split { bytes, units, partition, outcomes }));
            }
            Err(reason) if !chosen => return Err(ClusterError::inexpressible(reason).into()),
            Err(_) => {}
        }
    }
    Err(ClusterError::inexpressible("every choice of clusters that was tried has one that cannot be fused").into())
}

/// The size of the module of a core instance.
fn module_bytes(dfg: &ComponentDfg<'_>, id: CoreInstanceId) -> usize {
    dfg.modules[dfg.core_instances[id].module].bytes.len()
}

struct Splitter<'s, 'd> {
    dfg: &'s ComponentDfg<'d>,
    units: &'s Units,
    options: &'s Options,
    /// How many more bytes may be written for the judge.
    budget: Cell<usize>,
    /// Units that are to stay alone, and why.
    alone: IndexMap<usize, String>,
}

impl Splitter<'_, '_> {
    /// What messages call a cluster.
    fn name(&self, set: &IndexSet<usize>) -> String {
        set.iter().map(|unit| self.units.name(self.dfg, *unit)).collect::<Vec<_>>().join(", ")
    }

    /// Why one core module cannot hold these units. This is the only place that decides it before they are fused.
    fn judge(&self, set: &IndexSet<usize>) -> Result<Option<String>, Error> {
        if let Some(reason) = set.iter().find_map(|unit| self.alone.get(unit)) {
            return Ok(Some(reason.clone()));
        }
        if !set.iter().any(|unit| {
            let unit = &self.units.units[*unit];
            plan::is_asynchronous(self.dfg, unit.trampolines.iter().copied(), unit.lifts.iter().copied())
        }) {
            return Ok(None);
        }
        if self.budget.get() == 0 {
            return Ok(Some("too many combinations of components have been tried".to_owned()));
        }
        let written = clusters::cluster(self.dfg, self.units, set)?;
        self.budget.set(self.budget.get().saturating_sub(written.bytes.len()));
        let name = self.name(set);
        let component = parse::parse_linked(&name, &written.bytes, &[])?;
        let mut dfg = inline::inline_within(component, &self.options.limits)?;
        clusters::rename(self.dfg, &mut dfg);
        clusters::rename_resources(self.dfg, &mut dfg);
        match plan::principal(&dfg, self.options) {
            Ok(plan) if plan.tasks.as_ref().is_some_and(|tasks| tasks.blocks) => Ok(self.waits_outside(set)),
            Ok(_) => Ok(None),
            Err(PlanError::Async { reason }) => Ok(Some(reason)),
            Err(error) => Err(error.into()),
        }
    }

    /// Why a cluster whose stack waits cannot be one module. If nothing inside can end the wait, the module traps, since the host cannot end it
    /// either; but another cluster that called it asynchronously would go on.
    fn waits_outside(&self, set: &IndexSet<usize>) -> Option<String> {
        let calls = |id: &TrampolineId| match self.dfg.trampolines[*id] {
            Trampoline::Lower { func: ComponentFunc::Lift(lift), .. } => {
                let callee = self.units.lifting(self.dfg, lift);
                self.dfg.types[self.dfg.lifts[lift].ty].is_async && callee.is_some_and(|callee| set.contains(&callee))
            }
            _ => false,
        };
        let mut outside = self.units.units.iter().enumerate().filter(|(unit, _)| !set.contains(unit));
        let (caller, _) = outside.find(|(_, unit)| unit.trampolines.iter().any(calls))?;
        Some(format!(
            "an asynchronous call may wait on its stack, and `{}`, which is not in the cluster, makes it",
            self.units.name(self.dfg, caller)
        ))
    }

    /// All clusters, or why one of several units cannot be fused. Then the units to blame stay alone from now on.
    fn pieces(&mut self, partition: &Partition) -> Result<Result<Vec<Piece>, String>, Error> {
        let (mut pieces, mut refused) = (Vec::with_capacity(partition.clusters.len()), None);
        for set in &partition.clusters {
            let piece = self.piece(set)?;
            if let (Err(reason), true) = (&piece.outcome, set.len() > 1) {
                // Those that cannot be fused at all are to blame; if there are none, all are.
                let mut blamed = Vec::new();
                for &unit in set {
                    if let Err(reason) = self.piece(&IndexSet::from([unit]))?.outcome {
                        blamed.push((unit, reason));
                    }
                }
                if blamed.is_empty() {
                    blamed.extend(set.iter().map(|unit| (*unit, reason.clone())));
                }
                self.alone.extend(blamed);
                refused = Some(reason.clone());
            }
            pieces.push(piece);
        }
        Ok(refused.map_or(Ok(pieces), Err))
    }

    /// The component of all clusters.
    fn assemble(&self, partition: &Partition, pieces: &[Piece]) -> Result<Vec<u8>, Error> {
        let clusters = partition.clusters.iter().zip(pieces);
        let parts: Vec<Part<'_>> = clusters
            .map(|(set, Piece { written, nested, .. })| Part {
                name: self.name(set),
                bytes: &written.bytes,
                seam: &written.seam,
                nested: *nested,
            })
            .collect();
        component_wrap::assemble(self.dfg, &parts)
    }

    /// A cluster, fused if that is possible.
    fn piece(&self, set: &IndexSet<usize>) -> Result<Piece, Error> {
        let Written { bytes, seam } = clusters::cluster(self.dfg, self.units, set)?;
        let input = [Input::new(self.name(set), bytes)];
        let rename = |dfg: &mut ComponentDfg<'_>| clusters::rename(self.dfg, dfg);
        let fused = pipeline::run_prepared(&input, self.options, &rename, &mut [], &mut |_| ControlFlow::Continue(()));
        match fused {
            Ok(fused) => {
                let fused = fused.expect("only an observer breaks off, and this one does not");
                let bytes = fused.component.expect("the options ask for it");
                let nested = component_wrap::nested(&bytes)?;
                Ok(Piece { written: Written { bytes, seam }, nested, outcome: Ok(Box::new(fused.report)) })
            }
            Err(error) => {
                let Some(reason) = error.unfusable() else { return Err(error) };
                let written = match (set.len(), set.first()) {
                    (1, Some(unit)) => clusters::component_of_unit(self.dfg, self.units, *unit)?,
                    _ => {
                        let [input] = input;
                        Written { bytes: input.bytes.into_owned(), seam }
                    }
                };
                let nested = component_wrap::nested(&written.bytes)?;
                Ok(Piece { written, nested, outcome: Err(reason) })
            }
        }
    }
}
