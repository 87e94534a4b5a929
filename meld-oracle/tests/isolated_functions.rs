//! `--isolate` against a concrete machine: random functions, and every atomic access.
//!
//! In: modules of random functions, each with a memory of its own size on both sides of others, and full of accesses by
//! addresses that are inside and outside. Every access is counted in a memory. Out: fused with `--isolate` into one memory, where a stray access
//! meets a neighbour and no trap, each function returns what it returns unfused, or traps as it does there, at the same access.
//! So an access whose check was left out was inside whenever control came to it.
//!
//! `MELD_RANDOM_FUNCTIONS` says how many functions; without it, a few thousand. `MELD_SEED` says where to begin.

#[path = "isolated_functions/accesses.rs"]
mod accesses;
#[path = "isolated_functions/arena.rs"]
mod arena;
#[path = "isolated_functions/atomics.rs"]
mod atomics;
#[path = "isolated_functions/function.rs"]
mod function;
#[path = "isolated_functions/fused.rs"]
mod fused;
#[path = "isolated_functions/generate.rs"]
mod generate;
#[path = "isolated_functions/integers.rs"]
mod integers;
#[path = "isolated_functions/interpreter.rs"]
mod interpreter;
#[path = "isolated_functions/machine.rs"]
mod machine;

use fused::{checks_and_accesses, fused};
use generate::{EDGES, Shape, module};
use machine::{Code, Machine, Trap};
use meld_oracle::generate::Random;

/// Functions in a module.
const FUNCTIONS: usize = 100;
/// Calls of each.
const CALLS: usize = 3;
/// One in so many modules is compiled.
const COMPILED: u64 = 8;

#[test]
fn functions_trap_where_they_did() {
    let number = |name| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let first = number("MELD_SEED").unwrap_or_default();
    let modules = number("MELD_RANDOM_FUNCTIONS").unwrap_or(8000).div_ceil(FUNCTIONS as u64);
    let mut counts = Counts::default();
    for seed in first..first + modules {
        compare(seed, &mut counts);
    }
    println!("{counts:?}");
    let Counts { calls, out_of_bounds, misaligned, others, accesses, checks } = counts;
    assert!(out_of_bounds * 5 > calls && (out_of_bounds + misaligned + others) * 10 < calls * 9, "too few of one kind");
    assert!(misaligned > 0 && others > 0, "nothing else traps");
    assert!(checks * 10 > accesses && checks * 10 < accesses * 9, "all checks are made, or none");
}

/// What happened.
#[derive(Debug, Default)]
struct Counts {
    calls: usize,
    out_of_bounds: usize,
    misaligned: usize,
    others: usize,
    /// Accesses in the code, and checks of them in the result.
    accesses: usize,
    checks: usize,
}

/// A module's functions, unfused and fused.
fn compare(seed: u64, counts: &mut Counts) {
    let random = &mut Random::named(seed, "isolated", 0);
    // The interpreter knows neither atomics nor exceptions.
    let compile = seed.is_multiple_of(COMPILED);
    let shape = Shape {
        functions: FUNCTIONS,
        grows: random.one_in(2),
        atomics: compile,
        throws: compile && random.one_in(2),
        first: random.below(3) as u32,
    };
    let input = module(random, shape);
    let (result, bases) = fused(&input, shape).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    let (checks, accesses) = checks_and_accesses(&input, &result);
    counts.checks += checks;
    counts.accesses += accesses;
    let (input, result) = (Code::new(&input, None, compile), Code::new(&result, Some(bases), compile));
    let mut machines: Option<(Machine, Machine)> = None;
    for index in 0..FUNCTIONS {
        for _ in 0..CALLS {
            let mut args = [index as i32, 0, 0, 0];
            for arg in &mut args[1..] {
                *arg = if random.one_in(3) { random.bits() as i32 } else { random.pick(&EDGES).cast_signed() };
            }
            let (unfused, fused) = machines.get_or_insert_with(|| (input.start(), result.start()));
            let (expected, found) = (unfused.call(args), fused.call(args));
            assert_eq!(found, expected, "seed {seed}, function {index}, {args:x?}");
            counts.calls += 1;
            match expected.0 {
                Ok(_) => continue,
                Err(Trap::OutOfBounds) => counts.out_of_bounds += 1,
                Err(Trap::Misaligned) => counts.misaligned += 1,
                Err(_) => counts.others += 1,
            }
            // One that has trapped is over: all of what it has written is the same.
            unfused.assert_same(fused, &format!("seed {seed}, function {index}, {args:x?}"));
            machines = None;
        }
    }
    if let Some((unfused, fused)) = &mut machines {
        unfused.assert_same(fused, &format!("seed {seed}, at the end"));
    }
}
