//! Writes the root.

use super::exports::Exports;
use super::input::Linkee;
use super::matching::{ExportOf, ImportOf, Links};
use super::outer::{self, Outer};
use crate::error::LinkError;
use crate::world::{TypeEncoder, extern_name, kind_of};
use std::collections::HashMap;
use wasm_encoder::{ComponentBuilder, ComponentExportKind};
use wasmparser::types::TypesRef;
use wasmparser::{Parser, Validator};

/// The synthetic root component.
pub(super) fn write(
    inputs: &[Linkee<'_>],
    links: &Links,
    order: &[usize],
    outer: &Outer<'_>,
    exports: &Exports<'_>,
    types: TypesRef<'_>,
) -> Result<Vec<u8>, LinkError> {
    let mut encoder = TypeEncoder::new(types);
    let mut imported = HashMap::new();
    for (name, group) in outer {
        let items: Vec<_> = group.iter().map(|import| outer::item(inputs, *import)).collect();
        let tys: Vec<_> = items.iter().map(|item| *item.ty()).collect();
        let index = encoder.import_united(extern_name(name, &items[0].item), &tys).map_err(|source| {
            let input = inputs[group[0].input].name.to_owned();
            LinkError::Type { input, import: (*name).to_owned(), source }
        })?;
        for import in group {
            imported.insert(*import, index);
        }
    }
    let builder = encoder.component();
    let mut instances = vec![None; inputs.len()];
    let mut aliases = Aliases::default();
    for &input in order {
        let linkee = &inputs[input];
        let component = builder.component_raw(Some(linkee.name), linkee.bytes);
        let mut arguments = Vec::with_capacity(linkee.imports.len());
        for (import, item) in linkee.imports.iter().enumerate() {
            let import = ImportOf { input, import };
            // Were the provider's export of another kind, the validator would say so.
            let (kind, index) = match links.get(&import) {
                Some(export) => aliases.get(*export, inputs, &instances, builder),
                None => (kind_of(item.ty()), imported[&import]),
            };
            arguments.push((item.name.as_str(), kind, index));
        }
        instances[input] = Some(builder.instantiate(Some(linkee.name), component, arguments));
    }
    for (name, export) in exports {
        let (kind, index) = aliases.get(*export, inputs, &instances, builder);
        let item = &inputs[export.input].exports[export.export].item;
        builder.export(extern_name(name, item), kind, index, None);
    }
    builder.append_names();
    Ok(encoder.finish().finish())
}

/// Exports of the inputs' instances, in the root's index spaces.
#[derive(Default)]
struct Aliases(HashMap<ExportOf, u32>);

impl Aliases {
    /// Kind and index of an export of an input that is instantiated.
    fn get(
        &mut self,
        export: ExportOf,
        inputs: &[Linkee<'_>],
        instances: &[Option<u32>],
        builder: &mut ComponentBuilder,
    ) -> (ComponentExportKind, u32) {
        let item = &inputs[export.input].exports[export.export];
        let kind = kind_of(item.ty());
        let alias = || {
            let instance = instances[export.input].expect("providers come first in the order");
            builder.alias_export(instance, &item.name, kind)
        };
        (kind, *self.0.entry(export).or_insert_with(alias))
    }
}

/// Validates the root, function bodies aside: whoever reads the root looks at those.
pub(super) fn check(root: &[u8]) -> Result<(), wasmparser::BinaryReaderError> {
    let mut validator = Validator::new_with_features(crate::parse::features());
    for payload in Parser::new(0).parse_all(root) {
        validator.payload(&payload?)?;
    }
    Ok(())
}
