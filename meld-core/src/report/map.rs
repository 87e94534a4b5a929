//! The memory map.
//!
//! In: a live module with windows. Out: [`Area`]s by memory and address: every window and region, in it what is known of its parts,
//! the arena, and what is free. For people: nothing is decided by it.

use crate::ids::{Id, MemoryId};
use crate::module::Live;
use crate::module::area::{Area, AreaKind};
use crate::module::consts::ConstValue;
use crate::module::windows::{Window, Windows};
use crate::module::{ModuleKey, PlacedMemory};

/// The map of the one memory, or of the memory of each domain; empty where there are no windows.
pub(crate) fn map(live: &Live<'_>) -> Vec<Area> {
    let (Some(layout), Some(windows)) = (&live.module.layout, &live.module.windows) else { return Vec::new() };
    let several = windows.domains.len() > 1;
    let mut areas: Vec<Area> = Vec::new();
    for (index, memory) in (0..).zip(&layout.memories) {
        let mut of_one = map_of(live, windows, memory, layout.bytes(memory));
        if several {
            for area in &mut of_one {
                area.memory = Some(index);
                area.domain = Some(windows.domains[memory.domain].clone());
            }
        }
        areas.append(&mut of_one);
    }
    areas
}

/// The map of a memory of so many bytes.
fn map_of(live: &Live<'_>, windows: &Windows, memory: &PlacedMemory, bytes: u64) -> Vec<Area> {
    let area =
        |start, end, kind, owner: &str| Area { start, end, kind, owner: owner.to_owned(), memory: None, domain: None };
    let mut areas: Vec<Area> = Vec::new();
    let mut end = 0;
    let mut free = |areas: &mut Vec<Area>, start: u64, until: u64| {
        if end < start {
            areas.push(area(end, start, AreaKind::Free, ""));
        }
        end = until;
    };
    if memory.low > 0 {
        areas.push(area(0, memory.low, AreaKind::Reserved, ""));
        free(&mut areas, 0, memory.low);
    }
    let shared = Some(memory.stack).filter(|(start, end)| start < end);
    let mut shared = shared.map(|(start, end)| area(start, end, AreaKind::SharedStack, ""));
    for region in &memory.regions {
        if let Some(stack) = shared.take_if(|stack| stack.start < region.base + region.freed) {
            free(&mut areas, stack.start, stack.end);
            areas.push(stack);
        }
        let (base, start, end) = (region.base, region.base + region.freed, region.end);
        let padding = Some((base + region.capacity, end)).filter(|(from, to)| from < to);
        let padding = padding.map(|(from, to)| (from, to, AreaKind::Padding));
        let Ok(Window { kind, owner, .. }) = windows.window(region.memory).cloned() else { continue };
        free(&mut areas, start, end);
        areas.push(area(start, end, kind, &owner));
        let padding = padding.map(|(from, to, kind)| area(from, to, kind, &owner));
        if region.runtime {
            areas.extend(padding);
            continue;
        }
        let data = data(live, region.memory);
        let stack = if region.freed > 0 { None } else { stack(live, region.memory, data) };
        let growth = (region.initial < region.capacity).then_some((region.initial, region.capacity));
        let mut parts: Vec<(AreaKind, (u64, u64))> =
            [(AreaKind::Stack, stack), (AreaKind::Data, data), (AreaKind::Growth, growth)]
                .into_iter()
                .filter_map(|(kind, part)| Some((kind, part?)))
                .collect();
        parts.sort_by_key(|(_, part)| *part);
        for (kind, (from, to)) in parts {
            areas.push(area(base + from, base + to, kind, &owner));
        }
        areas.extend(padding);
    }
    if let Some(stack) = shared {
        free(&mut areas, stack.start, stack.end);
        areas.push(stack);
    }
    let (start, until) = memory.arena;
    // One inside is a region.
    let is_region = memory
        .regions
        .iter()
        .any(|region| windows.window(region.memory).is_ok_and(|window| window.kind == AreaKind::Arena));
    if start < until && !is_region {
        free(&mut areas, start, until);
        areas.push(area(start, until, AreaKind::Arena, ""));
    }
    free(&mut areas, bytes, bytes);
    areas
}

/// Where the shadow stack in a memory of the input is, relative to it; `None` where it is not known, or is part of the stack of all.
pub(super) fn own_stack(live: &Live<'_>, memory: MemoryId) -> Option<(u64, u64)> {
    let freed = live.module.layout.iter().flat_map(|layout| layout.regions());
    let freed = freed.filter(|region| region.memory == memory).any(|region| region.freed > 0);
    if freed { None } else { stack(live, memory, data(live, memory)) }
}

/// From the first byte to the last that live active segments write into a memory, relative to it.
fn data(live: &Live<'_>, memory: MemoryId) -> Option<(u64, u64)> {
    let module = &live.module;
    let mut extent: Option<(u64, u64)> = None;
    for id in module.datas.ids().filter(|id| live.marks.datas[id.index()]) {
        let Ok(Some((target, offset))) = module.data_target(id) else { continue };
        let scope = module.datas[id].origin.scope;
        if target == memory
            && let Ok(Some(start)) = module.constant_offset(scope, offset)
        {
            let end = start + module.data(id).data.len() as u64;
            extent = Some(extent.map_or((start, end), |(first, last)| (first.min(start), last.max(end))));
        }
    }
    extent
}

/// The shadow stack of the module that defines a memory: it grows down from the first value of its pointer to the
/// start of the memory or to the end of the data.
fn stack(live: &Live<'_>, memory: MemoryId, data: Option<(u64, u64)>) -> Option<(u64, u64)> {
    let module = &live.module;
    let scope = module.memories[memory].scope;
    if !matches!(module.scopes[scope].module, ModuleKey::Input(_)) {
        return None;
    }
    let pointer = module.named_global(scope, "__stack_pointer")?;
    let Some(ConstValue::I32(top)) = module.global_values.get(pointer.index()).copied().flatten() else { return None };
    let top = u64::from(top.cast_unsigned());
    let bottom = match data {
        Some((first, last)) if top > first => last,
        _ => 0,
    };
    (bottom < top).then_some((bottom, top))
}
