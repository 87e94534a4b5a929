//! The arena against a model: what is live, where, and what it holds.

extern crate std;

use super::Bounded;
use core::alloc::Layout;
use core::ptr::NonNull;
use std::boxed::Box;
use std::vec::Vec;

/// What the headers of TLSF are multiples of: 32 bytes here, 16 on wasm32.
const GRANULE: usize = 4 * size_of::<usize>();

/// xorshift64*: the same sequence for the same seed, everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next()).unwrap() % limit
    }
}

/// A live block and the seed of its contents.
struct Live {
    at: NonNull<u8>,
    layout: Layout,
    seed: u8,
}

impl Live {
    fn byte(seed: u8, index: usize) -> u8 {
        seed.wrapping_add((index % 251) as u8)
    }

    fn fill(at: NonNull<u8>, layout: Layout, seed: u8) -> Self {
        for index in 0..layout.size() {
            // SAFETY: a block of `layout` was just allocated there.
            unsafe { at.add(index).write(Self::byte(seed, index)) };
        }
        Self { at, layout, seed }
    }

    /// Checks the first `len` bytes.
    fn check(&self, len: usize) {
        for index in 0..len {
            // SAFETY: the block is live, and `fill` wrote all of it.
            let found = unsafe { self.at.add(index).read() };
            assert_eq!(found, Self::byte(self.seed, index), "byte {index} of {:?}", self.layout);
        }
    }

    fn start(&self) -> usize {
        self.at.as_ptr() as usize
    }

    fn end(&self) -> usize {
        self.start() + self.layout.size()
    }
}

/// Aligned, inside the arena, and apart from every other block.
fn check_place<const BYTES: usize>(arena: &Bounded<BYTES>, new: &Live, live: &[Live]) {
    let start = arena.bytes.get() as usize;
    assert_eq!(new.start() % new.layout.align(), 0, "{:?} at {:p}", new.layout, new.at);
    assert!(start <= new.start() && new.end() <= start + BYTES, "outside of the arena");
    for other in live {
        assert!(new.end() <= other.start() || other.end() <= new.start(), "overlaps {:?}", other.layout);
    }
}

fn layout(random: &mut Random) -> Layout {
    let size = match random.below(8) {
        0 => random.below(4096),
        1 | 2 => random.below(512),
        _ => random.below(64),
    };
    Layout::from_size_align(size.max(1), 1 << random.below(9)).unwrap()
}

/// The largest block of alignment 1 that can be allocated now.
fn largest<const BYTES: usize>(arena: &Bounded<BYTES>) -> usize {
    let fits = |size: &usize| {
        let layout = Layout::from_size_align(*size, 1).unwrap();
        let block = arena.allocate(layout);
        if let Some(block) = block {
            // SAFETY: it was just allocated.
            unsafe { arena.release(block, layout) };
        }
        block.is_some()
    };
    (0..BYTES).rev().find(fits).unwrap()
}

