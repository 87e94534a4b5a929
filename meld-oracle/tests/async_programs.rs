//! Random asynchronous programs, unfused and fused: the same results and digests, the same deadlocks, the same traps.
//!
//! Each kind of world in turn: all kinds of functions in several instances, those without blocking, and one instance that uses tasks beside
//! synchronous ones. The first test looks at the programs alone: with other schedules they give the same, or they could not be compared.
//!
//! Long runs meet bugs of wasmtime's, at which it panics if it has debug assertions. If the input meets one, the world is not judged. The default run
//! meets none.
//!
//! A failure prints its seed and the composition; `MELD_SEED=<seed> MELD_WORLDS=1` runs it alone, and a larger `MELD_WORLDS` is a longer run.

use meld_core::options::{Domain, HandleStorage, Protection};
use meld_core::{FusedComponent, Options};
use meld_oracle::async_programs::{Kinds, Outcome, World, compare, run};
use meld_oracle::concurrent::Fault;
use meld_oracle::differential::shared;
use meld_oracle::error_chain;
use meld_oracle::generate::Random;
use std::collections::BTreeMap;

/// Seconds that the code of one world may run.
const SECONDS: u64 = 10;

/// A part of each world is fused, as a component of its own, and the rest is its host.
const HOSTS: Kinds = Kinds { principal: false, ..Kinds::CALLBACKS };

/// The same with functions that block.
const BLOCKING_HOSTS: Kinds = Kinds { blocking: true, ..HOSTS };

/// Seeds: the first, and how many.
fn seeds(count: u64) -> std::ops::Range<u64> {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let first = number("MELD_SEED").unwrap_or(1);
    first..first + number("MELD_WORLDS").unwrap_or(count)
}

/// Whether the run is the one that everybody makes: it must have done what it is meant to.
fn is_whole() -> bool {
    std::env::var_os("MELD_WORLDS").is_none() && std::env::var_os("MELD_SEED").is_none()
}

fn world(seed: u64) -> (&'static str, World) {
    let (name, kinds) = [("principal", Kinds::PRINCIPAL), ("several", Kinds::ALL), ("callbacks", Kinds::CALLBACKS)]
        [(seed % 3) as usize];
    (name, World::random(&mut Random::named(seed, "async", 0), &kinds))
}

fn bytes(seed: u64, world: &World) -> Vec<u8> {
    let text = world.text();
    wat::parse_str(&text).unwrap_or_else(|e| panic!("seed {seed}: {e}\n{text}"))
}

fn name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Ended { .. } => "ended",
        Outcome::Deadlock => "deadlock",
        Outcome::Trap(_) => "trap",
    }
}

#[test]
fn schedules_do_not_matter() {
    for seed in seeds(12) {
        let (_, world) = world(seed);
        let run =
            |world: &World| run(world, &bytes(seed, world), SECONDS).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        let first = run(&world);
        for count in 0..2 {
            let other = world.jittered(&mut Random::named(seed, "jitter", count));
            assert_eq!(run(&other), first, "seed {seed}:\n{}\nother:\n{}", world.text(), other.text());
        }
    }
}

/// A form of one memory: windows that are checked, or are not and may be anywhere but at address 0, or a memory of its own for the instance of that number; with
/// room for enough tasks of such a world.
fn one_memory(random: &mut Random, apart: usize) -> Options {
    let mut options = shared(0);
    match random.below(4) {
        0 => options.shared().protection = Protection::Isolated,
        1 => options.shared().low_reserve = 16,
        2 => options.shared().domains.push(Domain::new("apart", [format!("i{apart}")])),
        _ => {}
    }
    options.shared().tasks = Some(512);
    options
}

