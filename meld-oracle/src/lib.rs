//! The oracle of meld: the input itself, run by wasmtime.
//!
//! A fused artifact must behave as its input does. This crate runs the input, its fused core module and its
//! fused component with the same calls and compares results, traps and the order of calls to the host.
//!
//! - [`wast`] runs `.wast` scripts with every component replaced by its fused form.
//! - [`host`] is a host that satisfies any import, answers deterministically and records every call.
//! - [`core_host`] is the same host for a core module: an implementation of the canonical ABI of its own,
//!   written from `CanonicalABI.md` and sharing nothing with `meld_core::unstable::abi`, so that it can judge it.
//! - [`generate`] makes types, values, and components that forward any function from import to export.
//! - [`core_programs`] makes compositions of random core modules, and [`programs`] of random uses of handles.
//! - [`async_programs`] makes compositions of random asynchronous functions whose results do not depend on who runs first.
//! - [`concurrent`] runs asynchronous components, and tells a deadlock from a slow run.
//! - [`wasi`] runs commands and HTTP services of WASI 0.2, [`wasi_async`] those of 0.3.
//! - [`differential`] puts these together, and [`verify`] does for two artifacts of any origin.
//!
//! All tests that need wasmtime are in this crate's `tests/`. Rejected: comparing bytes or text of the output
//! (that is what filetests of the stages are for), and expected values written by hand where the input can be
//! asked.

pub mod arena;
pub mod async_programs;
pub mod concurrent;
pub mod core_host;
pub mod core_programs;
pub mod decoy;
pub mod differential;
pub mod engine;
pub mod fixtures;
pub mod generate;
pub mod host;
pub mod programs;
pub mod trap;
pub mod ty;
pub mod value;
pub mod verify;
pub mod wasi;
pub mod wasi_async;
pub mod wast;

/// An error with all its sources, on one line.
pub fn error_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
