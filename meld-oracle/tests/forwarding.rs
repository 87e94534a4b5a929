//! Every type across every pair of encodings: what the host passes in must come out at the host unchanged.
//!
//! The first two tests prove the harness on what is not fused. The others fuse chains of forwarders. A failure
//! prints its seed; `MELD_SEED=<seed> MELD_CHAINS=1` runs it alone.

use meld_core::Options;
use meld_core::unstable::dfg::StringEncoding;
use meld_oracle::core_host::CoreCode;
use meld_oracle::decoy::with_decoy;
use meld_oracle::differential::{Form, Fusion, in_domains, shared};
use meld_oracle::generate::{
    INTERFACE, Link, Random, Shape, chain, core_forwarder, core_interface, func, func_with_resources, value,
};
use meld_oracle::host::{ComponentCode, Event, Guest};
use meld_oracle::ty::FuncTy;

const ENCODINGS: [StringEncoding; 3] = [StringEncoding::Utf8, StringEncoding::Utf16, StringEncoding::CompactUtf16];

/// Calls each function `rounds` times and checks both directions.
fn check(guest: &mut dyn Guest, funcs: &[FuncTy], random: &mut Random, rounds: usize) -> usize {
    let mut calls = 0;
    for (i, func) in funcs.iter().enumerate() {
        let path = [INTERFACE.to_owned(), format!("f{i}")];
        for _ in 0..rounds {
            let recorder = guest.recorder();
            let mut make = |ty| value(ty, random, &mut |_, _| Some(recorder.fresh())).expect("handles are made up");
            let args: Vec<_> = func.params.iter().map(&mut make).collect();
            let result = func.result.as_ref().map(make);
            guest.recorder().answers.extend(result.clone());
            guest.recorder().trace.clear();
            let found = guest.call(&path, &args);
            let found = found.unwrap_or_else(|trap| panic!("f{i} {func:?}\nof {args:?}\ntraps: {}", trap.0));
            assert_eq!(found, result, "the result of f{i} {func:?}\nof {args:?}");
            let event = Event::Call { function: format!("{INTERFACE}#f{i}"), args, result };
            assert_eq!(guest.recorder().trace, [event], "what the host saw of f{i} {func:?}");
            calls += 1;
        }
    }
    calls
}

fn functions(random: &mut Random, count: usize, proposals: bool) -> Vec<FuncTy> {
    (0..count).map(|_| func(random, Shape { proposals, depth: 2, resources: 0 })).collect()
}

#[test]
fn unfused_chains_forward() {
    for seed in 0..3 {
        let random = &mut Random::new(seed);
        let funcs = functions(random, 12, true);
        let links = [0, 1, 2].map(|i| Link::new(ENCODINGS[(i + seed as usize) % 3], random));
        let bytes = wat::parse_str(chain(&funcs, &links)).expect("the chain is valid text");
        let mut guest = ComponentCode::new(&bytes).and_then(|code| code.start(seed)).expect("the chain starts");
        check(&mut guest, &funcs, random, 4);
    }
}

#[test]
fn the_core_host_keeps_the_canonical_abi() {
    for seed in 100..112 {
        let random = &mut Random::new(seed);
        let funcs = functions(random, 12, true);
        let link = Link::new(ENCODINGS[seed as usize % 3], random);
        let bytes = wat::parse_str(core_forwarder(&funcs, &link)).expect("the module is valid text");
        let interface = core_interface(&funcs, &link);
        let mut guest = CoreCode::new(&bytes, &interface, &[INTERFACE.to_owned()])
            .and_then(|code| code.start(seed))
            .expect("the module starts");
        check(&mut guest, &funcs, random, 8);
    }
}

/// How many chains, and from which seed.
fn seeds(chains: u64) -> std::ops::Range<u64> {
    let number = |name| std::env::var(name).ok().map(|text| text.parse().expect("a number"));
    let first = number("MELD_SEED").unwrap_or(1000);
    first..first + number("MELD_CHAINS").unwrap_or(chains)
}

/// Each link has room for what its allocator never frees.
const HEAP: u64 = 32 << 20;

/// How many memories a core module has.
fn memories(module: &[u8]) -> u32 {
    let sections = wasmparser::Parser::new(0).parse_all(module).map(|payload| payload.expect("the module is valid"));
    let counts = sections.map(|payload| match payload {
        wasmparser::Payload::MemorySection(section) => section.count(),
        _ => 0,
    });
    counts.sum()
}

fn fused_chains_forward(chains: u64, links: usize, proposals: bool) {
    chains_forward(chains, links, proposals, (&Options::default(), false));
}

