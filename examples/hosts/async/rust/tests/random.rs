//! Random asynchronous programs as core modules, in an interpreter, under the host of this package.
//!
//! In: worlds of `meld_oracle::async_programs`, whose results do not depend on the schedule. Out: results and digests are those of the component in
//! wasmtime, or both do not end, or both trap; nothing is left in the table. What is no core module is counted.
//!
//! A failure prints its seed and the composition; `MELD_SEED=<seed> MELD_WORLDS=1` runs it alone, and a larger `MELD_WORLDS` is a longer run.

use async_host::{Error, Functions, Kit, Task, Val};
use meld_core::Fuser;
use meld_oracle::async_programs::{Kinds, Outcome, World, run};
use meld_oracle::concurrent::Fault;
use meld_oracle::generate::Random;
use std::collections::BTreeMap;

/// Seconds that the code of one world may run in wasmtime.
const SECONDS: u64 = 10;

/// Tasks of several instances. Code that blocks keeps the host's other calls out, in this host as in any with one stack.
const WORLDS: Kinds = Kinds { principal: false, ..Kinds::CALLBACKS };

/// Calls the root functions, as the engine does in [`run`].
fn in_host(world: &World, core: &[u8], description: &str) -> Result<Outcome, Error> {
    let mut kit = Kit::new(core, description, Functions::default())?;
    let number = |kit: &Kit, task: Task| match kit.result(task) {
        Some([Val::I32(value)]) => Some(value.cast_unsigned()),
        _ => None,
    };
    let roots: Vec<(String, [u32; 2])> =
        world.roots.iter().enumerate().map(|(r, (_, args))| (format!("r{r}"), *args)).collect();
    let settles = world.settles.map(|_| ("settles".to_owned(), [0, 0]));
    let groups: Vec<Vec<(String, [u32; 2])>> = match world.at_once {
        true => vec![roots],
        false => roots.into_iter().map(|root| vec![root]).collect(),
    };
    let mut results = Vec::new();
    for group in groups.into_iter().chain(settles.map(|call| vec![call])) {
        let call = |(name, args): &(String, [u32; 2])| kit.call(name, &args.map(|arg| Val::I32(arg.cast_signed())));
        let tasks = group.iter().map(call).collect::<Result<Vec<Task>, Error>>()?;
        // Tasks that are left may wait for the next call.
        quiet(&mut kit)?;
        for task in tasks {
            match number(&kit, task) {
                Some(result) => results.push(result),
                None => return Ok(Outcome::Deadlock),
            }
        }
    }
    if !quiet(&mut kit)? {
        return Ok(Outcome::Deadlock);
    }
    let mut digests = Vec::new();
    for k in 0..world.instances.len() {
        let task = kit.call(&format!("d{k}"), &[])?;
        digests.push(number(&kit, task).ok_or_else(|| Error::new("a digest is there at once"))?);
    }
    Ok(Outcome::Ended { results, digests })
}

/// Runs what can run, and says whether all tasks have ended.
fn quiet(kit: &mut Kit) -> Result<bool, Error> {
    match kit.run() {
        Ok(()) => Ok(true),
        Err(error) if error.to_string().contains("deadlock: a task waits") => Ok(false),
        Err(error) => Err(error),
    }
}

#[test]
fn random_programs_do_the_same() {
    let given = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let (first, worlds) = (given("MELD_SEED").unwrap_or(1), given("MELD_WORLDS").unwrap_or(60));
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for seed in first..first + worlds {
        let world = World::random(&mut Random::named(seed, "core", 0), &WORLDS);
        let text = world.text();
        let input = wat::parse_str(&text).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{text}"));
        let mut fuser = Fuser::new();
        let Ok(fused) = fuser.input("world", &input).fuse() else {
            *counts.entry("no core module").or_default() += 1;
            continue;
        };
        let expected = match run(&world, &input, SECONDS) {
            Err(Fault::Engine(_)) => continue,
            expected => expected.unwrap_or_else(|fault| panic!("seed {seed}: {fault}\n{text}")),
        };
        let found = in_host(&world, &fused.core, &fused.description.to_json());
        let what = match (&expected, &found) {
            // Engines have words of their own for a trap.
            (Outcome::Trap(_), Err(_)) => "trap",
            (Outcome::Deadlock, Ok(Outcome::Deadlock)) => "deadlock",
            (Outcome::Ended { .. }, Ok(found)) if *found == expected => "ended",
            _ => panic!("seed {seed}: {expected:?} in wasmtime, {found:?} here\n{text}"),
        };
        *counts.entry(what).or_default() += 1;
    }
    println!("{counts:#?}");
    if given("MELD_SEED").is_none() && given("MELD_WORLDS").is_none() {
        assert!(["ended", "deadlock", "trap"].iter().all(|what| counts.contains_key(what)), "{counts:#?}");
        assert!(counts["ended"] > 9, "{counts:#?}");
    }
}
