//! Exports of the root: what no input consumes, and the types that this needs.

use super::input::{Extern, Linkee};
use super::matching::{ExportOf, ImportOf, Links};
use super::mentions;
use crate::error::LinkError;
use indexmap::{IndexMap, IndexSet};
use wasmparser::component_types::{ComponentAnyTypeId, ComponentEntityType};
use wasmparser::types::TypesRef;

/// Exports of the root by name, in an order in which they can be written: derived types of an input come
/// before the exports of that input, which can mention them only if they have been passed to it.
pub(super) type Exports<'i> = IndexMap<&'i str, Source>;

/// What an export of the root is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Source {
    /// An export of an input.
    Export(ExportOf),
    /// A type that the root writes down for an import of an input.
    Derived(ImportOf),
}

/// Decides what the root exports.
///
/// What is consumed or derived is exported all the same if the types of an exported item mention a type
/// that has a name there and nowhere else: a component cannot export a type without a name.
pub(super) fn exports<'i>(
    inputs: &'i [Linkee<'_>],
    links: &Links,
    derived: &IndexSet<ImportOf>,
    order: &[usize],
    types: TypesRef<'_>,
) -> Result<Exports<'i>, LinkError> {
    let consumed: IndexSet<ExportOf> = links.values().copied().collect();
    let mut collect = Collect { inputs, links, derived, types, sources: IndexSet::new() };
    for &input in order {
        let exports = (0..inputs[input].exports.len()).map(|export| ExportOf { input, export });
        let exports: Vec<ExportOf> = exports.filter(|export| !consumed.contains(export)).collect();
        for export in &exports {
            collect.needs(*export, |source| matches!(source, Source::Derived(_)));
        }
        for export in exports {
            collect.add(Source::Export(export));
        }
    }
    let mut named: Exports<'i> = IndexMap::new();
    for source in collect.sources {
        let (name, input) = match source {
            Source::Export(of) => (&inputs[of.input].exports[of.export].name, of.input),
            Source::Derived(of) => (&inputs[of.input].imports[of.import].name, of.input),
        };
        if let Some(other) = named.insert(name, source) {
            let (Source::Export(ExportOf { input: first, .. }) | Source::Derived(ImportOf { input: first, .. })) =
                other;
            return Err(LinkError::ExportedTwice {
                export: name.clone(),
                first: inputs[first].shown.to_owned(),
                second: inputs[input].shown.to_owned(),
            });
        }
    }
    Ok(named)
}

/// Exports in the making.
struct Collect<'s> {
    inputs: &'s [Linkee<'s>],
    links: &'s Links,
    derived: &'s IndexSet<ImportOf>,
    types: TypesRef<'s>,
    sources: IndexSet<Source>,
}

impl Collect<'_> {
    /// Adds something after what it needs.
    fn add(&mut self, source: Source) {
        if self.sources.contains(&source) {
            return;
        }
        match source {
            Source::Export(export) => self.needs(export, |_| true),
            Source::Derived(import) => {
                let ty = *self.inputs[import.input].imports[import.import].ty();
                for id in mentions::mentioned(self.types, &ty) {
                    if let Some(part) = self.named_by(import.input, None, id).filter(|part| *part != source) {
                        self.add(part);
                    }
                }
                // If it is nothing but another name for a part, the name of the part will do.
                if let ComponentEntityType::Type { referenced, .. } = ty
                    && self.named_by(import.input, None, referenced).is_some_and(|part| part != source)
                {
                    return;
                }
            }
        }
        self.sources.insert(source);
    }

    /// Adds what an export needs, as far as it is `wanted`.
    fn needs(&mut self, export: ExportOf, wanted: fn(Source) -> bool) {
        let item = *self.inputs[export.input].exports[export.export].ty();
        for id in mentions::required(self.types, &item) {
            match self.named_by(export.input, Some(export.export), id) {
                Some(source) if wanted(source) => self.add(source),
                // An earlier export of the same input may need derived types in turn.
                Some(Source::Export(own)) if own.input == export.input => self.needs(own, wanted),
                _ => {}
            }
        }
    }

    /// What the root has to export for a type of an input to have a name. Exports can mention earlier ones
    /// only: those before `exports`, or none where no export is looked for.
    fn named_by(&self, input: usize, exports: Option<usize>, id: ComponentAnyTypeId) -> Option<Source> {
        let linkee = &self.inputs[input];
        let names = |item: &Extern| mentions::named(self.types, item.ty()).contains(&id);
        let earlier = exports.map_or(&[][..], |end| &linkee.exports[..end]);
        if let Some(own) = earlier.iter().position(names) {
            return Some(Source::Export(ExportOf { input, export: own }));
        }
        let import = ImportOf { input, import: linkee.imports.iter().position(names)? };
        if let Some(provider) = self.links.get(&import) {
            return Some(Source::Export(*provider));
        }
        // Anything else is imported by the root, and imported types have names.
        self.derived.contains(&import).then_some(Source::Derived(import))
    }
}
