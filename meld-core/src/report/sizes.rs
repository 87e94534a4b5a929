//! What each component takes of the output.
//!
//! In: the live module, what was emitted of it, and the map of the one memory. Out: [`ComponentSizes`] for each component instance that has
//! an instance of a core module, in the order of instantiation. What is dropped takes nothing.

use super::functions::{body_sizes, written};
use super::{Area, AreaKind, ComponentSizes, map};
use crate::emit::Emitted;
use crate::ids::{Id, ScopeId};
use crate::maps::Map;
use crate::module::{Live, ModuleKey};
use indexmap::IndexMap;

/// Sizes by component. `owners` are the paths of the component instances that the instances of the input are in, in the order of instantiation.
pub(super) fn sizes<'p>(
    live: &Live<'_>,
    emitted: &Emitted,
    areas: &[Area],
    owners: impl Iterator<Item = &'p str>,
) -> Vec<ComponentSizes> {
    let module = &live.module;
    let mut code: Map<ScopeId, (usize, u64)> = Map::default();
    for (id, bytes) in written(live).zip(body_sizes(&emitted.bytes)) {
        if let Some(origin) = module.origin(id) {
            let (functions, sum) = code.entry(origin.scope).or_default();
            *functions += 1;
            *sum += bytes as u64;
        }
    }
    let mut data: Map<ScopeId, u64> = Map::default();
    for id in module.datas.ids().filter(|id| live.marks.datas[id.index()]) {
        *data.entry(module.datas[id].origin.scope).or_default() += module.data(id).data.len() as u64;
    }
    let mut components: IndexMap<&str, ComponentSizes> = IndexMap::new();
    let guests = module.scopes.iter().filter(|(_, scope)| matches!(scope.module, ModuleKey::Input(_)));
    for ((id, scope), owner) in guests.zip(owners) {
        let parsed = module.module_of(id);
        let sizes = components.entry(owner).or_default();
        sizes.component = owner.to_owned();
        let (functions, bytes) = code.get(&id).copied().unwrap_or_default();
        sizes.functions += functions;
        sizes.code_bytes += bytes;
        sizes.data_bytes += data.get(&id).copied().unwrap_or_default();
        for &memory in scope.memories[parsed.imported.memories as usize..].iter() {
            if live.marks.memories[memory.index()] {
                let ty = module.memory(memory);
                // Of a memory with 64-bit addresses, this may be more than fits.
                let bytes = ty.initial.saturating_mul(1 << ty.page_size_log2.unwrap_or(16));
                sizes.memory_bytes = sizes.memory_bytes.saturating_add(bytes);
                if let Some((bottom, top)) = map::own_stack(live, memory) {
                    *sizes.stack_bytes.get_or_insert_default() += top - bottom;
                }
            }
        }
        for &table in scope.tables[parsed.imported.tables as usize..].iter() {
            if live.marks.tables[table.index()] {
                sizes.table_entries = sizes.table_entries.saturating_add(module.table(table).ty.initial);
            }
        }
    }
    for area in areas.iter().filter(|area| area.kind == AreaKind::Handles) {
        if let Some(sizes) = components.get_mut(area.owner.as_str()) {
            *sizes.handle_bytes.get_or_insert_default() += area.end - area.start;
        }
    }
    components.into_values().collect()
}
