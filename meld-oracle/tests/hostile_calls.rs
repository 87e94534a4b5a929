//! Calls across the boundary to the host with something wrong in them, in one memory: what the host sees, where it may
//! write, and where it traps are those of the input.
//!
//! A guest passes to the host what the test says, returns it, and answers `realloc` with it; a neighbour's memory is full of a byte
//! that nothing else writes. Whether the guest's window begins at address 0 or elsewhere, with `--isolate`, `--pack` or an arena above all windows,
//! the fused forms must agree with the input on whether a call traps and of which kind the trap is, on what the host sees, and afterwards on both
//! memories, and on what was asked of the guest. `MELD_HOSTILE_CALLS=<n>` runs so many calls in each setting, and
//! `MELD_SEED=<seed>` begins with another seed.

use meld_core::Options;
use meld_core::options::{PackAssumption, SharedArena, WindowSize};
use meld_core::report::AreaKind;
use meld_core::unstable::dfg::StringEncoding;
use meld_oracle::core_host::{Image, image};
use meld_oracle::decoy::with_decoy;
use meld_oracle::differential::{self, Form, Fusion, shared};
use meld_oracle::generate::{HOSTILE_BYTES, HOSTILE_HEAP, Hostile, Random, Shape, func, gives, hostile, value};
use meld_oracle::host::{Event, Trap};
use meld_oracle::ty::{FuncTy, Ty};
use meld_oracle::value::Value;
use std::ops::Range;

const ENCODINGS: [StringEncoding; 3] = [StringEncoding::Utf8, StringEncoding::Utf16, StringEncoding::CompactUtf16];

/// Calls in each setting of the normal run.
const CALLS: usize = 1000;
/// Functions of one composition, and calls of each that are tried.
const FUNCS: usize = 5;
const ROUNDS: usize = 30;

/// Where images of values are.
const BASE: u32 = 1024;
/// Where the result of a call goes.
const RESULT: u32 = 60_000;

/// Numbers at the edges of what is checked: alignments, the ends of the window, of the memories behind it, and of types.
const EDGES: [u32; 26] = [
    0,
    1,
    2,
    3,
    4,
    7,
    8,
    0xff,
    0xd800,
    0xffff,
    0x1_0000,
    HOSTILE_BYTES - 8,
    HOSTILE_BYTES - 4,
    HOSTILE_BYTES - 1,
    HOSTILE_BYTES,
    HOSTILE_BYTES + 1,
    HOSTILE_BYTES + 8,
    2 * HOSTILE_BYTES - 8,
    2 * HOSTILE_BYTES,
    3 * HOSTILE_BYTES,
    0x0fff_ffff,
    0x1000_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fff8,
    0xffff_ffff,
];

/// Something that the host does.
#[derive(Debug, Clone)]
struct Call {
    /// What is put into the guest's memory.
    image: Option<Image>,
    /// Which call of `realloc` gives what.
    spoil: Option<(u32, u32)>,
    /// What a result is returned as.
    give: Option<u32>,
    function: String,
    args: Vec<Value>,
}

/// What came of it.
#[derive(Debug)]
struct Seen {
    outcome: Result<Option<Value>, Trap>,
    trace: Vec<Event>,
    /// Hashes: of what was asked of the guest, of its memory, of its neighbour's.
    hashes: Option<[Option<Value>; 3]>,
}

