//! Limits of components.
//!
//! In: a component that is about to be written. Out: an error where no validator would take it. They count what a world needs:
//! its types, its exported instances, each of which is made by a nested component if it has types, and its functions. The numbers
//! are wasmparser's, which wasmtime and the usual tools share.

use crate::error::WrapError;
use wasm_encoder::ComponentBuilder;
use wasmparser::{Parser, Payload};

/// Checks a component, nested or not. `nested`: how many components are nested in the outermost one, at any depth.
pub(super) fn check(component: &ComponentBuilder, nested: u32) -> Result<(), WrapError> {
    let instances = component.instance_count() + component.core_instance_count();
    // All core modules are in the outermost one, which counts itself.
    let parts = 1 + component.core_module_count() + nested;
    for (what, count, limit) in [
        ("core modules and components, one of these for each exported instance with types", parts, 1_000),
        ("instances", instances, 4_096),
        ("functions", component.func_count() + component.core_func_count(), 1_000_000),
        ("types", component.type_count() + component.core_type_count(), 1_000_000),
    ] {
        if count > limit {
            return Err(WrapError::Limit { what, count, limit });
        }
    }
    Ok(())
}

/// How many core modules and components are nested in a component, at any depth.
pub(crate) fn nested(component: &[u8]) -> Result<u32, WrapError> {
    let mut nested = 0;
    for payload in Parser::new(0).parse_all(component) {
        match payload.map_err(|error| WrapError::Invalid(error.into()))? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => nested += 1,
            _ => {}
        }
    }
    Ok(nested)
}
