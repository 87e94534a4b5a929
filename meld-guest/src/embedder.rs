//! The arena outside the guest: every request is a call of `env::__cabi_arena_realloc`.
//!
//! In: layouts and blocks, as [`core::alloc::GlobalAlloc`] has them. Out: what the embedder answers.
//!
//! One function does it all, as the canonical ABI's own `realloc` does (`CanonicalABI.md`, "Canonical Options"):
//! `(old_ptr, old_len, align, new_len) -> ptr`. Nothing at `old_ptr` is a new allocation, nothing wanted is a free,
//! both is an empty block, answered by `align`. The contents are kept up to the smaller length, and the answer is a
//! multiple of `align`. An embedder that has no more room traps, in bounded time; a null, which no block can be at,
//! is taken for the same.

#![cfg_attr(not(any(test, feature = "extern-arena")), allow(dead_code))]

use core::alloc::Layout;
use core::marker::PhantomData;
use core::ptr::{self, NonNull};

#[cfg(test)]
mod tests;

/// A function with the contract of `__cabi_arena_realloc`.
///
/// # Safety
///
/// An implementation returns blocks of the wanted length and alignment that overlap with no other live block.
pub(crate) unsafe trait Contract {
    /// Allocates, frees or resizes.
    ///
    /// # Safety
    ///
    /// `old` is a live block of `old_len` bytes, allocated with `align`, or `old_len` is 0. If it was live, only the
    /// result is.
    unsafe fn call(old: *mut u8, old_len: usize, align: usize, new_len: usize) -> *mut u8;
}

/// An arena that is reached by `C`.
pub(crate) struct Embedder<C>(PhantomData<C>);

impl<C: Contract> Embedder<C> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }

    /// A block of `layout`, or `None` for an embedder that answers null.
    pub(crate) fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        // SAFETY: there is no old block.
        NonNull::new(unsafe { C::call(ptr::null_mut(), 0, layout.align(), layout.size()) })
    }

    /// Frees a block.
    ///
    /// # Safety
    ///
    /// `block` is a live block of `layout`; it is live no longer.
    pub(crate) unsafe fn release(&self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: by this function's own condition. What is returned for a block of no bytes means nothing.
        let _ = unsafe { C::call(block.as_ptr(), layout.size(), layout.align(), 0) };
    }

    /// Makes a block one of `new`, perhaps elsewhere, and keeps the contents as far as they fit.
    ///
    /// # Safety
    ///
    /// `block` is a live block of `layout`; if the result is not `None`, only the result is live. `new` has the
    /// alignment of `layout`.
    pub(crate) unsafe fn resize(&self, block: NonNull<u8>, layout: Layout, new: Layout) -> Option<NonNull<u8>> {
        // SAFETY: by this function's own condition.
        NonNull::new(unsafe { C::call(block.as_ptr(), layout.size(), layout.align(), new.size()) })
    }
}

#[cfg(feature = "extern-arena")]
#[link(wasm_import_module = "env")]
unsafe extern "C" {
    fn __cabi_arena_realloc(old: *mut u8, old_len: usize, align: usize, new_len: usize) -> *mut u8;
}

/// The import; outside wasm, the symbol of that name.
#[cfg(feature = "extern-arena")]
pub(crate) struct Import;

// SAFETY: that is the import's contract.
#[cfg(feature = "extern-arena")]
unsafe impl Contract for Import {
    unsafe fn call(old: *mut u8, old_len: usize, align: usize, new_len: usize) -> *mut u8 {
        // SAFETY: by this function's own condition.
        unsafe { __cabi_arena_realloc(old, old_len, align, new_len) }
    }
}
