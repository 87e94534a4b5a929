//! Where windows begin.
//!
//! In: windows, and what is live. Out: a [`MemoryLayout`]: one region for each live memory, and the arena above
//! them, in the one memory or in that of their domain. In each, the window at address 0 is the one that the plan chose; then come the guests' others, small ones first and
//! equal ones in the order of instantiation, then the regions of runtime modules, that of an arena inside last. Small ones first, because an engine
//! with a guard behind its memories checks no access whose static offset is inside the guard, and checks each
//! beyond it. The shared stack is below all of them, where the first one had its own, if it fits there, and so are regions;
//! otherwise above. Every base is a multiple of 16, so that addresses have
//! the alignment that they have in the guest. The memory ends with the page in which the last region ends.

use crate::error::{MergeError, Remedy, WayOut};
use crate::ids::{DomainId, Id, MemoryId};
use crate::module::area::AreaKind;
use crate::module::reach::Marks;
use crate::module::windows::{Window, Windows};
use crate::module::{MemoryLayout, MergedModule, PlacedMemory, Region};
use std::ops::Range;

/// Bases are multiples of this.
const ALIGN: u64 = 16;
/// Bytes of a page of the one memory.
const PAGE: u64 = 1 << 16;
/// The memory never has the last page of the address space: so an access with an offset that a base cannot be added
/// to is out of bounds, whatever its operand.
const MAX_PAGES: u64 = (1 << 16) - 1;

/// In the order of windows and regions: those of runtime modules come here.
const REGION: u8 = 2;

/// Gives every live memory its place.
pub(super) fn place(module: &mut MergedModule<'_>, marks: &Marks) -> Result<(), MergeError> {
    module.layout = module.windows.as_ref().map(|windows| placed(module, windows, marks)).transpose()?;
    Ok(())
}

fn placed(module: &MergedModule<'_>, windows: &Windows, marks: &Marks) -> Result<MemoryLayout, MergeError> {
    let none = module.memories.len();
    let page_size_log2 = if windows.byte_pages { 0 } else { PAGE.trailing_zeros() };
    let mut layout =
        MemoryLayout { memories: Vec::new(), page_size_log2, bases: vec![None; none], homes: vec![None; none] };
    for domain in windows.domains.ids() {
        let placing = placed_in(module, windows, marks, domain)?;
        let Placing { mut memory, end, .. } = placing;
        // There is no memory of a domain that has nothing in one.
        let arena = windows.arena.is_some_and(|(of, bytes)| of == domain && bytes > 0);
        if windows.domains.len() > 1 && memory.regions.is_empty() && !arena {
            continue;
        }
        for region in &memory.regions {
            let id = region.memory.index();
            // Too large a number was refused.
            layout.bases[id] = Some(u32::try_from(region.base).unwrap_or(u32::MAX));
            layout.homes[id] = Some(layout.memories.len());
        }
        memory.regions.sort_by_key(|region| region.base + region.freed);
        memory.pages = end.div_ceil(1 << page_size_log2);
        if module.needs.open_arena && arena {
            memory.arena.1 = memory.pages << page_size_log2;
        }
        layout.memories.push(memory);
    }
    Ok(layout)
}

fn placed_in<'m, 'd>(
    module: &'m MergedModule<'d>,
    windows: &Windows,
    marks: &Marks,
    domain: DomainId,
) -> Result<Placing<'m, 'd>, MergeError> {
    let mut order = Vec::new();
    for memory in module.memories.ids().filter(|memory| marks.memories[memory.index()]) {
        let window = windows.window(memory)?;
        if window.domain != domain {
            continue;
        }
        let rank = match window {
            Window { zero: true, .. } => 0,
            Window { kind: AreaKind::Arena, .. } => REGION + 1,
            Window { region: true, .. } => REGION,
            _ => 1,
        };
        order.push((rank, window.capacity, memory));
        if !window.region {
            supported(module, memory)?;
        }
    }
    order.sort();
    let guests = order.partition_point(|(rank, _, _)| *rank < REGION);
    let mut placing = Placing::new(module, domain);
    placing.low(windows, marks)?;
    for &(_, _, memory) in &order[..guests] {
        placing.guest(windows.window(memory)?, memory)?;
    }
    if let Some(stack) = &module.stack {
        placing.stack(stack.bytes + stack.below)?;
    }
    for &(rank, _, memory) in &order[guests..] {
        placing.region(windows.window(memory)?, memory, rank == REGION)?;
    }
    if placing.memory.arena == (0, 0) {
        let bytes = windows.arena.filter(|(of, _)| *of == domain).map_or(0, |(_, bytes)| bytes);
        placing.arena(bytes)?;
    }
    Ok(placing)
}

/// The layout of a memory of the result, in the making.
struct Placing<'m, 'd> {
    module: &'m MergedModule<'d>,
    memory: PlacedMemory,
    /// Where what is placed so far ends.
    end: u64,
    /// Room below that: in front of a window whose base would be below 0 if it began any earlier.
    room: Range<u64>,
}

