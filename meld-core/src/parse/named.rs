//! Types that an import or export gives a name, and the one way in which the validator cannot handle them.
//!
//! In: a component that is about to be instantiated. Out: whether two of its imports name one type, as two imports
//! of one instance type do. That is valid, and wasmparser 0.254 panics at it (`register_type_renamings`), so it
//! has to be refused before the validator sees the instantiation.

use crate::maps::{Map, Set};
use wasmparser::component_types::{ComponentAnyTypeId, ComponentEntityType, ComponentInstanceTypeId, ComponentTypeId};
use wasmparser::types::TypesRef;
use wasmparser::{ComponentInstance, ComponentInstanceSectionReader};

/// Ids of the types that an item gives a name.
pub(crate) fn named(types: TypesRef<'_>, ty: &ComponentEntityType) -> Vec<ComponentAnyTypeId> {
    let mut ids = Vec::new();
    collect_named(types, ty, &mut ids);
    ids
}

fn collect_named(types: TypesRef<'_>, ty: &ComponentEntityType, ids: &mut Vec<ComponentAnyTypeId>) {
    match *ty {
        ComponentEntityType::Type { created, .. } => ids.push(created),
        ComponentEntityType::Instance(id) => {
            for item in types[id].exports.values() {
                collect_named(types, &item.ty, ids);
            }
        }
        _ => {}
    }
}

/// The offset of the first instantiation in `section` that the validator would panic at. What cannot be read is the
/// validator's to refuse. `once` are components that have been found to name no type twice, and gets more.
pub(super) fn named_twice(
    types: TypesRef<'_>,
    section: &ComponentInstanceSectionReader<'_>,
    once: &mut Set<ComponentTypeId>,
) -> Option<u64> {
    for instance in section.clone().into_iter_with_offsets() {
        let Ok((offset, ComponentInstance::Instantiate { component_index, .. })) = instance else { continue };
        if component_index >= types.component_count() {
            continue;
        }
        let component = types.component_at(component_index);
        if once.contains(&component) {
            continue;
        }
        let mut names = Names { types, seen: Set::default(), instances: Map::default() };
        if types[component].imports.values().any(|item| names.add(&item.ty).is_none()) {
            return Some(offset);
        }
        once.insert(component);
    }
    None
}

/// Types that have been named.
struct Names<'t> {
    types: TypesRef<'t>,
    seen: Set<ComponentAnyTypeId>,
    /// Whether there are any in an instance type: one that occurs twice names them twice.
    instances: Map<ComponentInstanceTypeId, bool>,
}

impl Names<'_> {
    /// Adds the types that an item names. Whether there are any; `None` if one has been named before.
    fn add(&mut self, ty: &ComponentEntityType) -> Option<bool> {
        match *ty {
            ComponentEntityType::Type { created, .. } => self.seen.insert(created).then_some(true),
            ComponentEntityType::Instance(id) => {
                if let Some(names) = self.instances.get(&id) {
                    return (!names).then_some(false);
                }
                let types = self.types;
                let mut names = false;
                for item in types[id].exports.values() {
                    names |= self.add(&item.ty)?;
                }
                self.instances.insert(id, names);
                Some(names)
            }
            _ => Some(false),
        }
    }
}
