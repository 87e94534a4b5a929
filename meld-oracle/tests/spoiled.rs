//! What a hostile or broken caller passes: lowered values with something wrong in them.
//!
//! A caller passes core values and memory as the test tells it, through two forwarders or none, to the host. The input
//! and both fused forms must agree on whether that traps, of which kind the trap is, on what the host sees if
//! it does not, on what is in the caller's memory then, and on everything that the first forwarder's realloc
//! was asked for, by adapters alone. `MELD_SEED=<seed> MELD_CHAINS=1`
//! runs one seed alone.

use meld_core::Options;
use meld_core::unstable::dfg::StringEncoding;
use meld_oracle::core_host::{Image, flat_count, image};
use meld_oracle::decoy::with_decoy;
use meld_oracle::differential::{self, Form, Fusion, shared};
use meld_oracle::generate::{Link, Random, Shape, func, raw_chain, value};
use meld_oracle::host::{Event, Trap};
use meld_oracle::ty::{FuncTy, Ty};
use meld_oracle::value::Value;

const ENCODINGS: [StringEncoding; 3] = [StringEncoding::Utf8, StringEncoding::Utf16, StringEncoding::CompactUtf16];

/// The room in which allocators grow that never free.
const HEAP: u64 = 4 << 20;

/// Numbers at the edges of what is checked: alignments, ends of memory and of types, surrogates, tags.
const EDGES: [u32; 24] = [
    0,
    1,
    2,
    3,
    4,
    7,
    8,
    0x7f,
    0x80,
    0xff,
    0x100,
    0xd800,
    0xdfff,
    0xfffc,
    0xffff,
    0x1_0000,
    0x1_0001,
    0x10_ffff,
    0x11_0000,
    0x1000_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fff8,
    0xffff_ffff,
];

/// What came of one call.
#[derive(Debug)]
struct Seen {
    outcome: Result<Option<Value>, Trap>,
    trace: Vec<Event>,
    log: Option<Value>,
    /// A hash of the caller's memory.
    memory: Option<Value>,
}

fn run(fusion: &Fusion, form: Form, seed: u64, function: usize, image: &Image) -> Seen {
    let mut guest = fusion.start(form, seed).unwrap_or_else(|e| panic!("{form:?} does not start: {e:?}"));
    let bytes = image.bytes.iter().map(|byte| Value::U8(*byte)).collect();
    let poke = guest.call(&["poke".to_owned()], &[Value::U32(image.base), Value::List(bytes)]);
    poke.unwrap_or_else(|e| panic!("{form:?} cannot be poked: {}", e.0));
    let outcome = guest.call(&[format!("call{function}")], &image.flat);
    let trace = guest.recorder().trace.clone();
    let mut ask = |what: &str| match outcome {
        Ok(_) => guest.call(&[what.to_owned()], &[]).unwrap_or_else(|e| panic!("{form:?} has no {what}: {}", e.0)),
        Err(_) => None,
    };
    let (log, memory) = (ask("log"), ask("hash"));
    Seen { outcome, trace, log, memory }
}

/// Changes something, or nothing.
fn spoil(image: &mut Image, random: &mut Random) {
    for _ in 0..random.below(3) {
        let edge = *random.pick(&EDGES);
        if image.bytes.is_empty() || random.one_in(2) {
            if image.flat.is_empty() {
                continue;
            }
            let at = random.below(image.flat.len());
            let flat = &mut image.flat[at];
            *flat = match flat {
                Value::U32(old) => Value::U32(near(*old, edge, random)),
                Value::U64(old) if random.one_in(2) => Value::U64(*old | (1 << (32 + random.below(32)))),
                Value::U64(old) => Value::U64(u64::from(near(*old as u32, edge, random))),
                Value::F32(_) => Value::F32(f32::from_bits(random.bits() as u32)),
                _ => Value::F64(f64::from_bits(random.bits())),
            };
        } else {
            let at = random.below(image.bytes.len());
            let width = *random.pick(&[1, 1, 2, 4]);
            let old = image.bytes[at..].iter().take(4).rev().fold(0, |old, byte| (old << 8) | u32::from(*byte));
            let new = near(old, edge, random).to_le_bytes();
            for (place, byte) in image.bytes[at..].iter_mut().zip(&new[..width]) {
                *place = *byte;
            }
        }
    }
}

fn near(old: u32, edge: u32, random: &mut Random) -> u32 {
    match random.below(5) {
        0 => old.wrapping_add(1),
        1 => old.wrapping_sub(1),
        2 => old ^ (1 << random.below(32)),
        _ => edge,
    }
}

