//! One guest's core module becomes a component.
//!
//! What toolchains leave in a module for debuggers goes; what says how it was compiled, `producers` and
//! `target_features`, stays, because a fuser has to deal with it. A module that calls WASI preview 1 gets the
//! adapter: the command one if it has a `_start`, the reactor one otherwise.

use anyhow::Result;
use meld_core::Componentizer;
use meld_core::CoreName;
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wasm_encoder::{Module, RawSection};
use wasmparser::{Operator, Parser, Payload};

use crate::catalogue::Source;

/// Wraps `core`, compiled from `source`, into a component. Those of the core imports `passthrough` that it has pass
/// through.
pub(crate) fn componentize(core: Vec<u8>, source: &Source, passthrough: &[String]) -> Result<Vec<u8>> {
    let core = strip(&core)?;
    let mut componentizer = Componentizer::new(source.world.as_str(), &core);
    if let Some(adapter) = adapter(&core)? {
        componentizer.adapter(WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, adapter);
    }
    for import in passthrough {
        let import: CoreName = import.parse()?;
        if imports(&core)?.contains(&import) {
            componentizer.passthrough(import);
        }
    }
    Ok(componentizer.componentize()?)
}

/// Whether a `memory.grow` is anywhere in a component's code.
pub(crate) fn grows(component: &[u8]) -> Result<bool> {
    for payload in Parser::new(0).parse_all(component) {
        if let Payload::CodeSectionEntry(body) = payload? {
            for operator in body.get_operators_reader()? {
                if matches!(operator?, Operator::MemoryGrow { .. }) {
                    return Ok(true);
                }
            }
        }
    }
    Ok(false)
}

/// `core` without names and debug information.
fn strip(core: &[u8]) -> Result<Vec<u8>> {
    let mut stripped = Module::new();
    for payload in Parser::new(0).parse_all(core) {
        let payload = payload?;
        if let Payload::CustomSection(section) = &payload
            && (section.name() == "name" || section.name().starts_with(".debug"))
        {
            continue;
        }
        // Code section entries are payloads of their own, without a section id.
        if let Some((id, range)) = payload.as_section() {
            stripped.section(&RawSection { id, data: &core[range] });
        }
    }
    Ok(stripped.finish())
}

/// The names of what `core` imports.
fn imports(core: &[u8]) -> Result<Vec<CoreName>> {
    let mut names = Vec::new();
    for payload in Parser::new(0).parse_all(core) {
        if let Payload::ImportSection(section) = payload? {
            for import in section.into_imports() {
                let import = import?;
                names.push(CoreName { module: import.module.to_string(), field: import.name.to_string() });
            }
        }
    }
    Ok(names)
}

fn adapter(core: &[u8]) -> Result<Option<&'static [u8]>> {
    let wasi = imports(core)?.iter().any(|import| import.module == WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME);
    let mut command = false;
    for payload in Parser::new(0).parse_all(core) {
        if let Payload::ExportSection(section) = payload? {
            for export in section {
                command |= export?.name == "_start";
            }
        }
    }
    Ok(match (wasi, command) {
        (false, _) => None,
        (true, true) => Some(WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER),
        (true, false) => Some(WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER),
    })
}
