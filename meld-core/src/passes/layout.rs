//! Where windows begin.
//!
//! In: windows, and what is live. Out: a [`MemoryLayout`]: one region for each live memory, and the arena above
//! them, in the one memory or in that of their domain. In each, the window at address 0 is the one that the plan chose; then come the guests' others, small ones first and
//! equal ones in the order of instantiation, then the regions of runtime modules, that of an arena inside last. Small ones first, because an engine
//! with a guard behind its memories checks no access whose static offset is inside the guard, and checks each
//! beyond it. The shared stack is below all of them, where the first one had its own, if it fits there, and so are regions;
//! otherwise above. Every base is a multiple of 16, so that addresses have
//! the alignment that they have in the guest. The memory ends with the page in which the last region ends. If that is asked for, everything has the
//! size and the place of a region of a memory protection unit ([`aligned`]).

mod aligned;

use crate::error::{MergeError, Remedy, WayOut};
use crate::ids::{DomainId, Id, MemoryId};
use crate::module::area::AreaKind;
use crate::module::reach::Marks;
use crate::module::windows::{Window, Windows};
use crate::module::{MemoryLayout, MergedModule, PlacedMemory, Region};
use aligned::{Taken, region_size};
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
        let end = if windows.aligned && end > 0 { region_size(end.max(1 << page_size_log2)) } else { end };
        if end > MAX_PAGES * PAGE {
            return Err(too_large(module, &memory));
        }
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
    placing.aligned = windows.aligned.then(Taken::default);
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
    /// If everything is a region of a memory protection unit: what is taken.
    aligned: Option<Taken>,
}

impl<'m, 'd> Placing<'m, 'd> {
    fn new(module: &'m MergedModule<'d>, domain: DomainId) -> Self {
        let memory = PlacedMemory { domain, low: 0, regions: Vec::new(), stack: (0, 0), arena: (0, 0), pages: 0 };
        Self { module, memory, end: 0, room: 0..0, aligned: None }
    }

    /// Leaves room at address 0: what was asked for, and what the target needs for its tables.
    fn low(&mut self, windows: &Windows, marks: &Marks) -> Result<(), MergeError> {
        let mut elements: u64 = 0;
        for table in self.module.tables.ids().filter(|table| marks.tables[table.index()]) {
            elements = elements.saturating_add(self.module.table(table).ty.initial);
        }
        let tables = elements.saturating_mul(self.module.needs.bytes_per_element.into());
        self.end = windows.low_reserve.max(tables).next_multiple_of(ALIGN);
        if let Some(taken) = self.aligned.as_mut().filter(|_| self.end > 0) {
            self.end = taken.lowest(self.end, 0).end;
        }
        self.memory.low = self.end;
        self.check()
    }

    /// Places the window of a guest above all others. Where its own stack was, in front of it, is nothing.
    fn guest(&mut self, window: &Window, memory: MemoryId) -> Result<(), MergeError> {
        let freed = self.module.stack.as_ref().and_then(|stack| stack.freed.get(&memory));
        let freed = freed.copied().unwrap_or_default();
        if let Some(taken) = &mut self.aligned {
            let size = region_size(window.capacity.saturating_sub(freed));
            // The window at address 0 cannot move: what was its stack stays empty, unless it happens to be as large as to be in no one's way.
            let freed = if window.zero && !freed.is_multiple_of(size) { 0 } else { freed };
            let region = match window.zero {
                true => taken.take(freed..freed + region_size(window.capacity.saturating_sub(freed))),
                false => taken.lowest(window.capacity.saturating_sub(freed), freed),
            };
            self.end = taken.end();
            return self.add(window, memory, region.start - freed, freed, region.end);
        }
        let base = self.end.next_multiple_of(ALIGN).saturating_sub(freed);
        let start = base + freed;
        if start.saturating_sub(self.end) > self.room.end - self.room.start {
            self.room = self.end..start;
        }
        self.end = base.saturating_add(window.capacity);
        self.add(window, memory, base, freed, self.end)
    }

    /// Places the stack: every guest reaches up from its base, and no further down.
    fn stack(&mut self, bytes: u64) -> Result<(), MergeError> {
        let lowest = self.memory.regions.iter().map(|region| region.base).max().unwrap_or_default();
        if let Some(taken) = &mut self.aligned {
            let region = taken.lowest(bytes, lowest);
            self.memory.stack = (region.start, region.end);
            self.end = taken.end();
            return self.check();
        }
        let lowest = lowest.max(self.room.start);
        self.memory.stack = match self.room.end.checked_sub(bytes).filter(|&start| start >= lowest) {
            Some(start) => (start, std::mem::replace(&mut self.room.end, start)),
            None => self.above(bytes),
        };
        self.check()
    }

    /// Places a region of a runtime module, below if it may be and fits there.
    fn region(&mut self, window: &Window, memory: MemoryId, below: bool) -> Result<(), MergeError> {
        if let Some(taken) = &mut self.aligned {
            let region = taken.lowest(window.capacity, if below { 0 } else { self.end });
            self.end = taken.end();
            if window.kind == AreaKind::Arena {
                self.memory.arena = (region.start, region.start + window.capacity);
            }
            return self.add(window, memory, region.start, 0, region.end);
        }
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
        self.add(window, memory, base, 0, base.saturating_add(window.capacity))
    }

    /// Places the embedder's arena, of which there may be nothing.
    fn arena(&mut self, bytes: u64) -> Result<(), MergeError> {
        if let Some(taken) = self.aligned.as_mut().filter(|_| bytes > 0) {
            // It is above all windows: a pointer to a block is a number beyond each.
            let region = match self.module.needs.open_arena {
                true => taken.last(bytes),
                false => taken.lowest(bytes, self.end),
            };
            self.memory.arena = (region.start, region.end);
            self.end = taken.end();
            return self.check();
        }
        self.memory.arena = if bytes == 0 { (self.end, self.end) } else { self.above(bytes) };
        self.check()
    }

    /// Takes so many bytes above everything.
    fn above(&mut self, bytes: u64) -> (u64, u64) {
        let start = self.end.next_multiple_of(ALIGN);
        self.end = start.saturating_add(bytes);
        (start, self.end)
    }

    /// `end`: where the next one may begin.
    fn add(&mut self, window: &Window, memory: MemoryId, base: u64, freed: u64, end: u64) -> Result<(), MergeError> {
        let (initial, capacity, runtime) = (window.initial, window.capacity, window.region);
        self.memory.regions.push(Region { memory, base, freed, initial, capacity, end, runtime });
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
