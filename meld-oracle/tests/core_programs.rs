//! Random core modules in components, in the input and fused, in both outputs: memories apart; in one memory with `--isolate`,
//! where all traps must be the input's; and in one memory without, for programs that stay inside their memories. What is
//! compared is every result, every trap, every call of the host, and at the end a sum of all memories, tables and globals.
//!
//! A failure prints its seed and the composition; `MELD_SEED=<seed> MELD_WORLDS=1` runs it alone.

use meld_core::Options;
use meld_oracle::core_programs::{HEAP, composition};
use meld_oracle::differential::{Form, Fusion, shared};
use meld_oracle::generate::{Random, value};
use meld_oracle::host::{Event, Guest, NoStart, Trap};
use meld_oracle::trap;
use meld_oracle::value::Value;
use std::collections::BTreeMap;

/// Times that each composition is started.
const RUNS: u64 = 6;

/// Calls in a run, before what sums up.
const CALLS: usize = 12;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

/// A call and what came of it.
struct Call {
    path: Vec<String>,
    args: Vec<Value>,
    outcome: Result<Option<Value>, Trap>,
    /// All that the host has seen by then.
    seen: Vec<Event>,
}

/// What to compare with, made up while it runs.
fn write(guest: &mut dyn Guest, random: &mut Random) -> Vec<Call> {
    let exports = guest.exports().to_vec();
    let (sums, others): (Vec<_>, Vec<_>) = exports.into_iter().partition(|export| export.ty.params.is_empty());
    let mut calls: Vec<Call> = Vec::new();
    for export in (0..CALLS).map(|_| random.pick(&others).clone()).collect::<Vec<_>>().iter().chain(&sums) {
        let mut arg = |ty| value(ty, random, &mut |_, _| None).expect("a number");
        let args: Vec<Value> = export.ty.params.iter().map(&mut arg).collect();
        let outcome = guest.call(&export.path, &args);
        let trapped = outcome.is_err();
        let seen = guest.recorder().trace.clone();
        calls.push(Call { path: export.path.clone(), args, outcome, seen });
        if trapped {
            break;
        }
    }
    calls
}

fn replay(guest: &mut dyn Guest, calls: &[Call]) -> Result<(), String> {
    for (step, Call { path, args, outcome, seen }) in calls.iter().enumerate() {
        let found = guest.call(path, args);
        let same = match (outcome, &found) {
            (Ok(expected), Ok(found)) => expected == found,
            (Err(expected), Err(found)) => expected.is_same(found),
            _ => false,
        };
        if !same {
            return Err(format!("call {step}, {path:?} of {args:?}: expected {outcome:?}, found {found:?}"));
        }
        if guest.recorder().trace != *seen {
            let found = &guest.recorder().trace;
            return Err(format!(
                "call {step}, {path:?} of {args:?}: the host should have seen {seen:?}, and saw {found:?}"
            ));
        }
    }
    Ok(())
}

/// Compares `worlds` compositions, and returns how often what came out of it.
fn compare(worlds: u64, tame: bool, options: &Options) -> BTreeMap<String, usize> {
    let first = number("MELD_SEED").unwrap_or(1);
    let mut done: BTreeMap<String, usize> = BTreeMap::new();
    for seed in first..first + number("MELD_WORLDS").unwrap_or(worlds) {
        let mut count = |what: &str, n| *done.entry(what.to_owned()).or_default() += n;
        let text = composition(&mut Random::new(seed), tame);
        let bytes = wat::parse_str(&text).unwrap_or_else(|e| panic!("seed {seed}: {e}\n{text}"));
        let fused = Fusion::with(&bytes, options);
        let fusion = fused.unwrap_or_else(|e| panic!("seed {seed} cannot be fused: {e}\n{text}"));
        for run in 0..RUNS {
            let fail = |form: Form, why: String| panic!("seed {seed}, run {run}, {form:?}: {why}\n{text}");
            let random = &mut Random::named(seed, "calls", run);
            let expected = match fusion.start(Form::Input, 1) {
                Ok(mut guest) => Ok(write(&mut *guest, random)),
                Err(NoStart::Trap(trap)) => Err(trap),
                Err(NoStart::Unfit(why)) => panic!("seed {seed} does not run: {why}\n{text}"),
            };
            for form in [Form::Component, Form::Core] {
                match (&expected, fusion.start(form, 1)) {
                    (Ok(calls), Ok(mut guest)) => {
                        replay(&mut *guest, calls).unwrap_or_else(|why| fail(form, why));
                    }
                    // Of several segments that trap, another may be the first (ADR 12).
                    (Err(_), Err(NoStart::Trap(_))) => {}
                    (_, found) => fail(form, format!("{:?} at start", found.err())),
                }
            }
            match expected {
                Ok(calls) => {
                    count("runs", 1);
                    count("calls", calls.len());
                    count("calls of the host", calls.last().map_or(0, |call| call.seen.len()));
                    match calls.last() {
                        Some(Call { outcome: Err(trap), .. }) => {
                            count(trap::cause(&trap.0).rsplit(": ").next().expect("a last part"), 1);
                        }
                        _ => count("runs to the end", 1),
                    }
                }
                Err(_) => {
                    count("traps at start", 1);
                    break;
                }
            }
        }
    }
    println!("{done:#?}");
    done
}

/// What the programs are meant to do, they have done.
fn expect(done: &BTreeMap<String, usize>, what: &[(&str, usize)]) {
    if number("MELD_WORLDS").is_none() {
        for (what, least) in what {
            assert!(done.get(*what).is_some_and(|n| n >= least), "{what}: {:?}", done.get(*what));
        }
    }
}

const SOME_OF_ALL: &[(&str, usize)] =
    &[("runs to the end", 20), ("out of bounds memory access", 20), ("calls of the host", 20), ("traps at start", 1)];

#[test]
fn memories_apart() {
    let done = compare(30, false, &Options::default());
    expect(&done, SOME_OF_ALL);
}

#[test]
fn one_memory_isolated() {
    let mut options = shared(HEAP);
    options.shared().protection = meld_core::options::Protection::Isolated;
    let done = compare(30, false, &options);
    expect(&done, SOME_OF_ALL);
}

#[test]
fn one_memory() {
    let done = compare(30, true, &shared(HEAP));
    expect(&done, &[("runs to the end", 40)]);
}
