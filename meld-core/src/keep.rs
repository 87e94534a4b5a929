//! A component that is accepted whatever it contains: what can be fused is fused, and the rest is kept.
//!
//! In: inputs and options. Out: a [`FusedComponent`]. Fusion is tried first. If something in the composition cannot be part of one core
//! module, the linked component stays as it is, and the report says why and lists every call between components that is kept. The
//! linked component is the input itself, or the component that [`crate::link`] wrote and validated, so it behaves as the input.
//!
//! An error stays an error if the component that is kept would not be what the options ask for ([`demand`]), and if the reason is not
//! the composition but a limit that the user set, or a bug.

use crate::dfg::ComponentDfg;
use crate::error::KeepError;
use crate::limits::Limits;
use crate::link;
use crate::parse::{self, Component};
use crate::report::{self, Report};
use crate::{Error, Input, Options, inline, pipeline, wit};
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
            return Ok(FusedComponent { bytes, report: fused.report, wit: fused.wit });
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
    None
}

/// The linked component as it is.
fn keep(inputs: &[Input<'_>], options: &Options, reason: String) -> Result<FusedComponent, Error> {
    let linked = link::link(inputs, &options.links)?;
    if !linked.apart.is_empty() {
        return Err(KeepError::Apart { parts: linked.apart.len(), reason }.into());
    }
    let component = parse::parse_linked(pipeline::root_name(inputs), &linked.root, &linked.apart)?;
    let wit = options.wit.then(|| wit::world_without(&linked.root, &component.world, &[])).transpose()?;
    // The composition is wanted for the report only, which says less where instantiation cannot be carried out.
    let dfg = composition(component, &options.limits)?;
    let mut report = report::kept(dfg.as_ref(), reason, linked.root.len());
    report.noted(&linked.notes);
    Ok(FusedComponent { bytes: linked.root.into_owned(), report, wit })
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
