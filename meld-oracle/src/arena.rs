//! The contract of an arena's allocator as a table of cases, for every implementation.
//!
//! In: something that allocates by `(old_ptr, old_len, align, new_len) -> ptr` for several guests. Out: nothing, or a panic
//! that names the case. After each step every live block of every guest must hold what was written there last, so
//! that blocks which overlap show, whatever the guests call their addresses.

/// An allocator, and the memory of each guest in which it allocates.
pub trait Arena {
    /// Calls the allocator for a guest. An error is a trap.
    fn realloc(&mut self, guest: usize, old: u32, old_len: u32, align: u32, new_len: u32) -> Result<u32, String>;
    /// Fills `len` bytes at `at` of a guest's memory with `byte`.
    fn fill(&mut self, guest: usize, at: u32, len: u32, byte: u8);
    /// How many of `len` bytes at `at` of a guest's memory are `byte`, from the first on.
    fn count(&mut self, guest: usize, at: u32, len: u32, byte: u8) -> u32;
}

/// A request. Blocks have numbers.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// A new block: number, alignment, length.
    New(usize, u32, u32),
    /// Another length for a block.
    Resize(usize, u32),
    /// A block is given back.
    Free(usize),
    /// No old block and no new one: the alignment is returned.
    Nothing(u32),
    /// A new block that does not fit traps: alignment, length.
    Full(u32, u32),
    /// A block that cannot become so long: number, length.
    CannotGrow(usize, u32),
}

use Step::{CannotGrow, Free, Full, New, Nothing, Resize};

/// Cases for an arena of [`BYTES`] bytes, of which an allocator may use an eighth for itself.
const CASES: &[(&str, &[Step])] = &[
    ("no block at all", &[Nothing(1), Nothing(2), Nothing(4), Nothing(8), Nothing(16), Nothing(1)]),
    (
        "alignments",
        &[New(0, 1, 3), New(1, 2, 6), New(2, 4, 1), New(3, 8, 24), New(4, 16, 16), New(5, 1, 1), New(6, 16, 100)],
    ),
    ("contents survive growth", &[New(0, 4, 10), New(1, 1, 1), Resize(0, 300), Resize(1, 40), Resize(0, 2000)]),
    ("contents survive shrinking", &[New(0, 8, 900), New(1, 8, 64), Resize(0, 17), Resize(1, 1), New(2, 8, 500)]),
    ("the same length", &[New(0, 8, 77), New(1, 8, 77), Resize(0, 77), Resize(1, 77)]),
    (
        "what is given back is there again",
        &[New(0, 8, 3000), Free(0), New(1, 8, 3000), Free(1), New(2, 8, 3000), Free(2)],
    ),
    (
        "pieces become a whole again",
        &[
            New(0, 8, 800),
            New(1, 8, 800),
            New(2, 8, 800),
            New(3, 8, 800),
            Free(1),
            Free(3),
            Free(0),
            Free(2),
            New(4, 8, 3200),
        ],
    ),
    ("a hole is used", &[New(0, 8, 1500), New(1, 8, 1500), Free(0), New(2, 8, 1400), Free(2), New(3, 8, 700)]),
    ("shrinking makes room", &[New(0, 8, 3000), Resize(0, 100), New(1, 8, 2500)]),
    ("a resize to nothing is a free", &[New(0, 8, 3000), Free(0), Nothing(8), New(1, 8, 3000)]),
    ("full", &[New(0, 8, 3000), Full(8, 3000)]),
    ("more than there is", &[Full(1, BYTES + 1)]),
    ("more than there could be", &[Full(1, u32::MAX)]),
    ("growth beyond the end", &[New(0, 8, 3000), CannotGrow(0, BYTES + 1)]),
    ("many small ones", &[New(0, 1, 1), New(1, 1, 1), New(2, 1, 1), Free(1), New(3, 1, 1), Free(0), Free(2), Free(3)]),
];

/// Bytes of the arena that the cases are for.
pub const BYTES: u32 = 4096;

/// A live block.
struct Block {
    number: usize,
    guest: usize,
    at: u32,
    len: u32,
    align: u32,
    byte: u8,
}

/// Carries all cases out, each with a fresh arena: with every guest alone, and with the guests taking turns.
pub fn contract(guests: usize, start: &mut dyn FnMut() -> Box<dyn Arena>) {
    for &(name, steps) in CASES {
        for guest in 0..guests {
            run(name, steps, &mut *start(), &|_| guest);
        }
        run(name, steps, &mut *start(), &|number| number % guests);
    }
}

fn run(name: &str, steps: &[Step], arena: &mut dyn Arena, guest_of: &dyn Fn(usize) -> usize) {
    let mut blocks: Vec<Block> = Vec::new();
    for (step, byte) in steps.iter().zip(1..) {
        let at = format!("{name}: {step:?}");
        match *step {
            New(number, align, len) => {
                let guest = guest_of(number);
                // What is said of no old block means nothing.
                let new = arena
                    .realloc(guest, 0x7654_3210_u32.wrapping_mul(byte), 0, align, len)
                    .unwrap_or_else(|e| panic!("{at}: {e}"));
                blocks.push(Block { number, guest, at: new, len, align, byte: byte as u8 });
            }
            Resize(number, len) => {
                let block = find(&mut blocks, number);
                let new = arena.realloc(block.guest, block.at, block.len, block.align, len);
                block.at = new.unwrap_or_else(|e| panic!("{at}: {e}"));
                let kept = block.len.min(len);
                assert_eq!(arena.count(block.guest, block.at, kept, block.byte), kept, "{at}: contents");
                (block.len, block.byte) = (len, byte as u8);
            }
            Free(number) => {
                let block = find(&mut blocks, number);
                let freed = arena.realloc(block.guest, block.at, block.len, block.align, 0);
                freed.unwrap_or_else(|e| panic!("{at}: {e}"));
                blocks.retain(|block| block.number != number);
            }
            Nothing(align) => {
                let found = arena.realloc(guest_of(0), 0, 0, align, 0);
                assert_eq!(found, Ok(align), "{at}");
            }
            Full(align, len) => {
                assert!(arena.realloc(guest_of(0), 0, 0, align, len).is_err(), "{at}: no trap");
                return;
            }
            CannotGrow(number, len) => {
                let block = find(&mut blocks, number);
                assert!(arena.realloc(block.guest, block.at, block.len, block.align, len).is_err(), "{at}: no trap");
                return;
            }
        }
        if let Some(block) = blocks.iter().find(|block| block.byte == byte as u8) {
            assert!(block.at.is_multiple_of(block.align), "{at}: {} is aligned", block.at);
            arena.fill(block.guest, block.at, block.len, block.byte);
        }
        for Block { number, guest, at: start, len, byte, .. } in &blocks {
            assert_eq!(arena.count(*guest, *start, *len, *byte), *len, "{at}: contents of block {number}");
        }
    }
}

fn find(blocks: &mut [Block], number: usize) -> &mut Block {
    blocks.iter_mut().find(|block| block.number == number).expect("a case uses live blocks")
}
