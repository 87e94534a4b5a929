//! `Options::merge_similar`: functions that differ in constants are one, and all windows have one transcoder.
//!
//! In: random core modules whose functions have few shapes and many constants, in one instance or two; random chains of forwarders, whose
//! strings cross several windows; and fixtures, a sixth of them (`MELD_SIMILAR_ALL=1`: all, and more programs). Out: each does the same as
//! the input, and is not larger than without the option. That something is merged is counted.

use libtest_mimic::{Arguments, Failed, Trial};
use meld_core::options::{StackSize, Strip, Target};
use meld_core::unstable::dfg::StringEncoding;
use meld_core::{Input, Options};
use meld_oracle::core_host::CoreCode;
use meld_oracle::differential::{Steps, export_names, import_names, shared};
use meld_oracle::generate::{Link, Random, Shape, chain, func};
use meld_oracle::host::{ComponentCode, NoStart};
use std::fmt::Write;
use std::process::ExitCode;

const SEED: u64 = 97;

/// Bytes by which each memory may grow: more than any fixture asks for.
const HEAP: u64 = 1 << 20;

fn main() -> ExitCode {
    let all = std::env::var_os("MELD_SIMILAR_ALL").is_some();
    let files = meld_oracle::fixtures::synchronous();
    let some = files.into_iter().enumerate().filter(|(number, _)| all || number % 6 == 1);
    let mut trials: Vec<Trial> = some
        .map(|(number, file)| {
            let name = file.file_stem().expect("a file has a name").to_string_lossy().into_owned();
            Trial::test(format!("fixture/{name}"), move || {
                same(&std::fs::read(&file)?, number as u64 / 6, 1).map(|_| ())
            })
        })
        .collect();
    for seed in 0..if all { 200 } else { 6 } {
        trials.push(Trial::test(format!("chain/{seed}"), move || strings(seed)));
        trials.push(Trial::test(format!("functions/{seed}"), move || functions(seed)));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Fuses in a form that the number chooses, with the option and without, and compares. Returns how many bytes are gone.
fn same(bytes: &[u8], number: u64, rounds: usize) -> Result<usize, Failed> {
    let mut input = ComponentCode::new(bytes).and_then(|code| code.start(SEED)).map_err(why)?;
    let steps = Steps::random(&mut input, SEED, rounds);
    let names = import_names(bytes)?;
    let mut options = match number % 6 {
        0 => Options::default(),
        _ => shared(HEAP),
    };
    options.strip = if number.is_multiple_of(4) { Strip::All } else { Strip::Nothing };
    match number % 6 {
        2 => options.target = Target::Synth,
        3 if export_names(bytes)?.iter().any(|name| name == "run") => {
            options.shared().common().stack = Some(StackSize::Bytes(64 << 10));
        }
        4 => options.shared().protection = meld_core::options::Protection::Isolated,
        5 => options.no_simd = true,
        _ => {}
    }
    let plain = fuse(bytes, &options)?;
    options.merge_similar = true;
    let merged = fuse(bytes, &options)?;
    let code = CoreCode::new(&merged.core, &merged.interface, &names);
    let mut guest = code.and_then(|code| code.start(SEED)).map_err(why)?;
    steps.replay(&mut guest)?;
    let gone = plain.core.len().checked_sub(merged.core.len());
    gone.ok_or_else(|| format!("{} bytes, and {} without the option", merged.core.len(), plain.core.len()).into())
}

fn fuse(bytes: &[u8], options: &Options) -> Result<meld_core::Fused, Failed> {
    meld_core::fuse(&[Input::new("input", bytes)], options).map_err(|error| meld_oracle::error_chain(&error).into())
}

/// Strings and all else cross four windows, by one encoding or two.
fn strings(seed: u64) -> Result<(), Failed> {
    const ENCODINGS: [StringEncoding; 3] = [StringEncoding::Utf8, StringEncoding::Utf16, StringEncoding::CompactUtf16];
    let random = &mut Random::named(SEED, "similar", seed);
    let shape = Shape { proposals: false, depth: 2, resources: 0 };
    let funcs: Vec<_> = (0..6).map(|_| func(random, shape)).collect();
    let links: Vec<Link> =
        (0..4).map(|link| Link::new(ENCODINGS[(seed / [1, 1, 3, 1][link]) as usize % 3], random)).collect();
    // Never with several memories, where nothing is shared.
    same(&wat::parse_str(chain(&funcs, &links))?, seed * 6 + 1 + seed % 5, 2).map(|_| ())
}

/// Functions with few shapes, called by name and through a table.
fn functions(seed: u64) -> Result<(), Failed> {
    let random = &mut Random::named(SEED, "functions", seed);
    let bytes = wat::parse_str(program(random))?;
    let form = seed % 6;
    let gone = same(&bytes, form, 4)?;
    // Parameters in globals take more than they save, and where accesses are checked or a stack is shared, functions of guests stay.
    if gone == 0 && !(2..=4).contains(&form) { Err("nothing became smaller".into()) } else { Ok(()) }
}

/// A component whose module has three shapes of functions with four or five sets of constants each.
fn program(random: &mut Random) -> String {
    let mut module = String::from("(memory 1) (global $g (mut i32) (i32.const 3))\n");
    let mut names = Vec::new();
    for shape in 0..3 {
        let template = template(random, &names);
        for variant in 0..4 + random.below(2) {
            let mut text = template.clone();
            while let Some(at) = text.find('?') {
                // Few values, so that some constants are the same in all, and some go together.
                let value = *random.pick(&["0", "1", "-7", "100", "65537", "-2147483648", "1000000007"]);
                text.replace_range(at..=at, value);
            }
            let name = format!("$f{shape}_{variant}");
            writeln!(module, "(func {name} (param i32 i64) (result i32) (local i32 i64)\n{text})").expect("a string");
            names.push(name);
        }
    }
    let count = names.len();
    writeln!(module, "(table {count} funcref) (elem (i32.const 0) func {})", names.join(" ")).expect("a string");
    writeln!(module, "(type $f (func (param i32 i64) (result i32)))").expect("a string");
    let mut run = String::new();
    for name in &names {
        run += &format!("(call {name} (local.get $sum) (i64.extend_i32_s (local.get $n))) (local.set $sum)\n");
    }
    writeln!(
        module,
        "(func (export \"all\") (param $n i32) (result i32) (local $sum i32)\n{run}
           (i32.xor (local.get $sum) (global.get $g)))
         (func (export \"one\") (param $n i32) (param $which i32) (result i32)
           (call_indirect (type $f) (local.get $n) (i64.const 5) (i32.rem_u (local.get $which) (i32.const {count}))))
         (export \"same\" (func {}))",
        names[0]
    )
    .expect("a string");
    format!(
        "(component (core module $m {module})
           (core instance $a (instantiate $m)) (core instance $b (instantiate $m))
           (func (export \"all\") (param \"n\" u32) (result u32) (canon lift (core func $a \"all\")))
           (func (export \"one\") (param \"n\" u32) (param \"which\" u32) (result u32) (canon lift (core func $b \"one\")))
           (func (export \"same\") (param \"n\" u32) (param \"m\" u64) (result u32) (canon lift (core func $b \"same\"))))"
    )
}

/// A body, in which each `?` is a constant. It may call functions of earlier shapes, and never traps.
fn template(random: &mut Random, earlier: &[String]) -> String {
    let mut text = String::new();
    for _ in 0..4 + random.below(6) {
        text += &match random.below(7) {
            0 => "(local.set 2 (i32.add (local.get 0) (i32.const ?)))".to_owned(),
            1 => "(local.set 3 (i64.xor (i64.mul (local.get 1) (i64.const ?)) (i64.extend_i32_u (local.get 2))))".to_owned(),
            2 => format!(
                "(i32.store offset={} (i32.and (i32.const ?) (i32.const 0xff00)) (i32.sub (local.get 2) (i32.const ?)))",
                8 * random.below(9)
            ),
            3 => "(local.set 0 (i32.xor (local.get 0) (i32.load (i32.and (local.get 2) (i32.const 0xfff8)))))".to_owned(),
            4 => "(if (i32.lt_s (local.get 0) (i32.const ?)) (then (local.set 2 (i32.rotl (local.get 2) (i32.const ?)))) (else (global.set $g (i32.const ?))))"
                .to_owned(),
            5 => "(local.set 2 (i32.add (local.get 2) (i32.trunc_sat_f64_s (f64.mul (f64.convert_i32_s (local.get 0)) (f64.const ?)))))"
                .to_owned(),
            _ if earlier.is_empty() => "(local.set 1 (i64.rotr (local.get 1) (i64.const ?)))".to_owned(),
            _ => format!("(local.set 2 (call {} (local.get 2) (i64.const ?)))", random.pick(earlier)),
        };
        text.push('\n');
    }
    text + "(i32.add (local.get 2) (i32.wrap_i64 (local.get 3)))"
}

fn why(no_start: NoStart) -> Failed {
    match no_start {
        NoStart::Unfit(why) => format!("it cannot be instantiated: {why}").into(),
        NoStart::Trap(trap) => format!("it traps at start: {}", trap.0).into(),
    }
}
