//! What guests without a standard library need: an allocator, what happens at a panic, and stacks.
//!
//! The compiler reads and writes the stack pointer by two functions, `__wasm_get_stack_pointer` and `__wasm_set_stack_pointer`. In a
//! component they are `context.get` and `context.set` of slot 0, so each task has a stack pointer of its own, which is 0 when the task
//! begins. wit-component calls [`__wasm_task_hook`] around everything that runs as a task of its own: exported functions, callbacks,
//! `realloc` and destructors. The hook gives each one of a few stacks, and takes it back; then the stack pointer must be where the hook put it.

#![no_std]

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::panic::PanicInfo;

unsafe extern "C" {
    fn __wasm_get_stack_pointer() -> usize;
    fn __wasm_set_stack_pointer(pointer: usize);
}

/// Bytes of one stack.
const SIZE: usize = 16 << 10;
/// Stacks.
const COUNT: usize = 6;

#[repr(C, align(16))]
struct Stacks(UnsafeCell<[[u8; SIZE]; COUNT]>);

// SAFETY: there is one thread.
unsafe impl Sync for Stacks {}

static STACKS: Stacks = Stacks(UnsafeCell::new([[0; SIZE]; COUNT]));

struct Cell(UnsafeCell<u32>);

// SAFETY: there is one thread.
unsafe impl Sync for Cell {}

/// A bit for each stack that is in use.
static USED: Cell = Cell(UnsafeCell::new(0));

/// What wit-component calls when a task begins (even numbers, and 3, where it goes on), and when it ends or waits (the others).
#[unsafe(no_mangle)]
extern "C" fn __wasm_task_hook(kind: u32) {
    let base = STACKS.0.get() as usize;
    // SAFETY: there is one thread; and nothing here needs a stack.
    unsafe {
        let used = *USED.0.get();
        if matches!(kind, 0 | 2 | 3 | 6 | 8 | 12) {
            let stack = used.trailing_ones() as usize;
            if stack >= COUNT {
                core::arch::wasm32::unreachable();
            }
            *USED.0.get() = used | 1 << stack;
            __wasm_set_stack_pointer(base + (stack + 1) * SIZE);
        } else {
            let offset = __wasm_get_stack_pointer().wrapping_sub(base);
            let stack = (offset / SIZE).wrapping_sub(1);
            // It is where it was put, and nobody else has this stack.
            if !offset.is_multiple_of(SIZE) || stack >= COUNT || used & 1 << stack == 0 {
                core::arch::wasm32::unreachable();
            }
            *USED.0.get() = used & !(1 << stack);
        }
    }
}

/// Bytes between the stack pointer and the top of its stack.
pub fn stack_in_use() -> u32 {
    // SAFETY: it reads a number.
    let offset = unsafe { __wasm_get_stack_pointer() } - STACKS.0.get() as usize;
    ((SIZE - offset % SIZE) % SIZE) as u32
}

/// Stacks in use.
pub fn stacks() -> u32 {
    // SAFETY: there is one thread.
    unsafe { *USED.0.get() }.count_ones()
}

/// Bytes of the heap.
const HEAP: usize = 256 << 10;

#[repr(C, align(16))]
struct Bump {
    heap: UnsafeCell<[u8; HEAP]>,
    top: UnsafeCell<usize>,
    live: UnsafeCell<usize>,
}

// SAFETY: there is one thread.
unsafe impl Sync for Bump {}

#[global_allocator]
static ALLOCATOR: Bump = Bump { heap: UnsafeCell::new([0; HEAP]), top: UnsafeCell::new(0), live: UnsafeCell::new(0) };

// SAFETY: what it gives out lies behind everything that it has given out since the heap was empty.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: there is one thread, and the heap has that many bytes.
        unsafe {
            let at = (*self.top.get()).next_multiple_of(layout.align());
            if layout.align() > 16 || at + layout.size() > HEAP {
                return core::ptr::null_mut();
            }
            *self.top.get() = at + layout.size();
            *self.live.get() += 1;
            self.heap.get().cast::<u8>().add(at)
        }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {
        // SAFETY: there is one thread.
        unsafe {
            *self.live.get() -= 1;
            if *self.live.get() == 0 {
                *self.top.get() = 0;
            }
        }
    }
}

/// `realloc` of the canonical ABI.
#[unsafe(no_mangle)]
unsafe extern "C" fn cabi_realloc(old: *mut u8, old_size: usize, align: usize, size: usize) -> *mut u8 {
    // SAFETY: the caller's duties are those of the canonical ABI.
    unsafe {
        let layout = Layout::from_size_align_unchecked(size, align);
        if size == 0 {
            return align as *mut u8;
        }
        let new = ALLOCATOR.alloc(layout);
        if new.is_null() {
            core::arch::wasm32::unreachable();
        }
        if old_size > 0 {
            core::ptr::copy_nonoverlapping(old, new, old_size.min(size));
            ALLOCATOR.dealloc(old, Layout::from_size_align_unchecked(old_size, align));
        }
        new
    }
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// What comparisons of slices call; there is no C library.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(a: *const c_void, b: *const c_void, n: usize) -> i32 {
    let (a, b) = (a.cast::<u8>(), b.cast::<u8>());
    for i in 0..n {
        // SAFETY: the caller's duties are those of C.
        let (x, y) = unsafe { (*a.add(i), *b.add(i)) };
        if x != y {
            return i32::from(x) - i32::from(y);
        }
    }
    0
}
