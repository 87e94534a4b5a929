//! The world of a component in WIT.
//!
//! In: the root component's bytes. Out: a WIT document: a package of its own with one world, and the packages
//! it uses. Fusion does not change the world, so what is printed of the input holds for the result.
//! Rejected: worlds that WIT cannot express, such as imported core modules or names without WIT syntax.

use crate::error::WitError;
use wit_component::{DecodedWasm, WitPrinter};

/// Prints the world of `component`.
pub fn world_of(component: &[u8]) -> Result<String, WitError> {
    let decoded = wit_component::decode(component).map_err(|e| WitError::Inexpressible { reason: format!("{e:#}") })?;
    let (resolve, root) = match decoded {
        DecodedWasm::Component(resolve, world) => {
            let package = resolve.worlds[world].package;
            (resolve, package.ok_or_else(|| WitError::Inexpressible { reason: "its world is of no package".into() })?)
        }
        DecodedWasm::WitPackage(resolve, package) => (resolve, package),
    };
    let mut others: Vec<_> = resolve.packages.iter().map(|(id, _)| id).filter(|id| *id != root).collect();
    others.sort_by_key(|id| resolve.packages[*id].name.to_string());
    let mut printer = WitPrinter::default();
    printer.print(&resolve, root, &others).map_err(|e| WitError::Inexpressible { reason: format!("{e:#}") })?;
    Ok(printer.output.to_string())
}
