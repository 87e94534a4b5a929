//! What the guests share: the choice of an allocator. A guest that mentions this crate has it.

#[cfg(feature = "arena")]
#[global_allocator]
static ARENA: meld_guest::Arena<{ 16 * 1024 }> = meld_guest::Arena::new();
