//! Types that an import or export gives a name, and the one way in which the validator cannot bear them.
//!
//! In: a component that is about to be instantiated. Out: whether two of its imports name one type, as two imports
//! of one instance type do. That is valid, and wasmparser 0.254 panics at it (`register_type_renamings`), so it
//! has to be refused before the validator sees the instantiation.

use std::collections::HashSet;
use wasmparser::component_types::{ComponentAnyTypeId, ComponentEntityType};
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
/// validator's to refuse.
pub(super) fn named_twice(types: TypesRef<'_>, section: &ComponentInstanceSectionReader<'_>) -> Option<u64> {
    for instance in section.clone().into_iter_with_offsets() {
        let Ok((offset, ComponentInstance::Instantiate { component_index, .. })) = instance else { continue };
        if component_index >= types.component_count() {
            continue;
        }
        let mut seen = HashSet::new();
        let imports = &types[types.component_at(component_index)].imports;
        if imports.values().flat_map(|item| named(types, &item.ty)).any(|id| !seen.insert(id)) {
            return Some(offset);
        }
    }
    None
}
