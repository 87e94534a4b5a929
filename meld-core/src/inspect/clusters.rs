//! Clusters in print.
//!
//! In: the inputs. Out: which component instances become one core module, and why they are not one with more. Where the whole composition is one
//! core module, there is one cluster. This is no stage of the pipeline: [`crate::keep`] calls that for each cluster.

use crate::clusters::Units;
use crate::pipeline::{self, Made};
use crate::{Error, Input, Options, keep};
use serde_json::{Value, json};
use std::fmt::Write;
use std::ops::ControlFlow;

pub(super) fn print(inputs: &[Input<'_>], options: &Options) -> Result<(String, Value), Error> {
    let options = Options { component: true, ..options.clone() };
    let mut instances: Vec<String> = Vec::new();
    let whole = pipeline::run(inputs, &options, &mut |made| {
        if let Made::Dfg(dfg) = made {
            let path = |unit: &crate::clusters::ClusterUnit| dfg.component_instances[unit.instance].path.clone();
            instances = Units::new(dfg).units.iter().map(path).collect();
        }
        ControlFlow::Continue(())
    });
    match whole {
        Ok(fused) => {
            let bytes = fused.map(|fused| fused.report.output.core_bytes);
            let text =
                format!("cluster 0: {}\n  a core module of {} bytes\n", paths(&instances), bytes.unwrap_or_default());
            return Ok((text, json!({ "clusters": [{ "instances": instances, "core_bytes": bytes, "apart": [] }] })));
        }
        Err(error) if error.unfusable().is_none() => return Err(error),
        Err(_) => {}
    }
    let report = keep::component(inputs, &options)?.report;
    if let Some(why) = &report.kept_whole {
        let text = format!("cluster 0: {}\n  kept as it is: {why}\n", paths(&instances));
        return Ok((text, json!({ "why": why, "clusters": [{ "instances": instances, "kept": why, "apart": [] }] })));
    }
    let mut text = String::new();
    let mut line = |indent: usize, line: String| {
        let _ = writeln!(text, "{:indent$}{line}", "");
    };
    if let Some(why) = &report.clustered {
        line(0, format!("not one core module: {why}"));
    }
    for (index, cluster) in report.clusters.iter().enumerate() {
        line(0, format!("cluster {index}: {}", paths(&cluster.instances)));
        match (&cluster.kept, cluster.core_bytes) {
            (Some(why), _) => line(2, format!("kept as it is: {why}")),
            (None, bytes) => line(2, format!("a core module of {} bytes", bytes.unwrap_or_default())),
        }
        for apart in &cluster.apart {
            line(2, format!("apart from cluster {}: {}", apart.from, apart.reason));
        }
    }
    for kept in &report.kept {
        line(0, format!("kept {kept}"));
    }
    let clusters = report.clusters.iter().map(|cluster| {
        let apart = cluster.apart.iter().map(|apart| json!({ "from": apart.from, "reason": apart.reason }));
        json!({
            "instances": cluster.instances,
            "core_bytes": cluster.core_bytes,
            "kept": cluster.kept,
            "apart": apart.collect::<Value>(),
        })
    });
    let clusters = clusters.collect::<Value>();
    Ok((text, json!({ "why": report.clustered, "clusters": clusters, "calls": report.kept })))
}

fn paths(instances: &[String]) -> String {
    let path = |path: &String| if path.is_empty() { "root".to_owned() } else { path.clone() };
    instances.iter().map(path).collect::<Vec<_>>().join(", ")
}
