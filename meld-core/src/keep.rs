//! A component that is accepted whatever it contains: what can be fused is fused, and the rest is kept.
//!
//! In: inputs and options. Out: a [`FusedComponent`]. Fusion is tried first. If something in the composition cannot be part of one core
//! module, the composition becomes several ([`split`]), and the report lists every call between components that is kept. If that gains nothing
//! either, the linked component stays as it is, and the report says why. The linked component is the input itself, or the component that
//! [`crate::link`] wrote and validated, so it behaves as the input.
//!
//! An error stays an error if the component that is kept would not be what the options ask for ([`demand`]), and if the reason is not
//! the composition but a limit that the user set, or a bug.

mod split;

use self::split::{Split, Wanted};
use crate::dfg::ComponentDfg;
use crate::error::{ClusterError, KeepError};
use crate::limits::Limits;
use crate::link;
use crate::options::Strip;
use crate::parse::{self, Component};
#[cfg(feature = "json")]
use crate::provenance::Provenance;
use crate::report::{self, Report};
use crate::{Error, Input, Options, custom, inline, metadata, pipeline, wit};
use std::ops::ControlFlow;

/// A component with the world of the input, in which everything is fused that can be.
#[derive(Debug)]
#[non_exhaustive]
pub struct FusedComponent {
    /// The component, in the binary format.
    pub bytes: Vec<u8>,
    /// What became of every boundary, memory and module of the input. [`Report::kept`] lists what is not fused.
    pub report: Report,
    /// The world of the result in WIT, where [`Options::wit`] asks for it.
    pub wit: Option<String>,
    /// Where everything in the core module comes from, where [`Options::provenance`] asks for it.
    #[cfg(feature = "json")]
    pub provenance: Option<Provenance>,
}

impl FusedComponent {
    /// What is not one core module has none.
    fn without_provenance(bytes: Vec<u8>, report: Report, wit: Option<String>) -> Self {
        Self {
            bytes,
            report,
            wit,
            #[cfg(feature = "json")]
            provenance: None,
        }
    }
}

/// Fuses `inputs` into a component, and keeps what cannot be fused.
///
/// # Errors
///
/// Those of [`pipeline::run`], where the error is not that something cannot be fused; [`KeepError`], where it is and `options` ask for
/// something that only a fused component has.
pub(crate) fn component(inputs: &[Input<'_>], options: &Options) -> Result<FusedComponent, Error> {
    let options = Options { component: true, ..options.clone() };
    let error = match pipeline::run(inputs, &options, &mut |_| ControlFlow::Continue(())) {
        Ok(fused) => {
            let fused = fused.expect("only an observer breaks off, and this one does not");
            let bytes = fused.component.expect("the options ask for it");
            return Ok(FusedComponent {
                bytes,
                report: fused.report,
                wit: fused.wit,
                #[cfg(feature = "json")]
                provenance: fused.provenance,
            });
        }
        Err(error) => error,
    };
    let Some(reason) = error.unfusable() else { return Err(error) };
    match demand(&options) {
        Some(option) => Err(KeepError::Demanded { option, reason }.into()),
        None => keep(inputs, &options, reason),
    }
}

/// An option that a component which is kept as it is does not satisfy.
fn demand(options: &Options) -> Option<&'static str> {
    if options.memory.shared().is_some() {
        return Some("one memory");
    }
    #[cfg(feature = "json")]
    if options.embed_interface {
        return Some("the core module's description");
    }
    #[cfg(feature = "json")]
    if options.has_provenance() {
        return Some("the provenance of one core module");
    }
    None
}

/// The composition in clusters, or the linked component as it is.
fn keep(inputs: &[Input<'_>], options: &Options, reason: String) -> Result<FusedComponent, Error> {
    let linked = link::link_keeping(inputs, &options.links, &options.kept_exports)?;
    let component = parse::parse_linked(pipeline::root_name(inputs), &linked.root, &linked.apart)?;
    let wit = options.wit.then(|| wit::world_without(&linked.root, &component.world, &[])).transpose()?;
    // Where instantiation cannot be carried out, there is no composition, and the report says less.
    let dfg = composition(component, &options.limits)?;
    let mut reason = reason;
    if let Some(dfg) = &dfg {
        match split::split(dfg, options, &Wanted::Chosen)? {
            Ok(split) => {
                let (bytes, mut report) = reported(dfg, split, reason, options.strip);
                report.noted(&linked.notes);
                return Ok(FusedComponent::without_provenance(bytes, report, wit));
            }
            Err(Some(why)) => reason.push_str(&format!("; and parts of it cannot be fused by themselves: {why}")),
            Err(None) => {}
        }
    }
    if !linked.apart.is_empty() {
        return Err(KeepError::Apart { parts: linked.apart.len(), reason }.into());
    }
    let mut report = report::kept(dfg.as_ref(), reason, linked.root.len());
    report.noted(&linked.notes);
    Ok(FusedComponent::without_provenance(linked.root.into_owned(), report, wit))
}

/// The component and its report. What the root says of itself, it says of the whole; each cluster says what its parts do.
fn reported(dfg: &ComponentDfg<'_>, split: Split, reason: String, strip: Strip) -> (Vec<u8>, Report) {
    let Split { mut bytes, units, partition, outcomes } = split;
    if let Some(name) = dfg.own_name.filter(|_| strip.keeps_names()) {
        custom::append_component_name(name, &mut bytes);
    }
    if strip != Strip::All {
        custom::append(metadata::merged(&dfg.root_customs, &[]).sections, &mut bytes);
    }
    let report = report::clustered(dfg, &units, &partition, outcomes, reason, bytes.len());
    (bytes, report)
}

/// Makes a component of the clusters that `of` asks for, whether or not the composition could be one core module: for tests. `of` gets the
/// number of component instances with code, which are numbered in the order in which their instantiation begins, and returns the cluster of
/// each. The clusters must not need each other in a circle.
///
/// # Errors
///
/// Those of [`component`], and [`ClusterError`] where such clusters cannot be.
pub fn in_clusters(
    inputs: &[Input<'_>],
    options: &Options,
    of: &dyn Fn(usize) -> Vec<usize>,
) -> Result<FusedComponent, Error> {
    let linked = link::link_keeping(inputs, &options.links, &options.kept_exports)?;
    let component = parse::parse_linked(pipeline::root_name(inputs), &linked.root, &linked.apart)?;
    let dfg = inline::inline_within(component, &options.limits)?;
    let split = split::split(&dfg, options, &Wanted::Given(of))?;
    let split = split.map_err(|reason| ClusterError::inexpressible(reason.unwrap_or_default()))?;
    let (bytes, report) = reported(&dfg, split, "these clusters are asked for".to_owned(), options.strip);
    Ok(FusedComponent::without_provenance(bytes, report, None))
}

fn composition<'a>(component: Component<'a>, limits: &Limits) -> Result<Option<ComponentDfg<'a>>, Error> {
    match inline::inline_within(component, limits) {
        Ok(dfg) => Ok(Some(dfg)),
        Err(error) => {
            let error = Error::from(error);
            if error.unfusable().is_some() { Ok(None) } else { Err(error) }
        }
    }
}
