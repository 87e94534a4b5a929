//! Random programs over handles, in the input and fused, in both outputs, with memories apart, in one and in domains, with handle tables in
//! each storage: the same results, traps, destructors in the
//! same order, and the very indices that guests see. Where indices may differ, [`World::exact`] says so.
//!
//! A failure prints its seed, the shortest program that shows it, and the composition; `MELD_SEED=<seed>
//! MELD_WORLDS=1` runs it alone.

use meld_core::options::HandleStorage;
use meld_core::report::Handles;
use meld_oracle::differential::{Fusion, in_domains, shared};
use meld_oracle::generate::Random;
use meld_oracle::programs::{World, differ, shrunk};
use meld_oracle::trap;
use std::collections::BTreeMap;

/// Programs for each world.
const PROGRAMS: u64 = 20;

/// Bytes that a guest may grow its memory by, where all share one: none of them does.
const HEAP: u64 = 1 << 16;

/// Where handle tables are, in turns.
const STORAGES: [HandleStorage; 3] = [HandleStorage::Auto, HandleStorage::Table, HandleStorage::Gc];

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

#[test]
fn programs() {
    let first = number("MELD_SEED").unwrap_or(1);
    let worlds = number("MELD_WORLDS").unwrap_or(70);
    let (mut steps, mut programs) = (0, 0);
    let mut done: BTreeMap<String, usize> = BTreeMap::new();
    let mut count = |what: String| *done.entry(what).or_default() += 1;
    for seed in first..first + worlds {
        let random = &mut Random::new(seed);
        let world = World::random(random);
        let text = world.text();
        let bytes = wat::parse_str(&text).unwrap_or_else(|e| panic!("seed {seed}: {e}\n{text}"));
        let one = seed % 2 == 0;
        let mut options = if one { shared(HEAP) } else { meld_core::Options::default() };
        options.handle_storage = STORAGES[(seed / 2) as usize % STORAGES.len()];
        let with_domains = seed % 4 == 0;
        if with_domains {
            let random = &mut Random::named(seed, "domains", 0);
            options = in_domains(&bytes, &options, random).unwrap_or_else(|e| panic!("seed {seed}: {e}\n{text}"));
        }
        let fusion =
            Fusion::with(&bytes, &options).unwrap_or_else(|e| panic!("seed {seed} cannot be fused: {e}\n{text}"));
        let report = &fusion.fused().report;
        count(format!(
            "worlds, {}",
            match (one, with_domains) {
                (_, true) => "domains",
                (true, false) => "one memory",
                (false, false) => "memories apart",
            }
        ));
        count(format!("worlds, in {}", report.output.private_storage.unwrap_or("none")));
        for resource in &report.resources {
            count(format!("handles {:?}", resource.handles));
        }
        for k in (0..world.instances.len()).filter(|k| !world.instances[*k].knows.is_empty()) {
            let direct = report
                .resources
                .iter()
                .any(|resource| resource.handles == Handles::Host && resource.holders.contains(&format!("i{k}")));
            let exact = if world.exact(report, k) { "exact" } else { "other" };
            count(format!("instances with {exact} indices, {}", if direct { "direct" } else { "tabled" }));
        }
        for _ in 0..PROGRAMS {
            let (program, trapped, difference) = differ(&world, &fusion, random);
            if let Some(difference) = difference {
                let (program, difference) = shrunk(&fusion, program, difference);
                let steps: String =
                    program.steps.iter().map(|step| format!("{:?} {:?}\n", step.path, step.args)).collect();
                panic!("seed {seed}: {difference:#?}\n{steps}\n{text}");
            }
            programs += 1;
            steps += program.steps.len();
            for step in &program.steps {
                let what = format!("{:?}", step.what);
                count(what.split('(').next().expect("a first part").to_owned());
            }
            if let Some(text) = trapped {
                count(format!("trap: {}", trap::cause(&text).trim_end_matches(|c: char| c.is_ascii_digit())));
            }
        }
    }
    println!("{programs} programs, {steps} steps: {done:#?}");
    if number("MELD_WORLDS").is_some() {
        return;
    }
    // What the programs are meant to do, they have done.
    for what in [
        "New", "Rep", "Drop", "HostDrop", "HostMake", "HostTake", "HostSee", "HostList", "Take", "Give", "See", "Pass",
        "Both", "List", "Maybe", "Relay",
    ] {
        assert!(done.get(what).is_some_and(|n| *n > 100), "{what}: {:?}", done.get(what));
    }
    for what in ["unknown handle index", "wrong type", "cannot remove owned resource while borrowed", "borrow handles"]
    {
        let traps: usize =
            done.iter().filter(|(key, _)| key.starts_with("trap:") && key.contains(what)).map(|e| e.1).sum();
        assert!(traps > 5, "{what}: {traps}");
    }
    for what in [
        "instances with exact indices, direct",
        "instances with exact indices, tabled",
        "worlds, one memory",
        "worlds, domains",
        "worlds, in memory",
        "worlds, in region",
        "worlds, in table",
        "worlds, in gc",
    ] {
        assert!(done.get(what).is_some_and(|n| *n > 5), "{what}: {:?}", done.get(what));
    }
}