/// In one memory, in which each instance has a window. What cannot be fused is refused there.
#[test]
fn programs_in_one_memory_do_the_same() {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut count = |what: &str| *counts.entry(what.to_owned()).or_default() += 1;
    for seed in seeds(50) {
        let random = &mut Random::named(seed, "one memory", 0);
        let kinds = if random.one_in(4) { Kinds::ALL } else { HOSTS };
        let world = World::random(random, &kinds);
        let options = one_memory(random, 0);
        match compare(&world, &bytes(seed, &world), &options, SECONDS) {
            Ok(Some(compared)) => {
                assert_eq!(compared.fusion.kept_crossings, Some(0), "seed {seed}");
                count("fused");
                count(name(&compared.outcome));
            }
            Ok(None) => {
                println!("seed {seed}: the engine has a bug");
                count("not judged");
            }
            // One instance uses tasks: its window must begin there, and its memory is the host's.
            Err(why) if why.contains("divided into domains") => count("domains"),
            Err(why) if why.contains("room at address 0 is needed") => count("address 0"),
            Err(why) if why.starts_with("refused: ") && why.contains("these cannot share it") => {
                count(
                    why.split("; it cannot be kept").next().and_then(|why| why.rsplit('`').next()).unwrap_or_default(),
                );
            }
            Err(why) => panic!("seed {seed}: {why}\n{}", world.text()),
        }
    }
    println!("{counts:#?}");
    if is_whole() {
        assert!(!counts.contains_key("not judged"), "{counts:#?}");
        assert!(["fused", "ended"].iter().all(|what| counts.get(*what).is_some_and(|n| *n > 6)), "{counts:#?}");
    }
}

