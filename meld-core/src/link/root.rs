//! Writes the root.

use super::Form;
use super::exports::{ExportSource, Exports};
use super::imports::{self, RootImports};
use super::input::Linkee;
use super::matching::{ImportOf, Links};
use super::offers::ExportOf;
use crate::error::{LinkError, TypeEncodeError};
use crate::world::{TypeEncoder, extern_name, kind_of};
use std::collections::HashMap;
use wasm_encoder::ComponentExportKind;
use wasmparser::component_types::{ComponentAnyTypeId, ComponentEntityType};
use wasmparser::types::TypesRef;

/// The synthetic root component.
pub(super) fn write(
    inputs: &[Linkee<'_>],
    links: &Links,
    order: &[usize],
    imports: &RootImports<'_>,
    exports: &Exports<'_>,
    types: TypesRef<'_>,
    form: Form,
) -> Result<Vec<u8>, LinkError> {
    let mut root = Root {
        inputs,
        exports,
        encoder: TypeEncoder::new(types),
        instances: vec![None; inputs.len()],
        aliases: HashMap::new(),
        exported: 0,
    };
    // Where nothing is known yet, so that the types of the inputs mention nothing around them.
    let mut apart = HashMap::new();
    if form == Form::Apart {
        for &input in order {
            let mut name = format!("component-{input}");
            while imports.imports.contains_key(name.as_str()) {
                name.push('x');
            }
            let Linkee { imports, exports, .. } = &inputs[input];
            let [imports, exports] = [imports, exports].map(|items| items.iter().map(|item| (&item.name, &item.item)));
            let component = root.encoder.import_component(&name, imports, exports);
            apart.insert(input, component.map_err(|source| not_apart(inputs, input, source))?);
        }
    }
    let mut imported = HashMap::new();
    for (name, group) in &imports.imports {
        let items: Vec<_> = group.iter().map(|import| imports::item(inputs, *import)).collect();
        let tys: Vec<_> = items.iter().map(|item| *item.ty()).collect();
        let name = extern_name(name, &items[0].item);
        let index = root.encoder.import_united(name, &tys).map_err(|source| not_written(inputs, group[0], source))?;
        imported.extend(group.iter().map(|import| (*import, index)));
    }
    for &input in order {
        let linkee = &inputs[input];
        let component = match apart.get(&input) {
            Some(imported) => *imported,
            None => root.encoder.component().component_raw(Some(linkee.name), linkee.bytes),
        };
        let mut arguments = Vec::with_capacity(linkee.imports.len());
        for (import, item) in linkee.imports.iter().enumerate() {
            let import = ImportOf { input, import };
            let (kind, index) = match (links.get(&import), *item.ty()) {
                (Some(export), _) => root.linked(import, *export),
                (None, ComponentEntityType::Type { referenced, created }) if imports.derived.contains(&import) => {
                    (ComponentExportKind::Type, root.derived(import, referenced, created)?)
                }
                _ => (kind_of(item.ty()), imported[&import]),
            };
            arguments.push((item.name.as_str(), kind, index));
        }
        let instance = root.encoder.component().instantiate(Some(linkee.name), component, arguments);
        root.instances[input] = Some(instance);
    }
    root.export_before(exports.len());
    root.encoder.component().append_names();
    Ok(root.encoder.finish().finish())
}

/// The root in the making.
struct Root<'r> {
    inputs: &'r [Linkee<'r>],
    exports: &'r Exports<'r>,
    encoder: TypeEncoder<'r>,
    /// Instances of the inputs, once they exist.
    instances: Vec<Option<u32>>,
    /// Exports of the inputs' instances, in the root's index spaces.
    aliases: HashMap<ExportOf, u32>,
    /// How many of the exports are written.
    exported: usize,
}

impl Root<'_> {
    /// Kind and index of an export of an input that is instantiated.
    fn alias(&mut self, export: ExportOf) -> (ComponentExportKind, u32) {
        let item = &self.inputs[export.input].exports[export.export];
        let kind = kind_of(item.ty());
        let alias = || {
            let instance = self.instances[export.input].expect("providers come first in the order");
            self.encoder.component().alias_export(instance, &item.name, kind)
        };
        (kind, *self.aliases.entry(export).or_insert_with(alias))
    }

    /// Kind and index of what satisfies an import. Were it of another kind than the import, the validator
    /// would say so.
    fn linked(&mut self, import: ImportOf, export: ExportOf) -> (ComponentExportKind, u32) {
        let (kind, index) = self.alias(export);
        // Derived types mention the provider's types by the ids that the importer has for them.
        match (kind, *imports::item(self.inputs, import).ty()) {
            (ComponentExportKind::Type, ComponentEntityType::Type { created, .. }) => {
                self.encoder.name_type(created, index);
            }
            (ComponentExportKind::Instance, ComponentEntityType::Instance(id)) => {
                self.encoder.name_instance_types(id, index);
            }
            _ => {}
        }
        (kind, index)
    }

    /// The index of a type that the root writes down for an import.
    fn derived(
        &mut self,
        import: ImportOf,
        referenced: ComponentAnyTypeId,
        created: ComponentAnyTypeId,
    ) -> Result<u32, LinkError> {
        let position = self.exports.values().position(|source| *source == ExportSource::Derived(import));
        if let Some(position) = position {
            self.export_before(position);
        }
        let index = self.encoder.any_type(referenced);
        let mut index = index.map_err(|source| not_written(self.inputs, import, source))?;
        if let Some(position) = position {
            // Only what is exported has a name, and only what has a name may be mentioned by exports of
            // the component that it is passed to.
            let item = imports::item(self.inputs, import);
            let name = extern_name(&item.name, &item.item);
            index = self.encoder.component().export(name, ComponentExportKind::Type, index, None);
            self.exported = position + 1;
        }
        self.encoder.name_type(created, index);
        Ok(index)
    }

    /// Writes the exports before `position` that are not written yet. Derived types are not among them:
    /// those are written when they are first needed, in the same order.
    fn export_before(&mut self, position: usize) {
        let exports = self.exports;
        for (name, source) in exports.iter().take(position).skip(self.exported) {
            if let ExportSource::Export(export) = *source {
                let (kind, index) = self.alias(export);
                let item = &self.inputs[export.input].exports[export.export].item;
                self.encoder.component().export(extern_name(name, item), kind, index, None);
            }
        }
        self.exported = self.exported.max(position);
    }
}

fn not_written(inputs: &[Linkee<'_>], import: ImportOf, source: TypeEncodeError) -> LinkError {
    let name = imports::item(inputs, import).name.clone();
    LinkError::Type { input: inputs[import.input].shown.to_owned(), import: name, source }
}

fn not_apart(inputs: &[Linkee<'_>], input: usize, source: TypeEncodeError) -> LinkError {
    LinkError::InputType { input: inputs[input].name.to_owned(), source }
}