fn run(fusion: &Fusion, form: Form, seed: u64, call: &Call) -> Seen {
    let mut guest = fusion.start(form, seed).unwrap_or_else(|e| panic!("{form:?} does not start: {e:?}"));
    let mut prepare = |name: &str, args: &[Value]| {
        guest.call(&[name.to_owned()], args).unwrap_or_else(|e| panic!("{form:?}, {name}: {}", e.0));
    };
    if let Some(image) = &call.image {
        let bytes = image.bytes.iter().map(|byte| Value::U8(*byte)).collect();
        prepare("poke", &[Value::U32(image.base), Value::List(bytes)]);
    }
    if let Some((nth, wrong)) = call.spoil {
        prepare("spoil", &[Value::U32(nth), Value::U32(wrong)]);
    }
    if let Some(at) = call.give {
        prepare("set-give", &[Value::U32(at)]);
    }
    let outcome = guest.call(std::slice::from_ref(&call.function), &call.args);
    let trace = guest.recorder().trace.clone();
    let hashes = outcome.is_ok().then(|| {
        ["log", "hash", "neighbour-hash"]
            .map(|name| guest.call(&[name.to_owned()], &[]).unwrap_or_else(|e| panic!("{form:?}, {name}: {}", e.0)))
    });
    Seen { outcome, trace, hashes }
}

fn difference(input: &Seen, fused: &Seen, same_addresses: bool) -> Option<String> {
    let difference = differential::difference((&input.outcome, &input.trace), (&fused.outcome, &fused.trace));
    if difference.is_some() {
        return difference;
    }
    let (Some(expected), Some(found)) = (&input.hashes, &fused.hashes) else { return None };
    if expected[2] != found[2] {
        return Some("somebody wrote into the neighbour's memory".to_owned());
    }
    if same_addresses && expected[0] != found[0] {
        return Some("the guest is asked differently".to_owned());
    }
    (same_addresses && expected[1] != found[1]).then(|| "something else is in the guest's memory".to_owned())
}

fn near(old: u32, image: &Image, random: &mut Random) -> u32 {
    let inside = random.below(image.bytes.len() + 8) as u32;
    match random.below(10) {
        0 => old.wrapping_add(1),
        1 => old.wrapping_sub(1),
        2 => old ^ (1 << random.below(32)),
        // Something else of the same image, or as many bytes of it.
        3 | 4 => image.base + inside,
        5 => (image.base + inside) & !7,
        6 => inside,
        _ => *random.pick(&EDGES),
    }
}

/// Changes up to three things.
fn spoil(image: &mut Image, random: &mut Random) {
    for _ in 0..random.below(4) {
        if image.bytes.len() < 4 || random.one_in(3) {
            if image.flat.is_empty() {
                continue;
            }
            let at = random.below(image.flat.len());
            image.flat[at] = match image.flat[at] {
                Value::U32(old) => Value::U32(near(old, image, random)),
                Value::U64(old) => Value::U64(u64::from(near(old as u32, image, random)) | (old & !0xffff_ffff)),
                ref other => other.clone(),
            };
        } else if random.one_in(4) {
            let at = random.below(image.bytes.len());
            image.bytes[at] = random.bits() as u8;
        } else {
            // Where words are, pointers and lengths among them.
            let at = random.below(image.bytes.len() / 4) * 4;
            let old = u32::from_le_bytes(image.bytes[at..at + 4].try_into().expect("four bytes"));
            let new = near(old, image, random);
            image.bytes[at..at + 4].copy_from_slice(&new.to_le_bytes());
        }
    }
}

/// What a `realloc` gives instead of what is right. Where pointers are converted, a place that it gives to somebody else in the same call is left
/// out: what was converted there, the guest sees converted twice (`docs/adr/0035-outbox.md`).
fn wrong_place(random: &mut Random, moved: bool) -> u32 {
    // The test's own part of the memory: what was passed there, the host has read. Nothing is where the image ends.
    let place = match random.below(4) {
        0 => BASE + 4 * random.below(1000) as u32,
        1 => random.below(HOSTILE_HEAP as usize) as u32,
        _ => *random.pick(&EDGES),
    };
    let given = (RESULT - 8192..RESULT + 8192).contains(&place) || (HOSTILE_HEAP..HOSTILE_BYTES - 64).contains(&place);
    if moved && given { 32_768 } else { place }
}

