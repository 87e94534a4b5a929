//! What guests share: an allocator that counts.
//!
//! A boundary that forgets to free what it allocated, or frees it twice, still delivers the right values. Guests
//! whose subject is memory therefore install [`Counting`] and compare [`live_bytes`] before and after.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

static LIVE: AtomicUsize = AtomicUsize::new(0);

/// The system's allocator, counting the bytes that are allocated and not freed.
pub struct Counting;

// SAFETY: everything is left to `System`; the count takes no part in what is returned.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's duties are those of `System`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Bytes allocated and not freed, where [`Counting`] is the global allocator.
pub fn live_bytes() -> u32 {
    LIVE.load(Ordering::Relaxed) as u32
}

/// Makes [`Counting`] the allocator of this guest.
#[macro_export]
macro_rules! count_allocations {
    () => {
        #[global_allocator]
        static ALLOCATOR: $crate::Counting = $crate::Counting;
    };
}
