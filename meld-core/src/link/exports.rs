//! Exports of the root: what no input consumes, and the types that this needs.

use super::input::Linkee;
use super::matching::{ExportOf, ImportOf, Links};
use super::mentions;
use crate::error::LinkError;
use indexmap::{IndexMap, IndexSet};
use wasmparser::component_types::ComponentAnyTypeId;
use wasmparser::types::TypesRef;

/// Exports of the root by name, in an order in which they can be written.
pub(super) type Exports<'i> = IndexMap<&'i str, ExportOf>;

/// Decides what the root exports.
///
/// An export that is consumed is exported all the same if the types of an exported item mention a type
/// that has a name there and nowhere else: a component cannot export a type without a name.
pub(super) fn exports<'i>(
    inputs: &'i [Linkee<'_>],
    links: &Links,
    order: &[usize],
    types: TypesRef<'_>,
) -> Result<Exports<'i>, LinkError> {
    let consumed: IndexSet<ExportOf> = links.values().copied().collect();
    let mut exports = IndexSet::new();
    for &input in order {
        for export in 0..inputs[input].exports.len() {
            let export = ExportOf { input, export };
            if !consumed.contains(&export) {
                add(export, inputs, links, types, &mut exports);
            }
        }
    }
    let mut named: Exports<'i> = IndexMap::new();
    for export in exports {
        let name = inputs[export.input].exports[export.export].name.as_str();
        if let Some(other) = named.insert(name, export) {
            return Err(LinkError::ExportedTwice {
                export: name.to_owned(),
                first: inputs[other.input].name.to_owned(),
                second: inputs[export.input].name.to_owned(),
            });
        }
    }
    Ok(named)
}

/// Adds an export after those that it needs.
fn add(export: ExportOf, inputs: &[Linkee<'_>], links: &Links, types: TypesRef<'_>, exports: &mut IndexSet<ExportOf>) {
    if exports.contains(&export) {
        return;
    }
    let linkee = &inputs[export.input];
    for id in mentions::required(types, linkee.exports[export.export].ty()) {
        if let Some(source) = source(export, id, linkee, links, types) {
            add(source, inputs, links, types, exports);
        }
    }
    exports.insert(export);
}

/// The export, of this input or of another one that it is linked to, that names a type.
fn source(
    export: ExportOf,
    id: ComponentAnyTypeId,
    linkee: &Linkee<'_>,
    links: &Links,
    types: TypesRef<'_>,
) -> Option<ExportOf> {
    let input = export.input;
    // An export can mention earlier ones only.
    let own = linkee.exports[..export.export].iter().position(|item| mentions::named(types, item.ty()).contains(&id));
    if let Some(export) = own {
        return Some(ExportOf { input, export });
    }
    let imported = linkee.imports.iter().position(|item| mentions::named(types, item.ty()).contains(&id))?;
    // What nobody provides is imported by the root, and imported types have names.
    links.get(&ImportOf { input, import: imported }).copied()
}
