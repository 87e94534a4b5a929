//! The contract as a table: what is asked of an embedder for each request.

extern crate std;

use super::{Contract, Embedder};
use core::alloc::Layout;
use core::cell::RefCell;
use core::ptr::{self, NonNull};
use std::thread_local;
use std::vec::Vec;

type Call = (usize, usize, usize, usize);

thread_local! {
    static CALLS: RefCell<Vec<Call>> = const { RefCell::new(Vec::new()) };
}

/// Notes what it is asked, and answers what a block of the wanted length would have, or null above 1000 bytes.
struct Noting;

// SAFETY: nothing is done with the blocks.
unsafe impl Contract for Noting {
    unsafe fn call(old: *mut u8, old_len: usize, align: usize, new_len: usize) -> *mut u8 {
        CALLS.with_borrow_mut(|calls| calls.push((old as usize, old_len, align, new_len)));
        match new_len {
            0 => ptr::without_provenance_mut(align),
            1..=1000 => ptr::without_provenance_mut(0x1000 + new_len.next_multiple_of(align)),
            _ => ptr::null_mut(),
        }
    }
}

const ARENA: Embedder<Noting> = Embedder::new();

fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).unwrap()
}

/// Runs `request` and returns its answer with the one call that it led to.
fn called<T>(request: impl FnOnce() -> T) -> (T, Call) {
    CALLS.take();
    let answer = request();
    let calls = CALLS.take();
    assert_eq!(calls.len(), 1);
    (answer, calls[0])
}

#[test]
fn requests_are_calls() {
    let block = NonNull::new(ptr::without_provenance_mut::<u8>(0x2000)).unwrap();
    let at = |address: usize| NonNull::new(ptr::without_provenance_mut::<u8>(address));

    for (size, align) in [(1, 1), (24, 8), (1000, 16), (64, 4096)] {
        let (answer, call) = called(|| ARENA.allocate(layout(size, align)));
        assert_eq!((answer, call), (at(0x1000 + size.next_multiple_of(align)), (0, 0, align, size)));
    }
    // No bytes at all: the alignment, which is no place but also not null.
    assert_eq!(called(|| ARENA.allocate(layout(0, 8))), (at(8), (0, 0, 8, 0)));
    assert_eq!(called(|| ARENA.allocate(layout(1001, 8))), (None, (0, 0, 8, 1001)));

    for (old, align, new) in [(8, 4, 16), (16, 4, 8), (16, 4, 16), (1, 1, 1000), (1000, 64, 1)] {
        // SAFETY: `Noting` does nothing with the block.
        let (answer, call) = called(|| unsafe { ARENA.resize(block, layout(old, align), layout(new, align)) });
        assert_eq!((answer, call), (at(0x1000 + new.next_multiple_of(align)), (0x2000, old, align, new)));
    }
    // SAFETY: as above.
    let refused = called(|| unsafe { ARENA.resize(block, layout(8, 4), layout(2000, 4)) });
    assert_eq!(refused, (None, (0x2000, 8, 4, 2000)));

    // SAFETY: as above.
    let ((), call) = called(|| unsafe { ARENA.release(block, layout(24, 8)) });
    assert_eq!(call, (0x2000, 24, 8, 0));
}
