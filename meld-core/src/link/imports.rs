//! Imports of the root: what no input provides.
//!
//! Inputs that import the same name share one import of the root. Instance types are united: an item
//! that several of them have must be the same in all. Versions are part of the name, so compatible
//! versions stay apart. An import is preceded by those whose types it mentions.
//!
//! An imported type that is made of types which other inputs provide is not an import of the root: there
//! is only one type that it can be, and the root can write that down itself.

use super::difference;
use super::input::{Extern, Linkee};
use super::matching::{ImportOf, Links};
use super::mentions;
use crate::error::LinkError;
use indexmap::{IndexMap, IndexSet};
use std::collections::{HashMap, HashSet};
use wasmparser::component_types::{ComponentAnyTypeId, ComponentDefinedType, ComponentEntityType};
use wasmparser::types::TypesRef;

/// What becomes of the imports that no input provides.
pub(super) struct RootImports<'i> {
    /// Imports of the root by name, in an order in which they can be written: the imports of inputs that
    /// each replaces, at least one.
    pub(super) imports: Groups<'i>,
    /// Types that the root writes down.
    pub(super) derived: IndexSet<ImportOf>,
}

type Groups<'i> = IndexMap<&'i str, Vec<ImportOf>>;

/// Sorts out the imports that are not linked.
pub(super) fn imports<'i>(
    inputs: &'i [Linkee<'_>],
    links: &Links,
    order: &[usize],
    types: TypesRef<'_>,
) -> Result<RootImports<'i>, LinkError> {
    let sources: Vec<_> = inputs.iter().map(|linkee| sources(linkee, types)).collect();
    let mut groups: Groups<'i> = IndexMap::new();
    let mut derived = IndexSet::new();
    for &input in order {
        for (import, item) in inputs[input].imports.iter().enumerate() {
            let import = ImportOf { input, import };
            if links.contains_key(&import) {
                continue;
            }
            let from_inside = |id: &ComponentAnyTypeId| {
                let source = sources[input].get(id).map(|import| ImportOf { input, import: *import });
                source.is_some_and(|s| s != import && (links.contains_key(&s) || derived.contains(&s)))
            };
            let is_type = matches!(item.ty(), ComponentEntityType::Type { .. });
            if is_type && mentions::mentioned(types, item.ty()).iter().any(from_inside) {
                derived.insert(import);
            } else {
                groups.entry(item.name.as_str()).or_default().push(import);
            }
        }
    }
    for (name, group) in &groups {
        unite(inputs, name, group, types)?;
    }
    let mut imports = Groups::new();
    for name in groups.keys() {
        let (groups, sources, derived) = (&groups, &sources, &derived);
        let mut sort = Sort { inputs, links, groups, derived, sources, types, sorted: &mut imports };
        sort.from(name)?;
    }
    Ok(RootImports { imports, derived })
}

/// Checks that the types of the imports in a group agree: each with the first one that has an item which it has. What
/// that does not see, the validator does.
fn unite(inputs: &[Linkee<'_>], name: &str, group: &[ImportOf], types: TypesRef<'_>) -> Result<(), LinkError> {
    let mut firsts: Vec<ImportOf> = Vec::new();
    let mut seen: HashSet<&str> = HashSet::new();
    for second in group {
        for first in &firsts {
            let side = |import: ImportOf| (inputs[import.input].shown, item(inputs, import).ty());
            if let Some(difference) = difference::of_common(side(*first), side(*second), types) {
                return Err(LinkError::ImportsDiffer {
                    import: name.to_owned(),
                    first: inputs[first.input].shown.to_owned(),
                    second: inputs[second.input].shown.to_owned(),
                    difference,
                });
            }
        }
        // One that has nothing new is like those before it.
        let new = match *item(inputs, *second).ty() {
            ComponentEntityType::Instance(id) => {
                types[id].exports.keys().fold(false, |new, name| seen.insert(name) | new)
            }
            _ => firsts.is_empty(),
        };
        if new || firsts.is_empty() {
            firsts.push(*second);
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
    groups: &'s Groups<'i>,
    derived: &'s IndexSet<ImportOf>,
    sources: &'s [HashMap<ComponentAnyTypeId, usize>],
    types: TypesRef<'s>,
    sorted: &'s mut Groups<'i>,
}

impl<'i> Sort<'i, '_> {
    /// Adds an import after those that it depends on. An import of a component mentions types of earlier
    /// ones only, but two components may disagree on what is earlier; then the one that was met first comes last. A list
    /// of what is on the way, not recursion: chains of imports are as long as the inputs like.
    fn from(&mut self, name: &'i str) -> Result<(), LinkError> {
        let mut met: HashSet<&str> = HashSet::new();
        let mut path: Vec<(&'i str, Vec<&'i str>)> = Vec::new();
        let mut next = Some(name);
        loop {
            if let Some(name) = next.take()
                && !self.sorted.contains_key(name)
                && met.insert(name)
            {
                let mut before = self.before(name)?;
                before.reverse();
                path.push((name, before));
            }
            let Some((name, before)) = path.last_mut() else { return Ok(()) };
            if let Some(dependency) = before.pop() {
                next = Some(dependency);
            } else {
                self.sorted.insert(name, self.groups[*name].clone());
                path.pop();
            }
        }
    }

    /// What an import depends on.
    fn before(&self, name: &str) -> Result<Vec<&'i str>, LinkError> {
        let mut before: IndexSet<&'i str> = IndexSet::new();
        for import in &self.groups[name] {
            let this = item(self.inputs, *import);
            for id in mentions::mentioned(self.types, this.ty()) {
                let Some(&source) = self.sources[import.input].get(&id) else { continue };
                let source = ImportOf { input: import.input, import: source };
                if self.links.contains_key(&source) || self.derived.contains(&source) {
                    if self.needs_name(id, this.ty()) {
                        return Err(LinkError::TypeInside {
                            input: self.inputs[import.input].shown.to_owned(),
                            import: this.name.clone(),
                            from: item(self.inputs, source).name.clone(),
                        });
                    }
                } else if source.import < import.import {
                    before.insert(&item(self.inputs, source).name);
                }
            }
        }
        Ok(before.into_iter().collect())
    }

    /// Whether an import of type `ty` can mention a type only if that is imported too. An instance type can
    /// write down the value types that it mentions.
    fn needs_name(&self, id: ComponentAnyTypeId, ty: &ComponentEntityType) -> bool {
        match id {
            ComponentAnyTypeId::Resource(_) => true,
            ComponentAnyTypeId::Defined(id) => {
                let is_func = matches!(ty, ComponentEntityType::Func(_));
                let ty = self.types.get(id).expect("an id is used with the types it belongs to");
                is_func
                    && matches!(
                        ty,
                        ComponentDefinedType::Record(_)
                            | ComponentDefinedType::Variant(_)
                            | ComponentDefinedType::Enum(_)
                            | ComponentDefinedType::Flags(_)
                    )
            }
            _ => false,
        }
    }
}
