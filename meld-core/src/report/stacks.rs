//! What smaller stacks of guests would save.
//!
//! In: the live module with its layout, and the map. Out: a note for each guest whose stack makes the one memory larger than it has to be:
//! linkers choose the size of a stack, a megabyte for Rust, and only a linker can make it smaller. A window never begins below address
//! 0, so where the stack is no longer used, the room in front of the first window's data stays free
//! ([ADR 63](../../../docs/adr/0063-idle-stacks.md)).

use super::{Area, AreaKind, map};
use crate::module::windows::Windows;
use crate::module::{Live, PlacedMemory, Region};

/// A stack of a guest of its own is worth a note from this size on: what linkers give to C.
const LARGE: u64 = 64 << 10;

/// What such a stack is compared with.
const SMALL: u64 = 8 << 10;

/// The notes, in the order of memories and windows.
pub(super) fn notes(live: &Live<'_>, areas: &[Area]) -> Vec<String> {
    let (Some(layout), Some(windows)) = (&live.module.layout, &live.module.windows) else { return Vec::new() };
    let mut notes = Vec::new();
    for (index, memory) in (0u32..).zip(&layout.memories) {
        let areas = areas.iter().filter(|area| area.memory.is_none_or(|of| of == index));
        let areas: Vec<&Area> = areas.filter(|area| area.kind == AreaKind::Free).collect();
        for region in memory.regions.iter().filter(|region| !region.runtime) {
            notes.extend(note(live, windows, (memory, layout.page_size_log2), region, &areas));
        }
    }
    notes
}

/// The note for a window in a memory, with pages of that size, in which those areas are free.
fn note(
    live: &Live<'_>,
    windows: &Windows,
    (memory, page_size_log2): (&PlacedMemory, u32),
    region: &Region,
    areas: &[&Area],
) -> Option<String> {
    let window = windows.window(region.memory).ok()?;
    let owner = &window.owner;
    if region.freed > 0 {
        let free = free(memory, region, areas);
        let bytes = SMALL.max(region.freed - free);
        let saved = saved(memory, page_size_log2, region.freed.saturating_sub(bytes));
        let others = memory.regions.iter().filter(|other| other.freed > bytes && other.memory != region.memory);
        let others = others.filter(|other| other.base < region.freed.saturating_sub(bytes));
        let others = others.filter_map(|other| windows.window(other.memory).ok());
        let names: Vec<String> = others.map(|window| format!(", `{}`", window.owner)).collect();
        return (saved > 0).then(|| {
            format!(
                "{free} bytes in front of the data of `{owner}` are free: its linker made a stack there, which is not used; if `{owner}`{} \
                 had {}, the memory would have {saved} bytes fewer",
                names.concat(),
                flag(bytes),
            )
        });
    }
    // Others have not asked for a small memory.
    let (bottom, top) = map::own_stack(live, region.memory).filter(|_| windows.pack || windows.byte_pages)?;
    let (bytes, all) = (top - bottom, window.capacity);
    let saved = saved(memory, page_size_log2, bytes.saturating_sub(SMALL));
    (bytes >= LARGE && bytes > all / 2 && saved > 0).then(|| {
        format!(
            "{bytes} of the {all} bytes that the window of `{owner}` has are its stack, whose size its linker chose; with {}, the memory \
             would have {saved} bytes fewer",
            flag(SMALL),
        )
    })
}

/// Bytes between a window in front and the data of this one in which nothing is.
fn free(memory: &PlacedMemory, region: &Region, areas: &[&Area]) -> u64 {
    let data = region.base + region.freed;
    let front = memory.regions.iter().filter(|other| !other.runtime && other.base + other.freed < data);
    let front = front.map(|other| other.base + other.capacity).max().unwrap_or(memory.low);
    let free = areas.iter().filter(|area| area.start >= front && area.end <= data);
    // A stack keeps its alignment.
    free.map(|area| area.end - area.start).sum::<u64>().min(region.freed) & !15
}

/// How to ask a linker for a stack of that size.
fn flag(bytes: u64) -> String {
    format!("a stack of {bytes} bytes (`-C link-arg=-zstack-size={bytes}` for Rust, `-Wl,-z,stack-size={bytes}` for C)")
}

/// How much smaller a memory is if it ends so many bytes earlier. What is free at its end is so already.
fn saved(memory: &PlacedMemory, page_size_log2: u32, bytes: u64) -> u64 {
    let ends = memory.regions.iter().map(|region| region.base + region.capacity);
    // An arena may have been made longer, up to the end of the memory.
    let end = ends.chain([memory.stack.1, memory.arena.1]).max().unwrap_or_default();
    let pages = |end: u64| end.div_ceil(1 << page_size_log2);
    (pages(end) - pages(end.saturating_sub(bytes))) << page_size_log2
}
