//! The fused module, interpreted by wasmi: what `module.h` promises.
//!
//! In: the module, from the symbol `module_bytes` to `module_bytes_end`; its imports `print` and `__cabi_arena_realloc`. Out: functions
//! for the host in C. The arena is the host's, as with the translators: it works in the linear memory, which has a place that never changes,
//! because the memory cannot grow. What wasmi allocates is in a static array.

#![no_std]

use core::cell::UnsafeCell;
use core::ffi::c_char;
use core::fmt::{Display, Write};
use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering};
use linked_list_allocator::LockedHeap;
use wasmi::{Caller, Config, Engine, Linker, Memory, Module, Store, TypedFunc};

/// Bytes for all that wasmi allocates, the linear memory included.
const HEAP: usize = 256 << 10;

/// Values on the stack of the interpreter, in bytes, and how deep calls may be nested.
const STACK: usize = 16 << 10;
const DEPTH: usize = 100;

unsafe extern "C" {
    static module_bytes: [u8; 0];
    static module_bytes_end: [u8; 0];
    fn host_print(at: u32, len: u32);
    fn arena_realloc(old_ptr: u32, old_len: u32, align: u32, new_len: u32) -> u32;
    fn board_fail(why: *const c_char) -> !;
    fn stack_paint();
    fn stack_check();
}

#[global_allocator]
static ALLOCATOR: LockedHeap = LockedHeap::empty();

/// A static that C runs one function at a time on.
struct Once<T>(UnsafeCell<T>);

// SAFETY: the board has one thread and no interrupts.
unsafe impl<T> Sync for Once<T> {}

static ROOM: Once<[u64; HEAP / 8]> = Once(UnsafeCell::new([0; HEAP / 8]));
static RUNNING: Once<Option<Running>> = Once(UnsafeCell::new(None));
static MEMORY: AtomicPtr<u8> = AtomicPtr::new(core::ptr::null_mut());
static MEMORY_SIZE: AtomicU32 = AtomicU32::new(0);

/// What there is while the program runs.
struct Running {
    store: Store<()>,
    run: TypedFunc<(), ()>,
}

/// Ends the program with a reason.
fn fail(why: impl Display) -> ! {
    struct Text([u8; 200], usize);
    impl Write for Text {
        fn write_str(&mut self, text: &str) -> core::fmt::Result {
            // What does not fit is left out, and the last byte stays 0.
            let room = &mut self.0[self.1..199];
            let len = text.len().min(room.len());
            room[..len].copy_from_slice(&text.as_bytes()[..len]);
            self.1 += len;
            Ok(())
        }
    }
    let mut text = Text([0; 200], 0);
    let _ = write!(text, "{why}");
    // SAFETY: the text ends with 0.
    unsafe { board_fail(text.0.as_ptr().cast()) }
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    fail(info)
}

fn start() -> Result<(Running, Memory), wasmi::Error> {
    let mut config = Config::default();
    config
        .set_max_recursion_depth(DEPTH)
        .set_min_stack_height(STACK)
        .set_max_stack_height(STACK)
        .ignore_custom_sections(true);
    let engine = Engine::new(&config);
    // SAFETY: the bytes are there as long as the program, and `.incbin` has both ends.
    let bytes = unsafe {
        let (start, end) = ((&raw const module_bytes).cast::<u8>(), (&raw const module_bytes_end).cast::<u8>());
        core::slice::from_raw_parts(start, end.offset_from_unsigned(start))
    };
    // SAFETY: the fuser validates what it writes.
    let module = unsafe { Module::new_unchecked(&engine, bytes)? };
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::<()>::new(&engine);
    // SAFETY: they are C functions of these types, and may be called at any time.
    linker.func_wrap("$root", "print", |_: Caller<'_, ()>, at: u32, len: u32| unsafe { host_print(at, len) })?;
    linker.func_wrap(
        "env",
        "__cabi_arena_realloc",
        |_: Caller<'_, ()>, old: u32, old_len: u32, align: u32, len: u32| unsafe {
            arena_realloc(old, old_len, align, len)
        },
    )?;
    let instance = linker.instantiate_and_start(&mut store, &module)?;
    let run = instance.get_typed_func(&store, "run")?;
    let Some(memory) = instance.get_memory(&store, "memory") else { fail("the module has no memory") };
    Ok((Running { store, run }, memory))
}

/// `module_start` of `module.h`.
#[unsafe(no_mangle)]
pub extern "C" fn module_start() {
    // SAFETY: this is called once, before all else.
    unsafe {
        stack_paint();
        ALLOCATOR.lock().init(ROOM.0.get().cast(), HEAP);
    }
    let (mut running, memory) = start().unwrap_or_else(|error| fail(error));
    MEMORY.store(memory.data_ptr(&running.store), Ordering::Relaxed);
    let size = memory.data_size(&mut running.store);
    MEMORY_SIZE.store(u32::try_from(size).unwrap_or_else(|_| fail("the memory is too large")), Ordering::Relaxed);
    // SAFETY: nobody else has it now.
    unsafe { *RUNNING.0.get() = Some(running) };
}

/// `module_run` of `module.h`.
#[unsafe(no_mangle)]
pub extern "C" fn module_run() {
    // SAFETY: what the module calls back does not come here.
    let Some(running) = (unsafe { (*RUNNING.0.get()).as_mut() }) else { fail("the module is not started") };
    if let Err(error) = running.run.call(&mut running.store, ()) {
        fail(error);
    }
    // SAFETY: it reads the stack.
    unsafe { stack_check() };
}

/// `module_memory` of `module.h`.
#[unsafe(no_mangle)]
pub extern "C" fn module_memory() -> *mut u8 {
    MEMORY.load(Ordering::Relaxed)
}

/// `module_memory_size` of `module.h`.
#[unsafe(no_mangle)]
pub extern "C" fn module_memory_size() -> u32 {
    MEMORY_SIZE.load(Ordering::Relaxed)
}
