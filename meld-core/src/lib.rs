//! meld: a static WebAssembly component fuser.
//!
//! [`Fuser`] takes one composed component, or several to be linked, and makes one core module of them,
//! in which every call between components is a direct call or a canonical ABI adapter.

pub mod abi;
pub mod adapter;
pub mod component_wrap;
pub mod componentize;
pub mod core_interface;
mod custom;
pub mod dfg;
pub mod emit;
pub mod error;
pub mod fuser;
pub mod handle_tables;
pub mod ids;
pub mod inline;
pub mod input;
pub mod inspect;
pub mod interface;
pub mod keep;
pub mod limits;
pub mod link;
pub mod maps;
pub mod merger;
pub mod module;
mod names;
pub mod options;
pub mod parse;
pub mod passes;
pub mod passthrough;
pub mod pipeline;
pub mod plan;
mod recognize;
pub mod report;
pub mod resource_graph;
pub mod runtime;
pub mod synth;
pub mod wit;
mod world;

pub use componentize::Componentizer;
pub use error::Error;
pub use fuser::Fuser;
pub use inspect::{Inspection, Stage};
pub use keep::FusedComponent;
pub use limits::{Limit, Limits};
pub use link::Input;
pub use options::Options;
pub use passes::Pass;
pub use recognize::Foreign;
pub use report::Report;

use std::ops::ControlFlow;

/// The result of a fusion.
#[derive(Debug)]
pub struct Fused {
    /// The fused core module.
    pub core: Vec<u8>,
    /// How to call `core`.
    pub interface: core_interface::CoreInterface,
    /// The same as data for hosts in any language, which has a form in JSON.
    pub description: interface::Description,
    /// Why `core` has no `component-type` section, by which standard tools could make a component of it. There
    /// is none either where meld makes the component.
    pub no_component_type: Option<error::WitError>,
    /// `core` wrapped into a component with the world of the input, where [`Options::component`] asks for it.
    pub component: Option<Vec<u8>>,
    /// What became of every boundary, memory and module of the input.
    pub report: Report,
    /// The world of the result in WIT, where [`Options::wit`] asks for it.
    pub wit: Option<String>,
}

/// Fuses `inputs`. The stages are in [`pipeline`].
///
/// # Errors
///
/// Each stage has an enum of its own: see [`Error`].
pub fn fuse(inputs: &[Input<'_>], options: &Options) -> Result<Fused, Error> {
    let fused = pipeline::run(inputs, options, &mut |_| ControlFlow::Continue(()))?;
    Ok(fused.expect("only an observer breaks off, and this one does not"))
}