/// `links`: whether there are any. Without them, the caller's realloc is called by the host. That of a core module
/// allocates strings in other steps, so that other addresses come of it.
fn check(
    fusion: &Fusion,
    seed: u64,
    funcs: &[FuncTy],
    caller: StringEncoding,
    rounds: usize,
    links: bool,
) -> [usize; 2] {
    let random = &mut Random::named(seed, "spoiled", 0);
    let mut counts = [0, 0];
    for (function, func) in funcs.iter().enumerate() {
        for _ in 0..rounds {
            let args: Vec<_> = func
                .params
                .iter()
                .map(|ty| value(ty, random, &mut |_, _| None).expect("there are no handles in it"))
                .collect();
            let mut image = image(&args, &func.params, caller, 1024).expect("values of a test fit into memory");
            // Where the result goes, if it is spilled: after everything.
            image.flat.push(Value::U32(30_000));
            if !spills(func) {
                image.flat.pop();
            }
            spoil(&mut image, random);
            let input = run(fusion, Form::Input, seed, function, &image);
            counts[usize::from(input.outcome.is_err())] += 1;
            for form in [Form::Component, Form::Core] {
                let fused = run(fusion, form, seed, function, &image);
                if let Some(difference) = difference(&input, &fused, links || form == Form::Component) {
                    panic!("seed {seed}, f{function} {func:?}\nof {args:?}\nas {image:?}\n{form:?}: {difference}");
                }
            }
        }
    }
    counts
}

fn difference(input: &Seen, fused: &Seen, same_addresses: bool) -> Option<String> {
    let difference = differential::difference((&input.outcome, &input.trace), (&fused.outcome, &fused.trace));
    if difference.is_some() {
        return difference;
    }
    if !same_addresses {
        return None;
    }
    if input.log != fused.log {
        return Some(format!("realloc is asked differently: {:?} and not {:?}", fused.log, input.log));
    }
    (input.memory != fused.memory).then(|| "something else is in the caller's memory".to_owned())
}

/// A function type whose lowered import takes no more than sixteen core values, return pointer and all: the
/// caller's own exports must not spill.
fn raw_func(random: &mut Random) -> FuncTy {
    loop {
        let func = func(random, Shape { proposals: false, depth: 2, resources: 0 });
        let params = flat_count(&Ty::Tuple(func.params.clone()));
        if params != 16 || !spills(&func) {
            return func;
        }
    }
}

/// Whether the result of the lowered import goes through a return pointer.
fn spills(func: &FuncTy) -> bool {
    func.result.as_ref().is_some_and(|ty| flat_count(ty) > 1)
}

#[test]
fn spoiled_calls_end_the_same_way() {
    spoiled_calls(18, 2, &Options::default());
}

#[test]
fn spoiled_calls_of_the_host_end_the_same_way() {
    spoiled_calls(9, 0, &Options::default());
}

/// The caller's pointers are not those of the host, and its memory has neighbours.
#[test]
fn spoiled_calls_end_the_same_way_in_one_memory() {
    spoiled_calls(18, 0, &shared(HEAP));
    spoiled_calls(9, 2, &shared(HEAP));
}

/// One whose length is spoiled makes a string of the pointers beside it: the host sees the caller's, not its own.
#[test]
fn a_string_of_pointers_is_read_as_the_guest_wrote_it() {
    spoiled_calls_from(940_048, 1, 0, &shared(HEAP));
}

fn spoiled_calls(chains: u64, links: usize, options: &Options) {
    spoiled_calls_from(5000, chains, links, options);
}

fn spoiled_calls_from(first: u64, chains: u64, links: usize, options: &Options) {
    let number = |name| std::env::var(name).ok().map(|text| text.parse().expect("a number"));
    let first: u64 = number("MELD_SEED").unwrap_or(first);
    let mut totals = [0, 0];
    for seed in first..first + number("MELD_CHAINS").unwrap_or(chains) {
        println!("seed {seed}");
        let random = &mut Random::new(seed);
        let funcs: Vec<FuncTy> = (0..8).map(|_| raw_func(random)).collect();
        let caller = ENCODINGS[seed as usize % 3];
        let links = &[seed as usize / 3 % 3, random.below(3)].map(|i| Link::new(ENCODINGS[i], random))[..links];
        let bytes = wat::parse_str(raw_chain(&funcs, caller, links)).expect("the chain is valid text");
        let bytes = if matches!(options.memory, meld_core::options::MemoryMode::Shared(_)) {
            with_decoy(&bytes).expect("a decoy fits")
        } else {
            bytes
        };
        let fusion = Fusion::with(&bytes, options).unwrap_or_else(|e| panic!("seed {seed} cannot be fused: {e}"));
        let counts = check(&fusion, seed, &funcs, caller, 12, !links.is_empty());
        totals = [totals[0] + counts[0], totals[1] + counts[1]];
    }
    println!("{} calls returned, {} trapped", totals[0], totals[1]);
    assert!(totals.iter().all(|count| *count > 0), "some calls must return and some must trap: {totals:?}");
}
