//! Compositions in clusters that nobody would choose: any partition of the component instances that can be instantiated in some order, as
//! components beside each other, fused each by itself. What crosses the seams is handles of resources that one cluster defines and others use,
//! values of every type in every encoding, and calls at start. The result behaves as the input, and as what is fused into one module.
//!
//! A failure prints its seed; `MELD_SEED=<seed> MELD_WORLDS=1` runs it alone.

#[path = "clusters/tasks.rs"]
mod tasks;

use meld_core::Report;
use meld_core::unstable::dfg::StringEncoding;
use meld_core::unstable::keep::in_clusters;
use meld_oracle::core_programs::composition;
use meld_oracle::differential::Fusion;
use meld_oracle::generate::{Link, Random, Shape, chain, func};
use meld_oracle::programs::{World, differ_with, shrunk};
use meld_oracle::wast::{Fuser as Judged, IDENTITY, Status, run_script};
use std::cell::{Cell, RefCell};
use tasks::Composition;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

fn seeds(worlds: u64) -> std::ops::Range<u64> {
    let first = number("MELD_SEED").unwrap_or(1);
    first..first + number("MELD_WORLDS").unwrap_or(worlds)
}

/// The fusion of a composition with random clusters of it as its component, if there are any that are possible.
fn split(bytes: &[u8], seed: u64, random: &mut Random) -> Option<(Fusion, Report)> {
    let fusion = Fusion::new(bytes).unwrap_or_else(|e| panic!("seed {seed} cannot be fused: {e}"));
    for _ in 0..8 {
        let of = RefCell::new(random.clone());
        let partition = |units: usize| {
            let clusters = 2 + of.borrow_mut().below(3);
            (0..units).map(|_| of.borrow_mut().below(clusters)).collect::<Vec<usize>>()
        };
        let clusters = fusion.clusters(&partition).unwrap_or_else(|e| panic!("seed {seed} cannot be split: {e}"));
        *random = of.into_inner();
        if let Some((component, report)) = clusters {
            return Some((fusion.with_component(component), report));
        }
    }
    None
}

#[test]
fn handles() {
    let (mut splits, mut steps, mut kept) = (0, 0, 0);
    for seed in seeds(30) {
        let random = &mut Random::new(seed);
        let world = World::random(random);
        let text = world.text();
        let bytes = wat::parse_str(&text).unwrap_or_else(|e| panic!("seed {seed}: {e}\n{text}"));
        let Some((fusion, report)) = split(&bytes, seed, random) else { continue };
        splits += 1;
        kept += report.kept.len();
        let alone = |k: usize| report.clusters.iter().any(|cluster| cluster.instances == [format!("i{k}")]);
        let exact = |k: usize| alone(k) && world.exact(&fusion.fused().report, k);
        for _ in 0..10 {
            let exact = (0..world.instances.len()).map(exact).collect();
            let (program, _, difference) = differ_with(&world, exact, &fusion, random);
            if let Some(difference) = difference {
                let (program, difference) = shrunk(&fusion, program, difference);
                let steps: String =
                    program.steps.iter().map(|step| format!("{:?} {:?}\n", step.path, step.args)).collect();
                panic!("seed {seed}: {difference:#?}\n{steps}\n{:#?}\n{text}", report.clusters);
            }
            steps += program.steps.len();
        }
    }
    println!("{splits} compositions, {kept} calls between clusters, {steps} steps");
    assert!(number("MELD_WORLDS").is_some() || (splits > 15 && kept > 100 && steps > 1000));
}

#[test]
fn values() {
    const ENCODINGS: [StringEncoding; 3] = [StringEncoding::Utf8, StringEncoding::Utf16, StringEncoding::CompactUtf16];
    let (mut splits, mut compared) = (0, 0);
    for seed in seeds(20) {
        let random = &mut Random::new(seed);
        let funcs: Vec<_> = (0..10).map(|_| func(random, Shape { proposals: true, depth: 2, resources: 0 })).collect();
        let links = [0, 1, 2, 3].map(|i| Link::new(ENCODINGS[(i + seed as usize) % 3], random));
        let bytes = wat::parse_str(chain(&funcs, &links)).expect("the chain is valid text");
        let Some((fusion, _)) = split(&bytes, seed, random) else { continue };
        splits += 1;
        compared += usize::from(fusion.compare(seed, 3).unwrap_or_else(|e| panic!("seed {seed}: {e}")));
    }
    println!("{splits} chains");
    assert!(number("MELD_WORLDS").is_some() || (splits > 8 && compared == splits), "{splits} {compared}");
}

#[test]
fn starts_and_traps() {
    let (mut splits, mut compared) = (0, 0);
    for seed in seeds(40) {
        let random = &mut Random::new(seed);
        let text = composition(random, seed % 2 == 0);
        let bytes = wat::parse_str(&text).unwrap_or_else(|e| panic!("seed {seed}: {e}\n{text}"));
        let Some((fusion, _)) = split(&bytes, seed, random) else { continue };
        splits += 1;
        compared += usize::from(fusion.compare(seed, 6).unwrap_or_else(|e| panic!("seed {seed}: {e}\n{text}")));
    }
    println!("{splits} compositions");
    assert!(number("MELD_WORLDS").is_some() || (splits > 15 && compared == splits), "{splits} {compared}");
}

/// What does not hold of a script.
fn failures(script: &str, fuser: Judged<'_>) -> Vec<String> {
    let report = run_script("tasks", script, fuser);
    let failed = report.entries.iter().filter(|entry| entry.status != Status::Passed);
    failed.map(|entry| format!("{}: {:?}", entry.line, entry.status)).collect()
}

#[test]
fn several_instances_with_tasks() {
    let (mut before, mut after, mut fused) = (0, 0, 0);
    for seed in seeds(40) {
        let random = &mut Random::new(seed);
        let composition = Composition::random(random);
        assert!(composition.with_tasks() > 1);
        let script = composition.script();
        // The harness itself is right.
        assert_eq!(failures(&script, IDENTITY), [""; 0], "seed {seed}, unfused:\n{script}");
        let (modules, crossings) = (Cell::new(0), Cell::new(0));
        let chosen = |bytes: &[u8]| {
            let made = meld_core::Fuser::new().input("input", bytes).fuse_component();
            let made = made.map_err(|error| meld_oracle::error_chain(&error))?;
            modules.set(made.report.fusion.instances_after.unwrap_or_default());
            crossings.set(made.report.fusion.fused_crossings);
            Ok(made.bytes)
        };
        let failed = failures(&script, Judged { fuse: &chosen, in_all_forms: None });
        assert_eq!(failed, [""; 0], "seed {seed}, in clusters:\n{script}");
        // Each by itself, which is the most seams that there can be.
        let apart = |bytes: &[u8]| {
            let inputs = [meld_core::Input::new("input", bytes)];
            let made = in_clusters(&inputs, &meld_core::Options::default(), &|units| (0..units).collect());
            Ok(made.map_err(|error| meld_oracle::error_chain(&error))?.bytes)
        };
        let failed = failures(&script, Judged { fuse: &apart, in_all_forms: None });
        assert_eq!(failed, [""; 0], "seed {seed}, apart:\n{script}");
        before += composition.count();
        after += modules.get();
        fused += crossings.get();
    }
    println!("{before} instances became {after} modules, {fused} calls between them are fused");
    assert!(number("MELD_WORLDS").is_some() || (after < before * 4 / 5 && fused > 60), "{before} {after} {fused}");
}
