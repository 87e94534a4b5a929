//! Blocks of memory, taken until the allocator refuses.

use std::cell::RefCell;

/// Blocks that are never asked for, because the list of them is as long as it will be from the start.
const ROOM: usize = 4096;

thread_local! {
    static BLOCKS: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// Takes blocks of `bytes` bytes, `limit` at most, until there is no memory for another. Returns how many.
pub fn fill(bytes: u32, limit: u32) -> u32 {
    BLOCKS.with_borrow_mut(|blocks| {
        if blocks.capacity() == 0 {
            *blocks = Vec::with_capacity(ROOM);
        }
        for taken in 0..limit {
            let mut block = Vec::new();
            if blocks.len() == ROOM || block.try_reserve_exact(bytes as usize).is_err() {
                return taken;
            }
            block.resize(bytes as usize, blocks.len() as u8);
            blocks.push(block);
        }
        limit
    })
}

/// Frees every second block, then the others. Returns whether all were as they had been written.
pub fn clear() -> bool {
    BLOCKS.with_borrow_mut(|blocks| {
        let whole = |(index, block): (usize, &Vec<u8>)| block.iter().all(|byte| *byte == index as u8);
        let all = blocks.iter().enumerate().all(whole);
        for block in blocks.iter_mut().step_by(2) {
            *block = Vec::new();
        }
        blocks.clear();
        all
    })
}
