//! The end of a guest whose arena is full.
//!
//! In: nothing. Out: no return. On wasm32 this is `unreachable`, one instruction. `handle_alloc_error`, which
//! is what a null from the allocator leads to, would bring the formatting of its message into every guest; a panic
//! would bring more, and may not leave an allocator anyway.

/// Traps.
#[cold]
#[cfg(target_arch = "wasm32")]
pub(crate) fn trap() -> ! {
    core::arch::wasm32::unreachable()
}

/// Aborts: a panic that would leave an `extern "C"` function ends the program, without unwinding.
#[cold]
#[cfg(not(target_arch = "wasm32"))]
pub(crate) extern "C" fn trap() -> ! {
    panic!("the arena is exhausted")
}
