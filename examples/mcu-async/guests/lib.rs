//! What the guests share: an allocator with a fixed size. A guest that mentions this crate has it.

#[global_allocator]
static ARENA: meld_guest::Arena<{ 4 * 1024 }> = meld_guest::Arena::new();
