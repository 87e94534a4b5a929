//! meld: a static WebAssembly component fuser.
//!
//! [`Fuser`] takes one composed component, or several to be linked, and makes one core module of them,
//! in which every call between components is a direct call or a canonical ABI adapter.

mod abi;
mod adapter;
mod binary;
mod component_wrap;
mod componentize;
pub mod core_interface;
mod custom;
mod dfg;
mod emit;
pub mod error;
mod extension;
mod fuser;
mod handle_tables;
mod ids;
mod inline;
mod input;
mod inspect;
pub mod interface;
mod keep;
mod limits;
mod link;
mod maps;
mod merger;
mod module;
mod names;
pub mod options;
mod parse;
mod passes;
mod passthrough;
mod pipeline;
mod plan;
mod recognize;
pub mod report;
mod resource_graph;
mod runtime;
mod synth;
pub mod unstable;
mod wit;
mod world;

pub use componentize::Componentizer;
pub use core_interface::CoreInterface;
pub use error::Error;
pub use fuser::Fuser;
pub use inspect::{Inspection, Stage};
pub use keep::FusedComponent;
pub use limits::{Limit, Limits};
pub use link::Input;
pub use options::{MemoryMode, Options, SharedOptions};
pub use passes::Pass;
pub use passthrough::{CoreName, CoreNameError};
pub use recognize::Foreign;
pub use report::Report;
pub use wit::world_of;

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
