//! Functions whose guest allocates in an arena: inside is the window, and the arena.
//!
//! In: modules of random functions, called with addresses around the ends of the windows and of the arena. Out: each returns what it returns on a machine
//! whose memories have a hole between what is their own and the arena, or traps as it does there, at the same access.

use super::Counts;
use super::fused::fused_with_arena;
use super::generate::{EDGES, Shape, module};
use super::machine::{Code, Machine, Trap};
use meld_oracle::generate::Random;

/// Bytes of the arena.
const ARENA: usize = 512;
/// Functions in a module, and calls of each.
const FUNCTIONS: usize = 100;
const CALLS: usize = 6;

#[test]
fn functions_reach_the_arena_and_nothing_between() {
    let number = |name| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let first = number("MELD_SEED").unwrap_or_default();
    let modules = number("MELD_RANDOM_FUNCTIONS").unwrap_or(1000).div_ceil(FUNCTIONS as u64);
    let (mut counts, mut written) = (Counts::default(), 0);
    for seed in first..first + modules {
        written += usize::from(compare(seed, &mut counts));
    }
    println!("{counts:?}, the arena is written in {written} modules");
    let Counts { calls, out_of_bounds, others, .. } = counts;
    assert!(out_of_bounds * 5 > calls && (out_of_bounds + others) * 10 < calls * 9, "too few of one kind");
    assert!(written as u64 * 2 > modules, "functions do not reach the arena");
}

/// Whether something was written into the arena.
fn compare(seed: u64, counts: &mut Counts) -> bool {
    let random = &mut Random::named(seed, "isolated with an arena", 0);
    let shape =
        Shape { functions: FUNCTIONS, grows: false, atomics: false, throws: false, first: random.below(3) as u32 };
    let input = module(random, shape);
    let (result, bases, arena) =
        fused_with_arena(&input, shape, ARENA as u64).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    let starts: Vec<u64> = bases.iter().map(|base| (arena - base) as u64).collect();
    let input = Code::new(&input, None, false).with_arena(ARENA, starts.clone());
    let result = Code::new(&result, Some(bases), false);
    let mut machines: Option<(Machine, Machine)> = None;
    let mut written = false;
    for index in 0..FUNCTIONS {
        for _ in 0..CALLS {
            let mut args = [index as i32, 0, 0, 0];
            for arg in &mut args[1..] {
                let start = *random.pick(&starts) as u32;
                *arg = match random.below(6) {
                    0 => random.bits() as i32,
                    1 | 2 => random.pick(&EDGES).cast_signed(),
                    // Around the beginning of the arena, its end, and in it.
                    3 => start.wrapping_add(random.below(40) as u32).wrapping_sub(20).cast_signed(),
                    4 => (start + ARENA as u32 + 10).wrapping_sub(random.below(40) as u32).cast_signed(),
                    _ => (start + random.below(ARENA) as u32).cast_signed(),
                };
            }
            let (unfused, fused) = machines.get_or_insert_with(|| (input.start(), result.start()));
            let (expected, found) = (unfused.call(args), fused.call(args));
            let what = format!("seed {seed}, function {index}, {args:x?}");
            assert_eq!(found, expected, "{what}");
            counts.calls += 1;
            match expected.0 {
                Ok(_) => continue,
                Err(Trap::OutOfBounds) => counts.out_of_bounds += 1,
                Err(_) => counts.others += 1,
            }
            unfused.assert_same(fused, &what);
            unfused.assert_same_arena(fused, arena, &what);
            written |= unfused.has_written_arena();
            machines = None;
        }
    }
    written
}