fn values(types: &[Ty], random: &mut Random) -> Vec<Value> {
    types.iter().map(|ty| value(ty, random, &mut |_, _| None).expect("there are no handles in it")).collect()
}

fn random_call(number: usize, func: &FuncTy, (encoding, moved): (StringEncoding, bool), random: &mut Random) -> Call {
    let wrong = |random: &mut Random, often: usize| {
        (random.below(10) < often).then(|| (1 + random.below(4) as u32, wrong_place(random, moved)))
    };
    match random.below(3) {
        0 if gives(func) => {
            let result = func.result.clone().expect("what is given is a result");
            // Among so many parameters it is in memory, first of all.
            let mut types = vec![result];
            types.extend(vec![Ty::U8; 16]);
            let args = values(&types, random);
            let mut image = image(&args, &types, encoding, BASE).expect("values of a test fit into memory");
            spoil(&mut image, random);
            let Value::U32(at) = image.flat[0] else { panic!("{image:?} is no pointer") };
            Call {
                image: Some(image),
                spoil: None,
                give: Some(at),
                function: format!("give{number}"),
                args: Vec::new(),
            }
        }
        1 => {
            let args = values(&func.params, random);
            Call { image: None, spoil: wrong(random, 7), give: None, function: format!("take{number}"), args }
        }
        _ => {
            let args = values(&func.params, random);
            let mut image = image(&args, &func.params, encoding, BASE).expect("values of a test fit into memory");
            if gives(func) {
                image.flat.push(Value::U32(RESULT));
            }
            spoil(&mut image, random);
            let args = image.flat.clone();
            Call { image: Some(image), spoil: wrong(random, 3), give: None, function: format!("call{number}"), args }
        }
    }
}

/// Whether some number in a call leads into a range of addresses that only the fused forms have.
fn leads_into(call: &Call, range: &Range<u64>) -> bool {
    let near = |number: u32| range.contains(&number.into());
    let flat = call
        .args
        .iter()
        .any(|arg| matches!(*arg, Value::U32(n) if near(n)) || matches!(*arg, Value::U64(n) if near(n as u32)));
    let image = call.image.iter().flat_map(|image| image.bytes.windows(4));
    let mut image = image.map(|word| u32::from_le_bytes(word.try_into().expect("four bytes")));
    flat || call.give.is_some_and(near) || call.spoil.is_some_and(|(_, wrong)| near(wrong)) || image.any(near)
}

/// One way to fuse.
#[derive(Clone)]
struct Setting {
    name: &'static str,
    options: Options,
    /// Whether the guest's window is not at address 0.
    moved: bool,
    arena: bool,
}

fn setting(name: &'static str, moved: bool) -> Setting {
    Setting { name, options: shared(0), moved, arena: false }
}

/// A function whose lowered import takes no more than sixteen core values, return pointer and all: the guest's own exports must not spill.
fn raw_func(random: &mut Random) -> FuncTy {
    loop {
        let func = func(random, Shape { proposals: false, depth: 3, resources: 0 });
        let flat = meld_oracle::core_host::flat_count(&Ty::Tuple(func.params.clone()));
        if flat != 16 || !gives(&func) {
            return func;
        }
    }
}

fn hostile_calls(setting: &Setting) {
    let number = |name| std::env::var(name).ok().map(|text| text.parse().expect("a number"));
    let calls = number("MELD_HOSTILE_CALLS").unwrap_or(CALLS as u64);
    let mut seed = number("MELD_SEED").unwrap_or(70_000);
    let mut totals = [0u64; 3];
    while totals.iter().sum::<u64>() < calls {
        let counts = composition(setting, seed);
        totals = [totals[0] + counts[0], totals[1] + counts[1], totals[2] + counts[2]];
        seed += 1;
    }
    let [returned, trapped, left_out] = totals;
    println!(
        "{}: {returned} calls returned, {trapped} trapped, {left_out} lead where only the fused forms have memory",
        setting.name
    );
    assert!(returned > calls / 10 && trapped > calls / 10, "both must be common: {totals:?}");
    assert!(left_out <= calls / 10, "too much is left out: {totals:?}");
}