/// Compares the worlds of these seeds, unfused and fused; how many there were of each kind, by what of it is fused and by outcome.
fn compared(seeds: std::ops::Range<u64>, world: impl Fn(u64) -> (&'static str, World)) -> BTreeMap<String, usize> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut count = |what: String| *counts.entry(what).or_default() += 1;
    for seed in seeds {
        let (kinds, world) = world(seed);
        let input = bytes(seed, &world);
        let compared = compare(&world, &input, &meld_core::Options::default(), SECONDS);
        let compared = compared.unwrap_or_else(|e| panic!("seed {seed}, {kinds}: {e}\n{}", world.text()));
        let Some(compared) = compared else {
            println!("seed {seed}, {kinds}: the engine has a bug");
            count("not judged".to_owned());
            continue;
        };
        if let Some(why) = &compared.kept {
            count(format!("kept: {}", why.rsplit('`').next().unwrap_or_default()));
        }
        let whole = if compared.fusion.kept_crossings == Some(0) { "fused" } else { "kept" };
        count(format!("{kinds}, {whole}"));
        count(format!("{kinds}, {}", name(&compared.outcome)));
    }
    println!("{counts:#?}");
    counts
}

#[test]
fn fused_programs_do_the_same() {
    let counts = compared(seeds(30), world);
    if is_whole() {
        assert!(!counts.contains_key("not judged"), "{counts:#?}");
        for what in ["principal, fused", "principal, ended", "several, ended", "callbacks, ended"] {
            assert!(counts.get(what).is_some_and(|n| *n > 3), "{what}: {counts:#?}");
        }
        for what in ["deadlock", "trap"] {
            let all: usize = counts.iter().filter(|(key, _)| key.ends_with(what)).map(|(_, n)| n).sum();
            assert!(all > 1, "{what}: {counts:#?}");
        }
    }
}

/// Code yields in the middle of calls, on top of callers that go on and of loops.
#[test]
fn fused_programs_that_yield_do_the_same() {
    let counts =
        compared(seeds(15), |seed| ("yields", World::random(&mut Random::named(seed, "yields", 0), &Kinds::YIELDS)));
    if is_whole() {
        for (what, least) in [("yields, fused", 12), ("yields, ended", 8)] {
            assert!(counts.get(what).is_some_and(|n| *n >= least), "{what}: {counts:#?}");
        }
    }
}

/// Stacks of several instances wait, one on top of the other.
#[test]
fn fused_programs_that_wait_as_one_stack_do_the_same() {
    let counts =
        compared(seeds(15), |seed| ("chain", World::random(&mut Random::named(seed, "chain", 0), &Kinds::CHAIN)));
    if is_whole() {
        for (what, least) in [("chain, fused", 12), ("chain, ended", 8)] {
            assert!(counts.get(what).is_some_and(|n| *n >= least), "{what}: {counts:#?}");
        }
    }
}

/// The other instances of the world are the host: they have functions that the part calls, and call functions of it, with streams and futures of theirs.
#[test]
fn fused_parts_do_the_same_among_the_rest() {
    parts(40, |input, _, random| {
        let mut fuser = meld_core::Fuser::new();
        let storages = [HandleStorage::Memory, HandleStorage::Memory, HandleStorage::Table, HandleStorage::Gc];
        fuser.input("part", input).handle_storage(*random.pick(&storages));
        fuser.fuse_component().map_err(|error| error_chain(&error))
    });
}

/// The same with the part in one memory: the host reads and writes its windows, also when the call that it was given their pointers by is long over.
#[test]
fn parts_in_one_memory_do_the_same_among_the_rest() {
    parts(36, |input, first, random| {
        let mut fuser = meld_core::Fuser::with_options(one_memory(random, first));
        fuser.input("part", input).fuse_component().map_err(|error| error_chain(&error))
    });
}

/// Fuses a part whose first instance has that number.
type Fuse = fn(&[u8], usize, &mut Random) -> Result<FusedComponent, String>;

/// Fuses a part of each world.
fn parts(worlds: u64, fuse: Fuse) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut count = |what: String| *counts.entry(what).or_default() += 1;
    for seed in seeds(worlds) {
        let random = &mut Random::named(seed, "hosts", 0);
        let kinds = if random.one_in(4) { BLOCKING_HOSTS } else { HOSTS };
        let world = World::random(random, &kinds);
        let len = world.instances.len();
        if len < 3 {
            continue;
        }
        let start = random.below(len - 1);
        let part = match (start, start + 2 + random.below(len - start - 1)) {
            (0, end) if end >= len => 1..len,
            (start, end) => start..end.min(len),
        };
        let text = world.part(part.clone());
        let input = wat::parse_str(&text).unwrap_or_else(|e| panic!("seed {seed}: {e}\n{text}"));
        let fused = match fuse(&input, part.start, random) {
            Err(why) if ["room at address 0 is needed", "divided into domains"].iter().any(|of| why.contains(of)) => {
                count("one instance, or pointers that the host keeps".to_owned());
                continue;
            }
            Err(why) if why.contains("the options ask for one memory") => {
                let why = why.split("; it cannot be kept").next().unwrap_or_default();
                count(why.rsplit('`').next().unwrap_or_default().to_owned());
                continue;
            }
            fused => fused.unwrap_or_else(|e| panic!("seed {seed}: {e}\n{text}")),
        };
        let is_whole = fused.report.fusion.kept_crossings == Some(0);
        count(if is_whole { "fused" } else { "kept" }.to_owned());
        if !is_whole {
            let why = fused.report.kept.first().map_or(String::new(), |kept| kept.reason.clone());
            count(why.rsplit('`').next().unwrap_or_default().to_owned());
            continue;
        }
        let around = |form: &str| bytes_of(seed, &world.around(&part, form));
        let form = wasmprinter::print_bytes(&fused.bytes).expect("it is a component");
        let unfused = match run(&world, &around(&text), SECONDS) {
            Err(Fault::Engine(text)) => {
                println!("seed {seed}, {part:?}: {text}");
                count("not judged".to_owned());
                continue;
            }
            unfused => unfused.unwrap_or_else(|e| panic!("seed {seed}, unfused: {e}")),
        };
        let outcome = run(&world, &around(&form), SECONDS)
            .unwrap_or_else(|e| panic!("seed {seed}, {part:?}, fused: {e}\n{}", world.around(&part, &text)));
        assert_eq!(outcome, unfused, "seed {seed}, {part:?}:\n{}", world.around(&part, &text));
        count(name(&outcome).to_owned());
    }
    println!("{counts:#?}");
    if is_whole() {
        assert!(!counts.contains_key("not judged"), "{counts:#?}");
        assert!(["fused", "ended"].iter().all(|what| counts.get(*what).is_some_and(|n| *n > 3)), "{counts:#?}");
    }
}

fn bytes_of(seed: u64, text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|e| panic!("seed {seed}: {e}\n{text}"))
}
