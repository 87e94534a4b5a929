//! The world of a component in WIT.
//!
//! In: the root component's bytes. Out: a WIT document: a package of its own with one world, and the packages
//! it uses; or the same in the binary form, as a custom section of a core module, by which standard tools
//! make a component of it. Fusion does not change the world, so what is said of the input holds for the result.
//! Rejected: worlds that WIT cannot express, such as imported core modules or names without WIT syntax.

mod expressible;
mod known;

use crate::core_interface::CoreInterface;
use crate::dfg::ComponentDfg;
use crate::error::{ValidationError, WitError};
use crate::input::World;
use crate::link::input::externs;
use crate::parse::{features, guard};
use crate::world::world_type;
use wasmparser::component_types::{ComponentAnyTypeId, ComponentEntityType};
use wasmparser::{ComponentExternalKind, Parser, Payload, Validator};
use wit_component::{DecodedWasm, WitPrinter};
use wit_parser::{Resolve, WorldId, WorldItem, WorldKey};

/// Name of the custom section that [`component_type_section`] makes.
pub const COMPONENT_TYPE: &str = "component-type";

/// Prints the world of `component`, which is binary.
///
/// # Errors
///
/// [`WitError::Inexpressible`], if the bytes are no valid component, or if WIT has no words for its world.
///
/// ```
/// let empty = b"\0asm\x0d\0\x01\0";
/// assert!(meld_core::world_of(empty)?.contains("world root"));
/// # Ok::<(), meld_core::error::WitError>(())
/// ```
pub fn world_of(component: &[u8]) -> Result<String, WitError> {
    let mut validator = Validator::new_with_features(features());
    let externs = externs(&mut validator, component).map_err(inexpressible)?;
    let externs = externs.ok_or_else(|| inexpressible("it is a core module"))?;
    let items = externs.imports.iter().chain(&externs.exports);
    let items = items.map(|of| (of.name.as_str(), of.ty(), of.item.implements.as_deref()));
    expressible::check(externs.types.as_ref(), items)?;
    print(decode(component)?, &[])
}

/// Prints `root`, the world of `component`, without the imports of these functions at its root.
pub fn world_without(component: &[u8], root: &World, imports: &[&str]) -> Result<String, WitError> {
    let items = root.imports.iter().chain(&root.exports);
    let items = items.map(|of| (of.name.as_str(), &of.ty, of.implements.as_deref()));
    expressible::check(root.types.as_ref(), items)?;
    let decoded = match decode_type(root) {
        Some(decoded) => decoded,
        None => decode(component)?,
    };
    print(decoded, imports)
}

fn print((mut resolve, world): (Resolve, WorldId), imports: &[&str]) -> Result<String, WitError> {
    remove(&mut resolve, world, imports);
    let root = resolve.worlds[world].package.ok_or_else(|| inexpressible("its world is of no package"))?;
    let mut others: Vec<_> = resolve.packages.iter().map(|(id, _)| id).filter(|id| *id != root).collect();
    others.sort_by_key(|id| resolve.packages[*id].name.to_string());
    let mut printer = WitPrinter::default();
    printer.print(&resolve, root, &others).map_err(|e| inexpressible(format_args!("{e:#}")))?;
    let text = printer.output.to_string();
    // The printer writes some worlds in a way that no parser takes. What is handed out can be read again.
    let mut read = Resolve { all_features: true, ..Resolve::default() };
    read.push_str("world.wit", &text).map_err(|e| inexpressible(format_args!("it would not be read again: {e:#}")))?;
    Ok(text)
}

/// Contents of the custom section [`COMPONENT_TYPE`], which tells `wasm-tools component new` and its like
/// how to make a component of a core module with this interface. `component` is the root, and `dfg` what was
/// made of it.
///
/// Such a tool knows one memory, one realloc and one string encoding, each by one name; an interface with more is an
/// error. `renamed` are imports of functions at the root that the core module has by other names, or not at all: they
/// are no part of what such a tool is told. `byte_pages`: whether the memory has pages of one byte.
pub fn component_type_section(
    component: &[u8],
    dfg: &ComponentDfg<'_>,
    interface: &CoreInterface,
    renamed: &[&str],
    byte_pages: bool,
) -> Result<Vec<u8>, WitError> {
    if byte_pages && known::has_memory(interface) {
        return Err(WitError::BytePages);
    }
    let encoding = known::encoding(dfg, interface, renamed)?;
    let root = &dfg.world;
    let items = root.imports.iter().chain(&root.exports);
    let items = items.map(|of| (of.name.as_str(), &of.ty, of.implements.as_deref()));
    expressible::check(root.types.as_ref(), items)?;
    // Most worlds can be read from their types alone, which is quicker than from all of a component.
    let (mut resolve, world) = match decode_type(root) {
        Some(decoded) => decoded,
        None => decode(component)?,
    };
    remove(&mut resolve, world, renamed);
    wit_component::metadata::encode(&resolve, world, encoding, None, false)
        .map_err(|e| inexpressible(format_args!("{e:#}")))
}