fn composition(setting: &Setting, seed: u64) -> [u64; 3] {
    let random = &mut Random::named(seed, "hostile", 0);
    let funcs: Vec<FuncTy> = (0..FUNCS).map(|_| raw_func(random)).collect();
    let encoding = ENCODINGS[seed as usize % 3];
    let bytes = wat::parse_str(hostile(&funcs, Hostile { encoding, arena: setting.arena }));
    let bytes = bytes.unwrap_or_else(|e| panic!("seed {seed}: {e}"));
    let bytes = if setting.moved { with_decoy(&bytes).expect("a decoy fits") } else { bytes };
    let fusion =
        Fusion::with(&bytes, &setting.options).unwrap_or_else(|e| panic!("{}, seed {seed}: {e}", setting.name));
    let map = &fusion.fused().report.map;
    let windows: Vec<_> = map.iter().filter(|area| area.kind == AreaKind::Window).collect();
    let own = windows.iter().find(|area| area.owner.contains("raw")).expect("the guest has a window");
    assert_eq!(own.start != 0, setting.moved, "{}: {map:?}", setting.name);
    assert!(windows.iter().any(|area| area.start == own.end), "a neighbour follows: {map:?}");
    let arena = map.iter().find(|area| area.kind == AreaKind::Arena);
    let arena = arena.map_or(0..0, |area| area.start - own.start..area.end - own.start + 1);
    let mut counts = [0; 3];
    for (number, func) in funcs.iter().enumerate() {
        for _ in 0..ROUNDS {
            let call = random_call(number, func, (encoding, setting.moved), random);
            if leads_into(&call, &arena) {
                counts[2] += 1;
                continue;
            }
            let input = run(&fusion, Form::Input, seed, &call);
            counts[usize::from(input.outcome.is_err())] += 1;
            for form in [Form::Component, Form::Core] {
                let fused = run(&fusion, form, seed, &call);
                // A host of a core module allocates strings in other steps than wasmtime.
                if form == Form::Core && call.spoil.is_some() {
                    continue;
                }
                if let Some(difference) = difference(&input, &fused, form == Form::Component) {
                    panic!("{}, seed {seed}, {form:?}: {difference}\n{call:?}\n{func:?}", setting.name);
                }
            }
        }
    }
    counts
}

#[test]
fn at_address_0() {
    hostile_calls(&setting("at address 0", false));
}

#[test]
fn elsewhere() {
    hostile_calls(&setting("elsewhere", true));
}

#[test]
fn isolated() {
    for moved in [false, true] {
        let mut setting = setting(if moved { "isolated, elsewhere" } else { "isolated, at address 0" }, moved);
        setting.options.shared().protection = meld_core::options::Protection::Isolated;
        hostile_calls(&setting);
    }
}

#[test]
fn packed() {
    for moved in [false, true] {
        let mut setting = setting(if moved { "packed, elsewhere" } else { "packed, at address 0" }, moved);
        setting.options.shared().size = WindowSize::Packed(PackAssumption::HeapBase);
        hostile_calls(&setting);
    }
}

#[test]
fn with_an_arena() {
    for moved in [false, true] {
        let mut setting = setting(if moved { "arena, elsewhere" } else { "arena, at address 0" }, moved);
        setting.options.shared().arena = Some(SharedArena::Inside(64 << 10));
        setting.arena = true;
        hostile_calls(&setting);
    }
}

#[test]
fn isolated_with_an_arena() {
    let mut setting = setting("isolated, arena, elsewhere", true);
    setting.options.shared().arena = Some(SharedArena::Inside(64 << 10));
    setting.options.shared().protection = meld_core::options::Protection::Isolated;
    setting.arena = true;
    hostile_calls(&setting);
}
