//! Resources that live in an arena instead of each on the heap.

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicU32, Ordering};

use exports::meld::arena_allocated_resources::slots::{Guest, GuestSlot, Slot};

wit_bindgen::generate!({ path: "arena-allocated-resources/world.wit", world: "provider" });

const SIZE: usize = 32;

/// As many places as bits in `USED`.
struct Arena(UnsafeCell<[MaybeUninit<Option<Number>>; SIZE]>);

// SAFETY: a component has one thread.
unsafe impl Sync for Arena {}

static ARENA: Arena = Arena(UnsafeCell::new([const { MaybeUninit::uninit() }; SIZE]));
static USED: AtomicU32 = AtomicU32::new(0);

struct Provider;
struct Number(u64);

impl Guest for Provider {
    type Slot = Number;

    fn used() -> u32 {
        USED.load(Ordering::Relaxed).count_ones()
    }
}

impl GuestSlot for Number {
    unsafe fn resource_into_raw_(value: Option<Number>) -> *mut Option<Number> {
        let used = USED.load(Ordering::Relaxed);
        let free = used.trailing_ones() as usize;
        assert!(free < SIZE);
        USED.store(used | 1 << free, Ordering::Relaxed);
        // SAFETY: the bit says that nobody else has this place.
        unsafe {
            let place = ARENA.0.get().cast::<Option<Number>>().add(free);
            place.write(value);
            place
        }
    }

    unsafe fn resource_from_raw_(place: *mut Option<Number>) -> Option<Number> {
        // SAFETY: `place` came from the function above.
        let index = unsafe { place.offset_from(ARENA.0.get().cast::<Option<Number>>()) };
        USED.fetch_and(!(1 << index), Ordering::Relaxed);
        // SAFETY: as above, and the bit is gone now.
        unsafe { place.read() }
    }

    fn new(n: u64) -> Self {
        Number(n)
    }

    fn get(&self) -> u64 {
        self.0
    }

    fn steal(s: Slot) -> u64 {
        s.into_inner::<Number>().0
    }
}

export!(Provider);
