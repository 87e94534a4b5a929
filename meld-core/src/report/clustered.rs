//! The report on a composition in clusters.
//!
//! In: the composition, its units, and for each cluster the report of its fusion, or why it is kept. Out: one [`Report`] with the boundaries,
//! memories, modules and resources of all clusters, one cluster after the other, in which calls between clusters are kept calls.

use super::crossings::{callee, function_name, instances_with_code};
use super::kept::{boundaries, modules};
use super::{
    ClusterApart, ClusterReport, Fusion, Handles, Kept, Lowering, MemoryChoice, Output, Report, ResourceReport,
};
use crate::clusters::{Partition, Units, stands_for};
use crate::dfg::ComponentDfg;
use indexmap::map::Entry;
use indexmap::{IndexMap, IndexSet};
use std::collections::BTreeMap;

/// What became of a cluster: the report of its fusion, or why it is kept as it is.
pub(crate) type Cluster = Result<Box<Report>, String>;

/// Reports on the clusters of a composition.
pub(crate) fn clustered(
    dfg: &ComponentDfg<'_>,
    units: &Units,
    partition: &Partition,
    clusters: Vec<Cluster>,
    reason: String,
    component_bytes: usize,
) -> Report {
    let names = stands_for(dfg);
    let path = |unit: usize| dfg.component_instances[units.units[unit].instance].path.clone();
    let root = (0..units.units.len()).any(|unit| path(unit).is_empty());
    // The root is an instance beside others in its cluster.
    let as_in_input = |path: &mut String| {
        if let Some(rest) = path.strip_prefix("root").filter(|_| root)
            && (rest.is_empty() || rest.starts_with('/'))
        {
            *path = rest.trim_start_matches('/').to_owned();
        }
    };
    let mut report = Report {
        version: Report::VERSION,
        memory: MemoryChoice {
            mode: "multi",
            reason: format!("there are {} components, and none can use the memory of another", clusters.len()),
        },
        kept: kept(dfg, units, partition, &clusters),
        clustered: Some(reason),
        output: Output { component_bytes: Some(component_bytes), ..Output::default() },
        ..Report::default()
    };
    let (mut fused, mut after) = (0, 0);
    let mut resources: IndexMap<String, ResourceReport> = IndexMap::new();
    let of = partition.of();
    for (index, (set, cluster)) in partition.clusters.iter().zip(clusters).enumerate() {
        let instances = set.iter().map(|unit| path(*unit)).collect();
        let mut apart: BTreeMap<usize, String> = BTreeMap::new();
        for ((a, b), reason) in &partition.apart {
            let (from, to) = (of[*a].min(of[*b]), of[*a].max(of[*b]));
            if to == index {
                apart.entry(from).or_insert_with(|| reason.clone());
            }
        }
        let apart = apart.into_iter().map(|(from, reason)| ClusterApart { from, reason }).collect();
        let mut part = match cluster {
            Ok(part) => {
                report.clusters.push(ClusterReport {
                    instances,
                    core_bytes: Some(part.output.core_bytes),
                    kept: None,
                    apart,
                });
                *part
            }
            Err(reason) => {
                report.clusters.push(ClusterReport { instances, core_bytes: None, kept: Some(reason), apart });
                let core = || set.iter().flat_map(|unit| &units.units[*unit].core).map(|id| &dfg.core_instances[*id]);
                let code = core().any(|core| !dfg.modules[core.module].bodies.is_empty());
                Report {
                    boundaries: boundaries(dfg, core()),
                    modules: modules(dfg, core()),
                    fusion: Fusion { instances_after: Some(usize::from(code)), ..Fusion::default() },
                    ..Report::default()
                }
            }
        };
        part.boundaries.iter_mut().for_each(|boundary| as_in_input(&mut boundary.caller));
        part.boundaries.iter_mut().filter_map(|boundary| boundary.callee.as_mut()).for_each(as_in_input);
        for module in &mut part.modules {
            as_in_input(&mut module.instance);
            module.component.iter_mut().for_each(as_in_input);
        }
        part.sizes.iter_mut().for_each(|sizes| as_in_input(&mut sizes.component));
        part.functions.iter_mut().filter_map(|function| function.instance.as_mut()).for_each(as_in_input);
        part.output.dropped_debug.iter_mut().for_each(|dropped| as_in_input(&mut dropped.instance));
        part.memories.iter_mut().for_each(|memory| as_in_input(&mut memory.instance));
        for resource in &mut part.resources {
            resource.owner.iter_mut().chain(&mut resource.holders).for_each(as_in_input);
        }
        for boundary in &mut part.boundaries {
            let (builtin, name) = match boundary.function.split_once(' ') {
                Some((builtin, name)) => (Some(builtin), name),
                None => (None, boundary.function.as_str()),
            };
            let Some((name, callee)) = names.get(name) else { continue };
            boundary.function = builtin.map_or_else(|| name.clone(), |builtin| format!("{builtin} {name}"));
            if let (None, Some(callee)) = (&boundary.callee, callee) {
                boundary.callee = Some(callee.clone());
                if boundary.lowering != Lowering::Dead {
                    boundary.lowering = Lowering::Kept;
                }
            }
        }
        fused += part.fusion.fused_crossings;
        after += part.fusion.instances_after.unwrap_or_default();
        report.boundaries.append(&mut part.boundaries);
        report.memories.append(&mut part.memories);
        report.modules.append(&mut part.modules);
        report.functions.append(&mut part.functions);
        report.sizes.append(&mut part.sizes);
        report.warnings.append(&mut part.warnings);
        for resource in part.resources {
            match resources.entry(resource.name.clone()) {
                Entry::Vacant(entry) => {
                    entry.insert(resource);
                }
                // Handles cross a seam, and each cluster has its own.
                Entry::Occupied(mut entry) => {
                    let known = entry.get_mut();
                    known.owner = known.owner.take().or(resource.owner);
                    known.holders.extend(resource.holders);
                    if (known.handles == Handles::Unused) || (resource.handles == Handles::Tabled) {
                        (known.handles, known.reason) = (resource.handles, resource.reason);
                    }
                }
            }
        }
        let Output {
            core_bytes,
            functions,
            dropped_functions,
            folded_functions,
            devirtualized_tables,
            private_storage,
            mut dropped_debug,
            ..
        } = part.output;
        let output = &mut report.output;
        output.core_bytes += core_bytes;
        output.functions += functions;
        output.dropped_functions += dropped_functions;
        output.folded_functions += folded_functions;
        output.devirtualized_tables += devirtualized_tables;
        output.dropped_debug.append(&mut dropped_debug);
        output.private_storage = output.private_storage.or(private_storage);
        let known: IndexSet<String> = output.dropped_sections.iter().map(|dropped| dropped.name.clone()).collect();
        let new = part.output.dropped_sections.into_iter().filter(|dropped| !known.contains(&dropped.name));
        output.dropped_sections.extend(new);
    }
    for (name, mut resource) in resources {
        if let Some((given, _)) = names.get(&name) {
            resource.name.clone_from(given);
        }
        report.resources.push(resource);
    }
    report.fusion = Fusion {
        fused_crossings: fused,
        kept_crossings: Some(report.kept.len()),
        instances_before: Some(instances_with_code(dfg)),
        instances_after: Some(after),
    };
    report
}

/// Calls between clusters, and those in a cluster that is kept.
fn kept(dfg: &ComponentDfg<'_>, units: &Units, partition: &Partition, clusters: &[Cluster]) -> Vec<Kept> {
    let of = partition.of();
    let mut kept = Vec::new();
    for (caller, unit) in units.units.iter().enumerate() {
        for &id in &unit.trampolines {
            let trampoline = &dfg.trampolines[id];
            let Some(instance) = callee(dfg, trampoline) else { continue };
            let Some(callee) = units.of.get(&instance).copied() else { continue };
            let reason = if of[caller] != of[callee] {
                let apart = partition.apart.get(&(caller, callee));
                apart.cloned().unwrap_or_else(|| "the two are in different clusters".to_owned())
            } else if let Err(reason) = &clusters[of[caller]] {
                reason.clone()
            } else {
                continue;
            };
            kept.push(Kept {
                caller: dfg.component_instances[unit.instance].path.clone(),
                callee: dfg.component_instances[instance].path.clone(),
                function: function_name(dfg, trampoline),
                reason,
            });
        }
    }
    kept
}
