#![no_std]
// The example there is a program, which does not link if nothing provides the import.
#![cfg_attr(not(all(doctest, feature = "extern-arena")), doc = include_str!("../README.md"))]

mod bounded;
mod embedder;
mod trap;

use core::alloc::{GlobalAlloc, Layout};
use core::ptr;

#[cfg(not(feature = "extern-arena"))]
type Source<const BYTES: usize> = bounded::Bounded<BYTES>;
#[cfg(feature = "extern-arena")]
type Source<const BYTES: usize> = embedder::Embedder<embedder::Import>;

/// A global allocator that is bounded: `BYTES` bytes of static memory, or, with the feature `extern-arena`, whatever
/// the embedder gives.
///
/// `BYTES` includes the allocator's own headers: 8 bytes an allocation, which is rounded up to a multiple of 16
/// together with them, and 16 at the end of the arena (on wasm32; twice that where pointers have 64 bits). A
/// request is rounded up by at most an eighth to find its place. It is at least 64, which is checked when the
/// guest is compiled. With `extern-arena` it means nothing.
///
/// When there is no room, [`GlobalAlloc::alloc`] and [`GlobalAlloc::realloc`] trap and never return null.
///
/// # Safety of its use
///
/// An `Arena` stays where it is once something was allocated from it, as a `static` does. One that was moved traps.
pub struct Arena<const BYTES: usize> {
    source: Source<BYTES>,
}

impl<const BYTES: usize> Arena<BYTES> {
    /// An arena of which nothing is allocated. As a static it is all zeros, so it takes no room in the binary.
    pub const fn new() -> Self {
        const { assert!(BYTES >= 64, "an arena needs at least 64 bytes") };
        Self { source: Source::<BYTES>::new() }
    }
}

impl<const BYTES: usize> Default for Arena<BYTES> {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY: what `Source` returns is a block of `layout`, in no other live block and in nothing else's memory; nothing
// here unwinds: what fails traps.
unsafe impl<const BYTES: usize> GlobalAlloc for Arena<BYTES> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match self.source.allocate(layout) {
            Some(block) => block.as_ptr(),
            None => trap::trap(),
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let Some(block) = ptr::NonNull::new(block) else { trap::trap() };
        // SAFETY: the caller says that `block` is a live block of `layout` of this allocator, and ends its use.
        unsafe { self.source.release(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let (Some(block), Ok(new)) = (ptr::NonNull::new(block), Layout::from_size_align(size, layout.align())) else {
            trap::trap()
        };
        // SAFETY: as for `dealloc`; `new` has the alignment of `layout`.
        match unsafe { self.source.resize(block, layout, new) } {
            Some(block) => block.as_ptr(),
            None => trap::trap(),
        }
    }
}
