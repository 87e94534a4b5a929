//! The arena inside the guest: a fixed number of bytes in a static, managed by TLSF.
//!
//! In: layouts and blocks, as [`core::alloc::GlobalAlloc`] has them. Out: blocks, or `None` when nothing fits.
//!
//! "Two-level segregated fit" (Masmano, Ripoll, Crespo and Real, 2004) keeps free blocks in lists by size class,
//! finds one that fits by two bit scans, and joins a freed block with its free neighbours at once. So allocating
//! and freeing take a constant number of steps whatever was done before, and reallocating at most copies the block:
//! on a machine without a second to spare this is what *bounded* has to mean. The implementation is the crate
//! `rlsf`; `docs/adr/0020-guest-allocator.md` says what else there was.
//!
//! Everything begins as zeros, so that the static has no bytes in the binary; the arena is given to TLSF when it is
//! first used.

use core::alloc::Layout;
use core::cell::UnsafeCell;
use core::hint;
use core::mem::MaybeUninit;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicBool, Ordering};
use rlsf::Tlsf;

use crate::trap;

#[cfg(test)]
mod tests;

/// Size classes: 20 powers of two from a granule (16 bytes on wasm32) on, in 8 steps each. Blocks are smaller than
/// 16 MiB, and the tables take 664 bytes.
type Tables = Tlsf<'static, u32, u8, 20, 8>;

/// An arena of `BYTES` bytes.
pub(crate) struct Bounded<const BYTES: usize> {
    busy: AtomicBool,
    state: UnsafeCell<State>,
    bytes: UnsafeCell<Bytes<BYTES>>,
}

struct State {
    /// Where the arena was when it was given to `tables`; null before.
    given: *mut u8,
    tables: Tables,
}

/// At a multiple of the largest granule, so that none of it is lost.
#[repr(C, align(32))]
struct Bytes<const BYTES: usize>([MaybeUninit<u8>; BYTES]);

// SAFETY: `state` and `bytes` are reached in `with` only, by one thread at a time.
unsafe impl<const BYTES: usize> Sync for Bounded<BYTES> {}
// SAFETY: nothing in it belongs to a thread. What `given` points to is in the arena itself; see `with` for moving.
unsafe impl<const BYTES: usize> Send for Bounded<BYTES> {}

// With the feature `extern-arena` only the tests use it.
#[cfg_attr(feature = "extern-arena", allow(dead_code))]
impl<const BYTES: usize> Bounded<BYTES> {
    pub(crate) const fn new() -> Self {
        Self {
            busy: AtomicBool::new(false),
            state: UnsafeCell::new(State { given: ptr::null_mut(), tables: Tables::new() }),
            bytes: UnsafeCell::new(Bytes([MaybeUninit::uninit(); BYTES])),
        }
    }

    /// A block of `layout`, or `None` when nothing fits.
    pub(crate) fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        self.with(|tables| tables.allocate(layout))
    }

    /// Frees a block.
    ///
    /// # Safety
    ///
    /// `block` is a live block of this arena, of `layout`; it is live no longer.
    pub(crate) unsafe fn release(&self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: by this function's own condition.
        self.with(|tables| unsafe { tables.deallocate(block, layout.align()) });
    }

    /// Makes a block one of `new`, perhaps elsewhere, and keeps the contents as far as they fit. `None` when nothing
    /// fits: the block is as it was.
    ///
    /// # Safety
    ///
    /// `block` is a live block of this arena, of `layout`; if the result is not `None`, only the result is live.
    /// `new` has the alignment of `layout`.
    pub(crate) unsafe fn resize(&self, block: NonNull<u8>, layout: Layout, new: Layout) -> Option<NonNull<u8>> {
        debug_assert_eq!(layout.align(), new.align());
        // SAFETY: by this function's own condition.
        self.with(|tables| unsafe { tables.reallocate(block, new) })
    }

    /// Calls `then` with the tables, alone.
    ///
    /// A guest without threads never waits here, and the flag is a byte in memory. With threads one spins until the
    /// other is through, which takes as long as one call of the allocator.
    fn with<T>(&self, then: impl FnOnce(&mut Tables) -> T) -> T {
        while self.busy.swap(true, Ordering::Acquire) {
            hint::spin_loop();
        }
        let bytes = self.bytes.get().cast::<u8>();
        // SAFETY: `busy` was not set, so there is no other reference to the state until it is cleared below. `then` is
        // a call of TLSF, which does not come back here.
        let state = unsafe { &mut *self.state.get() };
        if state.given != bytes {
            if !state.given.is_null() {
                // The arena was moved: the tables are about memory that is not ours any more.
                trap::trap();
            }
            state.given = bytes;
            // A cell has an address, and it is not null.
            let Some(all) = NonNull::new(ptr::slice_from_raw_parts_mut(bytes, BYTES)) else { trap::trap() };
            // SAFETY: nothing else uses `bytes`, and the tables live exactly as long. Should both be moved, the check
            // above comes before any use of the tables.
            unsafe { state.tables.insert_free_block_ptr(all) };
        }
        let result = then(&mut state.tables);
        self.busy.store(false, Ordering::Release);
        result
    }
}
