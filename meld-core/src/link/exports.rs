//! Exports of the root: what no input consumes, and the types that this needs.

use super::input::{Extern, Linkee};
use super::matching::{ImportOf, Links};
use super::mentions;
use super::offers::ExportOf;
use crate::error::LinkError;
use indexmap::{IndexMap, IndexSet};
use std::collections::{HashMap, HashSet};
use wasmparser::component_types::{ComponentAnyTypeId, ComponentEntityType};
use wasmparser::types::TypesRef;

/// Exports of the root by name, in an order in which they can be written: derived types of an input come
/// before the exports of that input, which can mention them only if they have been passed to it.
pub(super) type Exports<'i> = IndexMap<&'i str, ExportSource>;

/// What an export of the root is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum ExportSource {
    /// An export of an input.
    Export(ExportOf),
    /// A type that the root writes down for an import of an input.
    Derived(ImportOf),
}

/// Decides what the root exports.
///
/// What is consumed is exported if it has one of the names `kept`. What is consumed or derived is exported all the same if the types of an exported item mention a type
/// that has a name there and nowhere else: a component cannot export a type without a name.
pub(super) fn exports<'i>(
    inputs: &'i [Linkee<'_>],
    links: &Links,
    kept: &[String],
    derived: &IndexSet<ImportOf>,
    order: &[usize],
    types: TypesRef<'_>,
) -> Result<Exports<'i>, LinkError> {
    let mut consumed: IndexSet<ExportOf> = links.values().copied().collect();
    consumed.retain(|of| !kept.contains(&inputs[of.input].exports[of.export].name));
    for name in kept {
        if !inputs.iter().any(|input| input.exports.iter().any(|export| export.name == *name)) {
            let candidates = consumed.iter().map(|of| inputs[of.input].exports[of.export].name.clone()).collect();
            return Err(LinkError::NothingToKeep { name: name.clone(), candidates });
        }
    }
    let namers = inputs.iter().map(|linkee| Namers::new(linkee, types)).collect();
    let mut collect =
        Collect { inputs, links, derived, types, namers, sources: IndexSet::new(), looked: HashSet::new() };
    for &input in order {
        let exports = (0..inputs[input].exports.len()).map(|export| ExportOf { input, export });
        let exports: Vec<ExportOf> = exports.filter(|export| !consumed.contains(export)).collect();
        for export in &exports {
            collect.needs_derived(*export);
        }
        for export in exports {
            collect.add(ExportSource::Export(export));
        }
    }
    let mut named: Exports<'i> = IndexMap::new();
    for source in collect.sources {
        let (name, input) = match source {
            ExportSource::Export(of) => (&inputs[of.input].exports[of.export].name, of.input),
            ExportSource::Derived(of) => (&inputs[of.input].imports[of.import].name, of.input),
        };
        if let Some(other) = named.insert(name, source) {
            let (ExportSource::Export(ExportOf { input: first, .. })
            | ExportSource::Derived(ImportOf { input: first, .. })) = other;
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
    /// By input.
    namers: Vec<Namers>,
    sources: IndexSet<ExportSource>,
    /// Exports that have been looked through for derived types that they need.
    looked: HashSet<ExportOf>,
}

/// Which import and which export of an input names a type first.
struct Namers {
    imports: HashMap<ComponentAnyTypeId, usize>,
    exports: HashMap<ComponentAnyTypeId, usize>,
}

impl Namers {
    fn new(linkee: &Linkee<'_>, types: TypesRef<'_>) -> Self {
        let first = |items: &[Extern]| {
            let mut first = HashMap::new();
            for (position, item) in items.iter().enumerate() {
                for id in mentions::named(types, item.ty()) {
                    first.entry(id).or_insert(position);
                }
            }
            first
        };
        Namers { imports: first(&linkee.imports), exports: first(&linkee.exports) }
    }
}

impl Collect<'_> {
    /// Adds something after what it needs.
    fn add(&mut self, source: ExportSource) {
        if self.sources.contains(&source) {
            return;
        }
        match source {
            ExportSource::Export(export) => self.needs(export),
            ExportSource::Derived(import) => {
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

    /// Adds what an export needs.
    fn needs(&mut self, export: ExportOf) {
        for id in self.required(export) {
            if let Some(source) = self.named_by(export.input, Some(export.export), id) {
                self.add(source);
            }
        }
    }

    /// Adds derived types that an export needs, or an earlier export of the same input that it needs.
    fn needs_derived(&mut self, export: ExportOf) {
        if !self.looked.insert(export) {
            return;
        }
        for id in self.required(export) {
            match self.named_by(export.input, Some(export.export), id) {
                Some(source @ ExportSource::Derived(_)) => self.add(source),
                Some(ExportSource::Export(own)) if own.input == export.input => self.needs_derived(own),
                _ => {}
            }
        }
    }

    fn required(&self, export: ExportOf) -> IndexSet<ComponentAnyTypeId> {
        mentions::required(self.types, self.inputs[export.input].exports[export.export].ty())
    }

    /// What the root has to export for a type of an input to have a name. Exports can mention earlier ones
    /// only: those before `exports`, or none where no export is looked for.
    fn named_by(&self, input: usize, exports: Option<usize>, id: ComponentAnyTypeId) -> Option<ExportSource> {
        let namers = &self.namers[input];
        let own = namers.exports.get(&id).filter(|own| exports.is_some_and(|end| **own < end));
        if let Some(&export) = own {
            return Some(ExportSource::Export(ExportOf { input, export }));
        }
        let import = ImportOf { input, import: *namers.imports.get(&id)? };
        if let Some(provider) = self.links.get(&import) {
            return Some(ExportSource::Export(*provider));
        }
        // Anything else is imported by the root, and imported types have names.
        self.derived.contains(&import).then_some(ExportSource::Derived(import))
    }
}