#[test]
fn random_sequences_agree_with_the_model() {
    let (mut full, mut moved, mut resized) = (0, 0, 0);
    for seed in 1..=40 {
        let arena: Box<Bounded<32768>> = Box::new(Bounded::new());
        let whole = largest(&arena);
        let mut random = Random(seed);
        let mut live: Vec<Live> = Vec::new();
        for step in 0..4000_u32 {
            // Phases of growing and of shrinking, so that it is full and empty again and again.
            let more = if (step / 400) % 2 == 0 { 6 } else { 3 };
            match random.below(10) {
                choice if choice < more => {
                    let layout = layout(&mut random);
                    let Some(at) = arena.allocate(layout) else {
                        full += 1;
                        continue;
                    };
                    let new = Live::fill(at, layout, random.next() as u8);
                    check_place(&arena, &new, &live);
                    live.push(new);
                }
                9 if !live.is_empty() => {
                    let old = live.swap_remove(random.below(live.len()));
                    let size = random.below(2 * old.layout.size()).max(1);
                    let new = Layout::from_size_align(size, old.layout.align()).unwrap();
                    // SAFETY: the block is live and not used unless the call fails.
                    let Some(at) = (unsafe { arena.resize(old.at, old.layout, new) }) else {
                        full += 1;
                        old.check(old.layout.size());
                        live.push(old);
                        continue;
                    };
                    resized += 1;
                    moved += u32::from(at != old.at);
                    let kept = Live { at, layout: new, seed: old.seed };
                    check_place(&arena, &kept, &live);
                    kept.check(size.min(old.layout.size()));
                    live.push(Live::fill(at, new, random.next() as u8));
                }
                _ if !live.is_empty() => {
                    let old = live.swap_remove(random.below(live.len()));
                    old.check(old.layout.size());
                    // SAFETY: the block is live, and not used any more.
                    unsafe { arena.release(old.at, old.layout) };
                }
                _ => {}
            }
        }
        for old in live {
            old.check(old.layout.size());
            // SAFETY: as above.
            unsafe { arena.release(old.at, old.layout) };
        }
        assert_eq!(largest(&arena), whole, "all was freed, and something is missing");
    }
    // The sequences have been everywhere they should.
    assert!(full > 100 && moved > 100 && resized > moved, "{full} refused, {resized} resized, {moved} of them moved");
}

#[test]
fn an_arena_holds_what_its_size_says() {
    const BLOCKS: usize = 100;
    // A granule at the end, and half a granule in front of each block.
    let arena: Bounded<{ (BLOCKS * 4 + 1) * GRANULE }> = Bounded::new();
    let layout = Layout::from_size_align(4 * GRANULE - GRANULE / 2, 8).unwrap();
    let blocks: Vec<_> = (0..BLOCKS).map(|_| arena.allocate(layout).expect("there is room")).collect();
    assert!(arena.allocate(layout).is_none() && arena.allocate(Layout::new::<u8>()).is_none());

    // One freed, one found; the same place, for there is no other.
    // SAFETY: each block is freed once, below.
    unsafe { arena.release(blocks[17], layout) };
    assert_eq!(arena.allocate(layout), Some(blocks[17]));
    assert!(arena.allocate(layout).is_none());

    // Every second one: there is half the arena, and no place for two.
    let double = Layout::from_size_align(2 * layout.size(), 8).unwrap();
    for block in blocks.iter().step_by(2) {
        // SAFETY: as above.
        unsafe { arena.release(*block, layout) };
    }
    assert!(arena.allocate(double).is_none());
    // The others: neighbours were joined, and one block can be nearly everything.
    for block in blocks.iter().skip(1).step_by(2) {
        // SAFETY: as above.
        unsafe { arena.release(*block, layout) };
    }
    let all = BLOCKS * 4 * GRANULE;
    assert!(largest(&arena) > all * 7 / 8, "{} of {all}", largest(&arena));
}

#[test]
fn a_refused_resize_changes_nothing() {
    let arena: Bounded<1024> = Bounded::new();
    let layout = Layout::from_size_align(300, 16).unwrap();
    let live = Live::fill(arena.allocate(layout).unwrap(), layout, 7);
    let rest = Layout::from_size_align(400, 1).unwrap();
    arena.allocate(rest).unwrap();
    let new = Layout::from_size_align(600, 16).unwrap();
    // SAFETY: the block is live, and stays so.
    assert!(unsafe { arena.resize(live.at, layout, new) }.is_none());
    live.check(300);
}

#[test]
fn the_smallest_and_the_largest() {
    let smallest: Bounded<64> = Bounded::new();
    assert!(smallest.allocate(Layout::new::<u8>()).is_some());
    assert!(smallest.allocate(Layout::new::<u8>()).is_none());

    // Above what one block may be, the arena is several.
    static LARGE: Bounded<{ 80 << 20 }> = Bounded::new();
    let layout = Layout::from_size_align(20 << 20, 8).unwrap();
    let blocks = (0..4).filter(|_| LARGE.allocate(layout).is_some()).count();
    assert_eq!(blocks, 2, "two regions of nearly 32 MiB, where a granule has 32 bytes");
}
