//! Whatever bytes come in, every public entry point of the library returns: an error or a result, in time, without a
//! panic. What is accepted has been validated.
//!
//! The inputs are the cases of the file tests and small fixtures, spoiled at random: bytes changed, cut out, doubled,
//! taken from another input, cut off. `MELD_RANDOM_RUNS` says how many there are, `MELD_RANDOM_SEED` which: the same
//! seed gives the same inputs. A failure prints the number of its run, and with `MELD_RANDOM_FIRST` the runs begin
//! there.

#[path = "support/numbers.rs"]
mod numbers;

use meld_core::options::{LinkOverride, PackAssumption, Protection, StackSize, WindowSize};
use meld_core::{Componentizer, Fuser, Stage};
use numbers::Random;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

/// Runs, if the environment does not say how many.
const RUNS: u64 = 1500;
/// What no single run may take; a usual one takes a few milliseconds.
const LIMIT: Duration = Duration::from_secs(20);

fn pick<'c>(random: &mut Random, corpus: &'c [Vec<u8>]) -> &'c [u8] {
    &corpus[random.below(corpus.len())]
}

/// Inputs in the binary format, none of which is large or meant to be expensive.
fn corpus() -> Vec<Vec<u8>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut corpus = Vec::new();
    for folder in ["dfg", "parse", "plan", "adapters", "start"] {
        for entry in fs::read_dir(here.join("tests/filetests").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "wat") && !path.ends_with("too-large.wat") {
                // Some are not valid: they are cases of errors.
                corpus.extend(wat::parse_file(&path));
            }
        }
    }
    let scripted = corpus.len();
    for entry in fs::read_dir(here.join("../tests/wit_bindgen/fixtures")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "wasm") && path.metadata().unwrap().len() < 40_000 {
            corpus.push(fs::read(path).unwrap());
        }
    }
    // Debug information in both versions, four times: there is much of it to be spoiled.
    for guest in ["shouter", "counter", "app", "composed"] {
        let bytes = fs::read(here.join(format!("../meld-oracle/tests/debug/{guest}.wasm"))).unwrap();
        corpus.extend(std::iter::repeat_n(bytes, 4));
    }
    assert!(scripted > 25 && corpus.len() > scripted + 5, "{scripted} cases, {} inputs", corpus.len());
    // Files are listed in any order.
    corpus.sort();
    corpus
}

/// One input, spoiled.
fn spoiled(corpus: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut bytes = pick(random, corpus).to_vec();
    for _ in 0..1 + random.below(2) {
        let at = random.below(bytes.len());
        let to = (at + random.below(24)).min(bytes.len());
        match random.below(8) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = random.below(256) as u8,
            // The numbers at which things change: of LEB128, of counts, of types.
            2 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff, 0x40, 0x60, 0x70][random.below(8)],
            3 => drop(bytes.drain(at..to)),
            4 => {
                let range = bytes[at..to].to_vec();
                bytes.splice(at..at, range);
            }
            5 => {
                let other = pick(random, corpus);
                let from = random.below(other.len());
                let until = (from + random.below(64)).min(other.len());
                bytes.splice(at..to, other[from..until].iter().copied());
            }
            6 => {
                let other = random.below(bytes.len());
                bytes.swap(at, other);
            }
            _ => bytes.truncate(bytes.len() - random.below(8).min(bytes.len())),
        }
        if bytes.is_empty() {
            break;
        }
    }
    bytes
}

/// Every entry point, with options at random. Returns whether something was accepted.
fn run(inputs: &[Vec<u8>], random: &mut Random) -> bool {
    let mut fuser = Fuser::new();
    for (index, bytes) in inputs.iter().enumerate() {
        fuser.input(format!("input{index}"), bytes.as_slice());
    }
    fuser
        .component(random.below(2) == 0)
        .wit(random.below(3) == 0)
        .no_simd(random.below(2) == 0)
        .merge_similar(random.below(2) == 0);
    if random.below(3) == 0 {
        let shared = fuser.options_mut().shared();
        shared.rebase = random.below(4) != 0;
        if random.below(2) == 0 {
            shared.protection = Protection::Isolated;
        }
        if random.below(2) == 0 {
            let size = if random.below(2) == 0 { StackSize::Proved } else { StackSize::Bytes(4096) };
            shared.common().stack = Some(size);
        }
        if random.below(2) == 0 {
            shared.heap().every = Some(random.below(1 << 22) as u64);
        }
        if random.below(4) == 0 {
            shared.size = WindowSize::Packed(PackAssumption::HeapBase);
        }
    }
    if random.below(8) == 0 {
        let link = LinkOverride::new("f", "input0");
        fuser.link(link);
    }
    let mut accepted = false;
    if let Ok(fused) = fuser.fuse() {
        accepted = true;
        validate(&fused.core);
        fused.component.iter().for_each(|component| validate(component));
        assert!(fused.report.to_json().starts_with('{'));
    }
    if let Ok(made) = fuser.fuse_component() {
        accepted = true;
        validate(&made.bytes);
        assert!(made.report.to_json().starts_with('{'));
    }
    for stage in Stage::all() {
        if let Ok(inspection) = fuser.inspect(stage) {
            inspection.to_json();
        }
    }
    for bytes in inputs {
        let _ = meld_core::world_of(bytes);
        let _ = meld_core::unstable::parse::parse_module("input", bytes);
        let mut componentizer = Componentizer::new("input", bytes);
        if let Ok(name) = "env::f".parse() {
            componentizer.passthrough(name);
        }
        let _ = componentizer.componentize();
    }
    accepted
}

fn validate(wasm: &[u8]) {
    let mut validator = wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all());
    validator.validate_all(wasm).expect("what is returned is valid");
}

fn number(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")),
        Err(_) => default,
    }
}

#[test]
fn every_entry_point_returns() {
    let corpus = corpus();
    let (runs, seed) = (number("MELD_RANDOM_RUNS", RUNS), number("MELD_RANDOM_SEED", 1));
    let first = number("MELD_RANDOM_FIRST", 0);
    let (mut accepted, mut refused) = (0_u64, 0_u64);
    for index in first..runs {
        // Each run has a generator of its own, so that it can be repeated alone.
        let mut random = Random((seed << 32 ^ (index + 1)).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let inputs: Vec<_> = (0..1 + random.below(8) / 7).map(|_| spoiled(&corpus, &mut random)).collect();
        let begin = Instant::now();
        match catch_unwind(AssertUnwindSafe(|| run(&inputs, &mut random))) {
            Ok(true) => accepted += 1,
            Ok(false) => refused += 1,
            Err(_) => {
                let file = std::env::temp_dir().join(format!("meld-random-{seed}-{index}.wasm"));
                fs::write(&file, &inputs[0]).expect("the folder for temporary files can be written");
                panic!("run {index} of seed {seed} panics; its first input is in {}", file.display());
            }
        }
        let taken = begin.elapsed();
        assert!(taken < LIMIT, "run {index} of seed {seed} takes {taken:?}");
    }
    println!("{accepted} accepted, {refused} refused");
    // Spoiling that no input survives, or that changes no result, tests nothing.
    if runs - first >= RUNS {
        assert!(accepted > runs / 100 && refused > runs / 10, "{accepted} accepted, {refused} refused");
    }
}
