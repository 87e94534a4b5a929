//! What other fusers build on: every stage, the values between them, the fused module as data, and the passes over it.
//!
//! **Nothing here is stable.** Any release may change any of it. What is stable is at the root of the crate; see ADR 47.
//! [`pipeline::run`] calls the stages in order. Each module opens with what goes into a stage and what comes out of it.

/// Facts of the canonical ABI, pure: no instructions, no modules.
pub mod abi {
    pub use crate::abi::*;
}

/// Adapter bodies.
pub mod adapter {
    pub use crate::adapter::*;
}

/// A composition that cannot be one core module, as several components.
pub mod clusters {
    pub use crate::clusters::*;
}

/// A component around the fused core module.
pub mod component_wrap {
    pub use crate::component_wrap::*;
}

/// The dataflow form of a composition: what is left when every instantiation has been carried out.
pub mod dfg {
    pub use crate::dfg::*;
}

/// The core module in bytes.
pub mod emit {
    pub use crate::emit::*;
}

/// By what each handle is routed.
pub mod handle_tables {
    pub use crate::handle_tables::*;
}

/// What an embedder does between the stages.
pub mod extension {
    pub use crate::extension::*;
}

/// Typed indices and the arenas they index.
pub mod ids {
    pub use crate::ids::*;
}

/// All instantiation carried out statically.
pub mod inline {
    pub use crate::inline::*;
}

/// What the bytes of the input say.
pub mod input {
    pub use crate::input::*;
}

/// Components in which everything is fused that can be.
pub mod keep {
    pub use crate::keep::in_clusters;
}

/// How much a fusion may make.
pub mod limits {
    pub use crate::limits::*;
}

/// Several inputs become one root component.
pub mod link {
    pub use crate::link::*;
}

/// Maps that are asked often.
pub mod maps {
    pub use crate::maps::*;
}

/// Every core instance in one index space.
pub mod merger {
    pub use crate::merger::*;
}

/// The fused module, as data.
pub mod module {
    pub use crate::module::*;
}

/// Bytes to static components.
pub mod parse {
    pub use crate::parse::*;
}

/// What changes the fused module, pass by pass.
pub mod passes {
    pub use crate::passes::*;
}

/// Core imports that pass through a component.
pub mod passthrough {
    pub use crate::passthrough::*;
}

/// The stages of a fusion, in order.
pub mod pipeline {
    pub use crate::pipeline::*;
}

/// Decisions.
pub mod plan {
    pub use crate::plan::*;
}

/// Who owns which resource, and who sees it under which name.
pub mod resource_graph {
    pub use crate::resource_graph::*;
}

/// Runtime modules: fixed algorithms, written by hand in `runtime/*.wat` and assembled by `build.rs`.
pub mod runtime {
    pub use crate::runtime::*;
}

/// Symbolic code: bodies of synthesized functions before any index exists.
pub mod synth {
    pub use crate::synth::*;
}

/// The world of a component in WIT.
pub mod wit {
    pub use crate::wit::*;
}

pub use wasm_encoder;
pub use wasmparser;