/// Removes imports of functions from a world.
fn remove(resolve: &mut Resolve, world: WorldId, imports: &[&str]) {
    resolve.worlds[world].imports.retain(|key, item| match (key, item) {
        (WorldKey::Name(name), WorldItem::Function(_)) => !imports.contains(&name.as_str()),
        _ => true,
    });
}

/// Decodes a world that has been checked to be expressible from its types. `None` where that fails.
fn decode_type(root: &World) -> Option<(Resolve, WorldId)> {
    let ty = world_type(root).ok()?;
    std::panic::catch_unwind(|| wit_parser::decoding::decode_world(&ty)).ok()?.ok()
}

/// Decodes a world that has been checked to be expressible.
fn decode(component: &[u8]) -> Result<(Resolve, WorldId), WitError> {
    // Worlds of components that were not made from WIT can make the decoder panic. The check before
    // this is for those that are known; it leaves nothing to unwind but the decoder's own values.
    let decoded = std::panic::catch_unwind(|| wit_component::decode(component));
    let decoded = decoded.map_err(|_| inexpressible("the decoder of WIT cannot handle it"))?;
    match decoded.map_err(|e| inexpressible(format_args!("{e:#}")))? {
        DecodedWasm::Component(resolve, world) => Ok((resolve, world)),
        DecodedWasm::WitPackage(..) => Err(inexpressible("it is a WIT package, which has no code")),
    }
}

/// Whether the worlds of a section [`COMPONENT_TYPE`] may be decoded. A section that is no component is not looked at:
/// decoding it is an error, or it is of a format that no tool has written for years.
pub(crate) fn check_component_type(section: &[u8]) -> Result<(), WitError> {
    if let Err(error @ ValidationError::Unsupported { .. }) = guard::validate_types(section) {
        return Err(inexpressible(error));
    }
    let Ok(types) = Validator::new_with_features(features()).validate_all(section) else { return Ok(()) };
    let types = types.as_ref();
    for payload in Parser::new(0).parse_all(section) {
        let Ok(Payload::ComponentExportSection(exports)) = payload else { continue };
        for export in exports.into_iter().flatten() {
            // The type of a package, which exports the types of worlds.
            if export.kind != ComponentExternalKind::Type {
                continue;
            }
            let ComponentAnyTypeId::Component(package) = types.component_any_type_at(export.index) else { continue };
            for item in types[package].exports.values() {
                if let ComponentEntityType::Component(world) = item.ty {
                    let world = &types[world];
                    let items = world.imports.iter().chain(&world.exports);
                    let items = items.map(|(name, item)| (name.as_str(), &item.ty, item.implements.as_deref()));
                    expressible::check(types, items)?;
                }
            }
        }
    }
    Ok(())
}

fn inexpressible(reason: impl std::fmt::Display) -> WitError {
    WitError::Inexpressible { reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What WIT says of the types of a fixture is what it says of the fixture.
    #[test]
    fn worlds_are_their_types() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/wit_bindgen/fixtures");
        let mut compared = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let file = entry.unwrap().path();
            if file.extension().is_none_or(|e| e != "wasm") {
                continue;
            }
            let component = std::fs::read(&file).unwrap();
            let world = crate::parse::parse("fixture", &component).unwrap().world;
            let section = |(resolve, world): (Resolve, WorldId)| {
                wit_component::metadata::encode(&resolve, world, wit_component::StringEncoding::UTF8, None, false)
                    .unwrap()
            };
            let from_type = decode_type(&world).unwrap_or_else(|| panic!("{}", file.display()));
            assert_eq!(section(from_type), section(decode(&component).unwrap()), "{}", file.display());
            compared += 1;
        }
        assert!(compared > 50, "{compared}");
    }
}
