//! meld: a static WebAssembly component fuser.
//!
//! A fusion takes components and makes one core module of them. Every call between components becomes a direct call, or a call of an
//! adapter that is in the module and does what the canonical ABI says. The module behaves as the components do, and runs on engines
//! that know nothing of components.
//!
//! ```
//! # let composition = b"(component)";
//! let mut fuser = meld_core::Fuser::new();
//! fuser.input("composition", &composition[..]);
//! let fused = fuser.fuse()?;
//! std::fs::write(std::env::temp_dir().join("fused.wasm"), &fused.core)?;
//! print!("{}", fused.report);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | to | use |
//! |---|---|
//! | fuse | [`Fuser`], with [`Options`]; what comes out is [`Fused`] |
//! | put all memories into one | [`MemoryMode::Shared`] and what [`SharedOptions`] says |
//! | fuse what can be fused and keep the rest | [`Fuser::fuse_component`] |
//! | call the result | [`Fused::interface`] in Rust; [`Fused::description`] for other languages, as JSON |
//! | know what happened | [`Report`]; [`Fuser::inspect`] prints what a [`Stage`] made |
//! | make a component of a core module | [`Componentizer`] |
//! | act on an error | the variants of [`Error`], and [`Error::remedies`] |
//! | bound what an input can cost | [`Limits`] |
//!
//! # How a fusion goes
//!
//! ```text
//!  inputs ──► link ──► parse ──► inline ─────────► plan ──► adapters ──► merge ──► passes ──► emit ──► core module
//!            one root  static    dataflow graph    every    bodies over  one       rebase     bytes,    └─► component
//!            component components no instantiation decision symbolic     module    …          valid
//!                                 is left                   ids                    layout
//! ```
//!
//! Each stage takes the value of the one before it. Only the linker and the planner read options. `ARCHITECTURE.md` in the repository
//! says what each stage may rely on.
//!
//! # What is stable
//!
//! The root and its modules, but for one, follow semantic versioning. Types that may grow are `#[non_exhaustive]`. Types of other
//! crates are re-exported where a signature has them ([`core_interface`]), and errors of other crates are opaque ([`error::Cause`]).
//!
//! The module [`unstable`] has everything else: the stages, the values between them, the fused module as data, and extensions, by which
//! an embedder adds adapters and passes. Any release may change it.
//!
//! # Features
//!
//! All are on by default. Each can be left out by who does not need it.
//!
//! | feature | what is missing without it |
//! |---|---|
//! | `text` | inputs in the text format |
//! | `wit` | the world in WIT, the `component-type` section of the core module, [`Componentizer`] |
//! | `json` | `to_json` of [`Report`] and [`interface::Description`], [`Options::embed_interface`], [`provenance`], [`Fuser::inspect`] |

mod abi;
mod adapter;
mod binary;
mod canonical;
mod clusters;
mod component_wrap;
#[cfg(feature = "wit")]
mod componentize;
pub mod core_interface;
mod custom;
mod dfg;
mod dwarf;
mod emit;
pub mod error;
mod extension;
mod fuser;
mod handle_tables;
mod ids;
mod inline;
mod input;
#[cfg(feature = "json")]
mod inspect;
pub mod interface;
mod keep;
mod limits;
mod link;
mod maps;
mod merger;
mod metadata;
mod module;
mod names;
pub mod options;
mod parse;
mod passes;
mod passthrough;
mod pipeline;
mod plan;
#[cfg(feature = "json")]
pub mod provenance;
mod recognize;
pub mod report;
mod resource_graph;
mod runtime;
mod synth;
pub mod unstable;
mod value_types;
#[cfg(feature = "wit")]
mod wit;
#[cfg(not(feature = "wit"))]
mod without_wit;
mod world;

#[cfg(not(feature = "wit"))]
use without_wit as wit;

#[cfg(feature = "wit")]
pub use componentize::Componentizer;
pub use core_interface::CoreInterface;
pub use error::Error;
pub use fuser::Fuser;
#[cfg(feature = "json")]
pub use inspect::{Inspection, Stage};
pub use keep::FusedComponent;
pub use limits::{Limit, Limits};
pub use link::Input;
pub use options::{MemoryMode, Options, SharedOptions};
pub use passes::Pass;
pub use passthrough::{CoreName, CoreNameError};
pub use recognize::Foreign;
pub use report::Report;
#[cfg(feature = "wit")]
pub use wit::world_of;

use std::ops::ControlFlow;

/// The result of a fusion.
#[derive(Debug)]
#[non_exhaustive]
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
    /// Where everything in the core module comes from, where [`Options::provenance`] asks for it. If there is a component, it is about the core
    /// module inside of that.
    #[cfg(feature = "json")]
    pub provenance: Option<provenance::Provenance>,
}

/// Fuses `inputs`, which are binary, with options that are borrowed. [`Fuser`] takes text as well.
///
/// # Errors
///
/// Each stage has an enum of its own: see [`Error`].
///
/// ```
/// let empty = b"\0asm\x0d\0\x01\0";
/// let fused = meld_core::fuse(&[meld_core::Input::new("empty", &empty[..])], &meld_core::Options::default())?;
/// assert!(fused.core.starts_with(b"\0asm\x01\0\0\0"));
/// # Ok::<(), meld_core::Error>(())
/// ```
pub fn fuse(inputs: &[Input<'_>], options: &Options) -> Result<Fused, Error> {
    let fused = pipeline::run(inputs, options, &mut |_| ControlFlow::Continue(()))?;
    Ok(fused.expect("only an observer breaks off, and this one does not"))
}