impl<'m, 'd> Placing<'m, 'd> {
    fn new(module: &'m MergedModule<'d>, domain: DomainId) -> Self {
        let memory = PlacedMemory { domain, low: 0, regions: Vec::new(), stack: (0, 0), arena: (0, 0), pages: 0 };
        Self { module, memory, end: 0, room: 0..0 }
    }

    /// Leaves room at address 0: what was asked for, and what the target needs for its tables.
    fn low(&mut self, windows: &Windows, marks: &Marks) -> Result<(), MergeError> {
        let mut elements: u64 = 0;
        for table in self.module.tables.ids().filter(|table| marks.tables[table.index()]) {
            elements = elements.saturating_add(self.module.table(table).ty.initial);
        }
        let tables = elements.saturating_mul(self.module.needs.bytes_per_element.into());
        self.end = windows.low_reserve.max(tables).next_multiple_of(ALIGN);
        self.memory.low = self.end;
        self.check()
    }

    /// Places the window of a guest above all others. Where its own stack was, in front of it, is nothing.
    fn guest(&mut self, window: &Window, memory: MemoryId) -> Result<(), MergeError> {
        let freed = self.module.stack.as_ref().and_then(|stack| stack.freed.get(&memory));
        let freed = freed.copied().unwrap_or_default();
        let base = self.end.next_multiple_of(ALIGN).saturating_sub(freed);
        let start = base + freed;
        if start.saturating_sub(self.end) > self.room.end - self.room.start {
            self.room = self.end..start;
        }
        self.end = base.saturating_add(window.capacity);
        self.add(window, memory, base, freed)
    }

    /// Places the stack: every guest reaches up from its base, and no further down.
    fn stack(&mut self, bytes: u64) -> Result<(), MergeError> {
        let lowest = self.memory.regions.iter().map(|region| region.base).max().unwrap_or_default();
        let lowest = lowest.max(self.room.start);
        self.memory.stack = match self.room.end.checked_sub(bytes).filter(|&start| start >= lowest) {
            Some(start) => (start, std::mem::replace(&mut self.room.end, start)),
            None => self.above(bytes),
        };
        self.check()
    }

    /// Places a region of a runtime module, below if it may be and fits there.
    fn region(&mut self, window: &Window, memory: MemoryId, below: bool) -> Result<(), MergeError> {
        let start = self.room.start.next_multiple_of(ALIGN);
        let base = if below && start.saturating_add(window.capacity) <= self.room.end {
            self.room.start = start + window.capacity;
            start
        } else {
            self.above(window.capacity).0
        };
        if window.kind == AreaKind::Arena {
            self.memory.arena = (base, self.end);
        }
        self.add(window, memory, base, 0)
    }

    /// Places the embedder's arena, of which there may be nothing.
    fn arena(&mut self, bytes: u64) -> Result<(), MergeError> {
        self.memory.arena = if bytes == 0 { (self.end, self.end) } else { self.above(bytes) };
        self.check()
    }

    /// Takes so many bytes above everything.
    fn above(&mut self, bytes: u64) -> (u64, u64) {
        let start = self.end.next_multiple_of(ALIGN);
        self.end = start.saturating_add(bytes);
        (start, self.end)
    }

    fn add(&mut self, window: &Window, memory: MemoryId, base: u64, freed: u64) -> Result<(), MergeError> {
        let (initial, capacity, runtime) = (window.initial, window.capacity, window.region);
        self.memory.regions.push(Region { memory, base, freed, initial, capacity, runtime });
        self.check()
    }

    fn check(&self) -> Result<(), MergeError> {
        if self.end > MAX_PAGES * PAGE { Err(too_large(self.module, &self.memory)) } else { Ok(()) }
    }
}

/// Refuses memories that cannot be windows.
fn supported(module: &MergedModule<'_>, memory: MemoryId) -> Result<(), MergeError> {
    let ty = module.memory(memory);
    let reason = if ty.memory64 {
        "its addresses have 64 bits, and those of the one memory have 32"
    } else if ty.shared {
        "it is shared between threads, and the one memory is not"
    } else {
        return Ok(());
    };
    Err(MergeError::Unsupported {
        item: module.memory_name(memory),
        reason: reason.to_string(),
        way_out: WayOut::separate_memories(),
    })
}

fn too_large(module: &MergedModule<'_>, memory: &PlacedMemory) -> MergeError {
    let mut windows: Vec<String> = Vec::new();
    for region in &memory.regions {
        windows.push(format!("{} has {} bytes", module.memory_name(region.memory), region.capacity));
    }
    MergeError::Unsupported {
        item: "the one memory".to_string(),
        reason: format!("its windows have more than 4 GiB - 64 KiB: {}", windows.join(", ")),
        way_out: WayOut::new(
            "bound the heaps more tightly, or give each instance a memory of its own",
            [Remedy::BoundHeaps, Remedy::SeparateMemories],
        ),
    }
}
