//! The arena as the allocator of a whole program, this one: the test harness and its threads included.

#![cfg(not(feature = "extern-arena"))]

use meld_guest::Arena;
use std::collections::{BTreeMap, HashMap};
use std::process::Command;
use std::thread;

#[global_allocator]
static ARENA: Arena<{ 8 << 20 }> = Arena::new();

#[test]
fn collections_strings_and_threads() {
    let threads: Vec<_> = (0..4_u64)
        .map(|seed| {
            thread::spawn(move || {
                let mut words = BTreeMap::new();
                let mut counts: HashMap<String, Vec<u64>> = HashMap::new();
                for round in 0..2000_u64 {
                    let word = format!("{:x}", (round * 7919 + seed) % 257);
                    *words.entry(word.clone()).or_insert(0) += 1;
                    counts.entry(word).or_default().push(round);
                }
                assert_eq!(words.values().sum::<u64>(), 2000);
                assert!(counts.iter().all(|(word, rounds)| words[word] == rounds.len() as u64));
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn zeroed_memory_is_zero_though_it_was_used() {
    for _ in 0..10 {
        drop(vec![0xaa_u8; 100_000]);
        assert!(vec![0_u8; 100_000].iter().all(|byte| *byte == 0));
    }
}

/// Runs `test` of this file in a process of its own, in which `MELD_GUEST_FAILS` is set.
fn dies(test: &str) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env("MELD_GUEST_FAILS", "1")
        .output()
        .unwrap();
    assert!(!output.status.success() && output.status.code().is_none(), "ended by {}", output.status);
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn failing() -> bool {
    std::env::var_os("MELD_GUEST_FAILS").is_some()
}

#[test]
fn a_full_arena_ends_the_program() {
    if failing() {
        let mut kept = Vec::new();
        loop {
            kept.push(vec![1_u8; 1 << 20]);
        }
    }
    let printed = dies("a_full_arena_ends_the_program");
    assert!(printed.contains("the arena is exhausted"), "{printed}");
}

#[test]
fn a_moved_arena_ends_the_program() {
    use std::alloc::{GlobalAlloc, Layout};
    if failing() {
        let arena = Box::new(Arena::<1024>::new());
        // SAFETY: the layout has a size.
        unsafe { arena.alloc(Layout::new::<u64>()) };
        let moved = *arena;
        // SAFETY: as above, were it not moved.
        unsafe { moved.alloc(Layout::new::<u64>()) };
        return;
    }
    dies("a_moved_arena_ends_the_program");
}
