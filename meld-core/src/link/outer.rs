//! Imports of the root: what no input provides.
//!
//! Inputs that import the same name share one import of the root. Instance types are united: an item
//! that several of them have must be the same in all. Versions are part of the name, so compatible
//! versions stay apart. An import is preceded by those whose types it mentions.

use super::difference;
use super::input::{Extern, Linkee};
use super::matching::{ImportOf, Links};
use super::mentions;
use crate::error::LinkError;
use indexmap::IndexMap;
use std::collections::HashMap;
use wasmparser::component_types::ComponentAnyTypeId;
use wasmparser::types::TypesRef;

/// Imports of the root by name: the imports of inputs that each stands for, at least one.
pub(super) type Outer<'i> = IndexMap<&'i str, Vec<ImportOf>>;

/// Imports of the root, in an order in which they can be written.
pub(super) fn outer<'i>(
    inputs: &'i [Linkee<'_>],
    links: &Links,
    order: &[usize],
    types: TypesRef<'_>,
) -> Result<Outer<'i>, LinkError> {
    let mut groups: Outer<'i> = IndexMap::new();
    for &input in order {
        for (import, item) in inputs[input].imports.iter().enumerate() {
            let import = ImportOf { input, import };
            if !links.contains_key(&import) {
                groups.entry(item.name.as_str()).or_default().push(import);
            }
        }
    }
    for (name, group) in &groups {
        unite(inputs, name, group, types)?;
    }
    let sources: Vec<_> = inputs.iter().map(|linkee| sources(linkee, types)).collect();
    let mut sorted = Outer::new();
    for name in groups.keys() {
        let mut sort = Sort { inputs, links, groups: &groups, sources: &sources, types, sorted: &mut sorted };
        sort.visit(name)?;
    }
    Ok(sorted)
}

/// Checks that the types of the imports in a group agree.
fn unite(inputs: &[Linkee<'_>], name: &str, group: &[ImportOf], types: TypesRef<'_>) -> Result<(), LinkError> {
    for (position, second) in group.iter().enumerate() {
        for first in &group[..position] {
            let side = |import: ImportOf| (inputs[import.input].name, item(inputs, import).ty());
            if let Some(difference) = difference::of_common(side(*first), side(*second), types) {
                return Err(LinkError::ImportsDiffer {
                    import: name.to_owned(),
                    first: inputs[first.input].name.to_owned(),
                    second: inputs[second.input].name.to_owned(),
                    difference,
                });
            }
        }
    }
    Ok(())
}

pub(super) fn item<'i>(inputs: &'i [Linkee<'_>], import: ImportOf) -> &'i Extern {
    &inputs[import.input].imports[import.import]
}

/// Which import of an input names which types; the first one, where several do.
fn sources(linkee: &Linkee<'_>, types: TypesRef<'_>) -> HashMap<ComponentAnyTypeId, usize> {
    let mut sources = HashMap::new();
    for (import, item) in linkee.imports.iter().enumerate() {
        for id in mentions::named(types, item.ty()) {
            sources.entry(id).or_insert(import);
        }
    }
    sources
}

struct Sort<'i, 's> {
    inputs: &'i [Linkee<'i>],
    links: &'s Links,
    groups: &'s Outer<'i>,
    sources: &'s [HashMap<ComponentAnyTypeId, usize>],
    types: TypesRef<'s>,
    sorted: &'s mut Outer<'i>,
}

impl<'i> Sort<'i, '_> {
    /// Adds an import after those that it depends on. An import of a component mentions types of earlier
    /// ones only, but two components may disagree on what is earlier; then this import comes first.
    fn visit(&mut self, name: &'i str) -> Result<(), LinkError> {
        if self.sorted.contains_key(name) {
            return Ok(());
        }
        let group = &self.groups[name];
        for import in group {
            let this = item(self.inputs, *import);
            for id in mentions::mentioned(self.types, this.ty()) {
                let Some(&source) = self.sources[import.input].get(&id) else { continue };
                let source = ImportOf { input: import.input, import: source };
                let from = &item(self.inputs, source).name;
                if let Some(provider) = self.links.get(&source) {
                    if matches!(id, ComponentAnyTypeId::Resource(_)) {
                        return Err(LinkError::ResourceOutside {
                            input: self.inputs[import.input].name.to_owned(),
                            import: this.name.clone(),
                            from: from.clone(),
                            provider: self.inputs[provider.input].name.to_owned(),
                        });
                    }
                } else if source.import < import.import {
                    self.visit(from)?;
                }
            }
        }
        self.sorted.insert(name, group.clone());
        Ok(())
    }
}