/// `with_domains`: the links and a neighbour are in two domains or in none, by the seed.
fn chains_forward(chains: u64, links: usize, proposals: bool, (options, with_domains): (&Options, bool)) {
    let mut calls = 0;
    for seed in seeds(chains) {
        let random = &mut Random::new(seed);
        let funcs = functions(random, 10, proposals);
        // The first two links run through all pairs of encodings; any more are as it comes.
        let links: Vec<Link> = (0..links)
            .map(|i| match i {
                0 => ENCODINGS[seed as usize % 3],
                1 => ENCODINGS[seed as usize / 3 % 3],
                _ => *random.pick(&ENCODINGS),
            })
            .collect::<Vec<_>>()
            .into_iter()
            .map(|encoding| Link::new(encoding, random))
            .collect();
        let text = chain(&funcs, &links);
        let bytes = wat::parse_str(&text).expect("the chain is valid text");
        // The seed is all that is needed to see a failure again.
        println!("seed {seed}: {links:?}");
        let bytes = if matches!(options.memory, meld_core::options::MemoryMode::Shared(_)) {
            with_decoy(&bytes).expect("a decoy fits")
        } else {
            bytes
        };
        let options = match with_domains {
            true => &in_domains(&bytes, options, random).unwrap_or_else(|e| panic!("seed {seed} cannot be fused: {e}")),
            false => options,
        };
        let fusion = Fusion::with(&bytes, options).unwrap_or_else(|e| panic!("seed {seed} cannot be fused: {e}"));
        if matches!(options.memory, meld_core::options::MemoryMode::Shared(_)) && !with_domains {
            assert_eq!(memories(&fusion.fused().core), 1, "seed {seed}: memories");
        }
        for form in [Form::Component, Form::Core] {
            println!("seed {seed}: {form:?}");
            let guest = fusion.start(form, seed);
            let mut guest = guest.unwrap_or_else(|trap| panic!("seed {seed}: {form:?} does not start: {trap:?}"));
            calls += check(&mut *guest, &funcs, random, 5);
        }
    }
    println!("{calls} calls");
}

#[test]
fn pairs_forward() {
    fused_chains_forward(36, 2, false);
}

#[test]
fn pairs_forward_proposed_types() {
    fused_chains_forward(9, 2, true);
}

#[test]
fn one_forwards() {
    fused_chains_forward(6, 1, false);
}

#[test]
fn long_chains_forward() {
    fused_chains_forward(6, 5, false);
}

/// No link is at address 0 of the one memory; those at the ends convert pointers where they meet the host.
#[test]
fn chains_forward_in_one_memory() {
    chains_forward(18, 2, false, (&shared(HEAP), false));
    chains_forward(9, 2, true, (&shared(HEAP), false));
    chains_forward(3, 4, false, (&shared(HEAP), false));
}

#[test]
fn chains_forward_in_domains() {
    chains_forward(9, 2, false, (&shared(HEAP), true));
    chains_forward(2, 2, true, (&shared(HEAP), true));
    chains_forward(2, 4, false, (&shared(HEAP), true));
}

/// Handles that own at any depth, and borrows: the host hears of each under its own number again, and every
/// link sees the same handles in all forms.
#[test]
fn handles_forward() {
    handles_forward_in(&Options::default());
}

#[test]
fn handles_forward_in_one_memory() {
    handles_forward_in(&shared(HEAP));
}

fn handles_forward_in(options: &Options) {
    for seed in seeds(12) {
        let random = &mut Random::new(seed);
        let shape = Shape { proposals: false, depth: 2, resources: 2 };
        let funcs: Vec<FuncTy> = (0..8).map(|_| func_with_resources(random, shape)).collect();
        let links: Vec<Link> = (0..1 + random.below(3)).map(|_| Link::new(*random.pick(&ENCODINGS), random)).collect();
        let bytes = wat::parse_str(chain(&funcs, &links)).expect("the chain is valid text");
        println!("seed {seed}");
        let bytes = if matches!(options.memory, meld_core::options::MemoryMode::Shared(_)) {
            with_decoy(&bytes).expect("a decoy fits")
        } else {
            bytes
        };
        let fusion = Fusion::with(&bytes, options).unwrap_or_else(|e| panic!("seed {seed} cannot be fused: {e}"));
        let mut seen = None;
        for form in [Form::Input, Form::Component, Form::Core] {
            println!("seed {seed}: {form:?}");
            let guest = fusion.start(form, seed);
            let mut guest = guest.unwrap_or_else(|trap| panic!("seed {seed}: {form:?} does not start: {trap:?}"));
            check(&mut *guest, &funcs, &mut random.clone(), 5);
            let handles: Vec<_> = (0..links.len())
                .map(|i| guest.call(&[format!("handles{i}")], &[]).unwrap_or_else(|trap| panic!("{}", trap.0)))
                .collect();
            assert_eq!(*seen.get_or_insert_with(|| handles.clone()), handles, "seed {seed}: handles in {form:?}");
        }
    }
}
