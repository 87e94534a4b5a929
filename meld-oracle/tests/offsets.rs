//! `SharedOptions::max_offset`: no static offset is larger, and every access does what it did.
//!
//! In: two instances, with a memory each, that load and store in every width, at offsets from 0 to 2^32 - 1; addresses around 0, the
//! end of each window, the end of the memory, and 2^32. And fixtures, a twelfth of them (`MELD_OFFSETS_ALL=1`: all, and more addresses). Out: each call has
//! the result or the trap that it has without the bound, in the same forms; and no instruction has a larger offset.

use libtest_mimic::{Arguments, Failed, Trial};
use meld_core::options::{Protection, StackSize};
use meld_core::{Fused, Input, Options};
use meld_oracle::core_host::CoreCode;
use meld_oracle::differential::{Steps, export_names, import_names, shared};
use meld_oracle::generate::Random;
use meld_oracle::host::{ComponentCode, NoStart};
use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;
use wasmparser::{Operator, Parser, Payload};
use wasmtime::{Engine, Instance, Module, Store, Trap, Val};

const SEED: u64 = 101;

/// The bounds: RISC-V's, the least, and those of ARM.
const BOUNDS: [u32; 4] = [2047, 31, 4095, 255];

fn main() -> ExitCode {
    let all = std::env::var_os("MELD_OFFSETS_ALL").is_some();
    let files = meld_oracle::fixtures::synchronous();
    let some = files.into_iter().enumerate().filter(|(number, _)| all || number % 12 == 5);
    let mut trials: Vec<Trial> = some
        .map(|(number, file)| {
            let name = file.file_stem().expect("a file has a name").to_string_lossy().into_owned();
            Trial::test(format!("fixture/{name}"), move || fixture(&file, number / 12))
        })
        .collect();
    for (number, bound) in BOUNDS.into_iter().enumerate().take(if all { BOUNDS.len() } else { 2 }) {
        for isolate in [false, true] {
            let name = format!("accesses/{bound}{}", if isolate { "-isolated" } else { "" });
            let random = if all { 20_000 } else { 150 };
            trials.push(Trial::test(name, move || accesses(bound, isolate, number as u64, random)));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A fixture does what it did.
fn fixture(file: &Path, number: usize) -> Result<(), Failed> {
    let bytes = std::fs::read(file)?;
    let mut input = ComponentCode::new(&bytes).and_then(|code| code.start(SEED)).map_err(why)?;
    let steps = Steps::random(&mut input, SEED, 1);
    let names = import_names(&bytes)?;
    let mut options = shared(1 << 20);
    let bound = BOUNDS[number % BOUNDS.len()];
    options.shared().max_offset = Some(bound);
    options.merge_similar = number.is_multiple_of(2);
    match number % 3 {
        1 => options.shared().protection = Protection::Isolated,
        2 if export_names(&bytes)?.iter().any(|name| name == "run") => {
            options.shared().common().stack = Some(StackSize::Bytes(64 << 10));
        }
        _ => {}
    }
    let core = fuse(&bytes, &options)?;
    within(&core.core, bound)?;
    let code = CoreCode::new(&core.core, &core.interface, &names);
    let mut guest = code.and_then(|code| code.start(SEED)).map_err(why)?;
    Ok(steps.replay(&mut guest)?)
}

/// Loads and stores with their types, and atomic ones.
const LOADS: [(&str, &str); 16] = [
    ("i32.load", "i32"),
    ("i32.load8_u", "i32"),
    ("i32.load16_s", "i32"),
    ("i64.load", "i64"),
    ("i64.load8_s", "i64"),
    ("i64.load32_u", "i64"),
    ("f32.load", "f32"),
    ("f64.load", "f64"),
    ("v128.load", "v128"),
    ("v128.load8x8_s", "v128"),
    ("v128.load32_splat", "v128"),
    ("v128.load64_zero", "v128"),
    ("i32.atomic.load", "i32"),
    ("i32.atomic.load8_u", "i32"),
    ("i64.atomic.load", "i64"),
    ("i64.atomic.load16_u", "i64"),
];
const STORES: [(&str, &str); 12] = [
    ("i32.store", "i32"),
    ("i32.store8", "i32"),
    ("i32.store16", "i32"),
    ("i64.store", "i64"),
    ("i64.store32", "i64"),
    ("f32.store", "f32"),
    ("f64.store", "f64"),
    ("v128.store", "v128"),
    ("i32.atomic.store", "i32"),
    ("i64.atomic.store", "i64"),
    ("i32.atomic.rmw.add", "i32"),
    ("i64.atomic.rmw32.xchg_u", "i64"),
];
const OFFSETS: [u32; 12] = [0, 8, 31, 32, 256, 2047, 2048, 4096, 0x1_0000, 0x7fff_fff8, 0xffff_0008, 0xffff_ffff];

/// Which functions there are: a load returns what it finds, in 64 bits; a store returns the word there.
fn functions(module: &mut String) -> usize {
    let mut count = 0;
    for offset in OFFSETS {
        for (op, ty) in LOADS {
            let value = format!("({op} offset={offset} (local.get 0))");
            let value = match ty {
                "i32" => format!("(i64.extend_i32_u {value})"),
                "f32" => format!("(i64.extend_i32_u (i32.reinterpret_f32 {value}))"),
                "f64" => format!("(i64.reinterpret_f64 {value})"),
                "v128" => format!("(i64x2.extract_lane 1 {value})"),
                _ => value,
            };
            writeln!(module, "(func (export \"{count}\") (param i32 i64) (result i64) {value})").expect("a string");
            count += 1;
        }
        for (op, ty) in STORES {
            let value = match ty {
                "i32" => "(i32.wrap_i64 (local.get 1))",
                "f32" => "(f32.reinterpret_i32 (i32.wrap_i64 (local.get 1)))",
                "f64" => "(f64.reinterpret_i64 (local.get 1))",
                "v128" => "(i64x2.splat (local.get 1))",
                _ => "(local.get 1)",
            };
            let drop = if op.contains("rmw") { "drop" } else { "nop" };
            writeln!(
                module,
                "(func (export \"{count}\") (param i32 i64) (result i64) ({op} offset={offset} (local.get 0) {value}) {drop}
                   (i64.load align=1 (i32.and (local.get 0) (i32.const 0x7ff8))))"
            )
            .expect("a string");
            count += 1;
        }
        // Several operands above the address, and a lane.
        writeln!(
            module,
            "(func (export \"{count}\") (param i32 i64) (result i64)
               (i64.atomic.rmw.cmpxchg offset={offset} (local.get 0) (i64.const 0) (local.get 1)))
             (func (export \"{}\") (param i32 i64) (result i64)
               (i64x2.extract_lane 0 (v128.load16_lane offset={offset} 1 (local.get 0) (i64x2.splat (local.get 1)))))
             (func (export \"{}\") (param i32 i64) (result i64)
               (v128.store32_lane offset={offset} 2 (local.get 0) (i64x2.splat (local.get 1)))
               (i64.extend_i32_u (i32.load offset={offset} (i32.const 0xfff0))))",
            count + 1,
            count + 2
        )
        .expect("a string");
        count += 3;
    }
    count
}

/// Every access, at addresses where something ends and at others.
fn accesses(bound: u32, isolate: bool, seed: u64, rounds: usize) -> Result<(), Failed> {
    let mut module = String::from("(memory 1) (data (i32.const 0x8000) \"0123456789abcdef\")\n");
    let count = functions(&mut module);
    let mut text = format!("(component (core module $m {module})\n");
    for instance in ["a", "b"] {
        writeln!(text, "(core instance ${instance} (instantiate $m))").expect("a string");
        for number in 0..count {
            writeln!(
                text,
                "(func (export \"{instance}{number}\") (param \"at\" u32) (param \"value\" u64) (result u64)
                   (canon lift (core func ${instance} \"{number}\")))"
            )
            .expect("a string");
        }
    }
    let bytes = wat::parse_str(text + ")")?;
    let mut options = shared(0);
    if isolate {
        options.shared().protection = Protection::Isolated;
    }
    let plain = fuse(&bytes, &options)?;
    options.shared().max_offset = Some(bound);
    let bounded = fuse(&bytes, &options)?;
    within(&bounded.core, bound)?;
    let random = &mut Random::named(SEED, "offsets", seed);
    let ends: Vec<u64> = [0u64, 1 << 16, 2 << 16, 3 << 16, 1 << 32]
        .into_iter()
        .flat_map(|end| OFFSETS.map(|offset| end.wrapping_sub(offset.into())))
        .collect();
    let (mut one, mut other) = (Core::new(&plain.core)?, Core::new(&bounded.core)?);
    let (mut results, mut traps) = (0, 0);
    for _ in 0..rounds {
        for number in 0..count {
            let instance = *random.pick(&["a", "b"]);
            let at = match random.below(4) {
                0 => random.bits() as u32,
                1 => random.below(1 << 16) as u32,
                _ => (*random.pick(&ends) as u32).wrapping_add(random.below(40) as u32).wrapping_sub(20),
            };
            let name = format!("{instance}{number}");
            let value = random.bits();
            let (expected, found) = (one.call(&name, at, value)?, other.call(&name, at, value)?);
            if expected != found {
                return Err(format!("{name} at {at:#x}: {expected:?} without the bound, and {found:?} with it").into());
            }
            if expected.is_ok() { results += 1 } else { traps += 1 }
        }
    }
    if results < rounds || traps < rounds {
        return Err(format!("{results} results and {traps} traps are too few").into());
    }
    Ok(())
}

/// An instance of a module whose functions are numbered.
struct Core {
    store: Store<()>,
    instance: Instance,
}

impl Core {
    fn new(bytes: &[u8]) -> Result<Self, Failed> {
        let engine = Engine::default();
        let module = Module::new(&engine, bytes)?;
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[])?;
        Ok(Self { store, instance })
    }

    /// The result, or the trap.
    fn call(&mut self, name: &str, at: u32, value: u64) -> Result<Result<i64, Trap>, Failed> {
        let func = self.instance.get_func(&mut self.store, name).ok_or("no such function")?;
        let mut results = [Val::I64(0)];
        let args = [Val::I32(at.cast_signed()), Val::I64(value.cast_signed())];
        match func.call(&mut self.store, &args, &mut results) {
            Ok(()) => Ok(Ok(results[0].unwrap_i64())),
            Err(error) => Ok(Err(*error.downcast_ref::<Trap>().ok_or("no trap")?)),
        }
    }
}

fn fuse(bytes: &[u8], options: &Options) -> Result<Fused, Failed> {
    meld_core::fuse(&[Input::new("input", bytes)], options).map_err(|error| meld_oracle::error_chain(&error).into())
}

/// No access has a larger offset, by the names of immediates in wasmparser's table.
fn within(module: &[u8], bound: u32) -> Result<(), Failed> {
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::CodeSectionEntry(body) = payload? {
            for operator in body.get_operators_reader()? {
                if let Some(offset) = offset(&operator?).filter(|offset| *offset > bound.into()) {
                    return Err(format!("an access has the offset {offset}").into());
                }
            }
        }
    }
    Ok(())
}

macro_rules! offset {
    ($( @$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($arity:tt)*) )*) => {
        #[allow(unused_variables, reason = "only memory arguments are looked at")]
        fn offset(operator: &Operator<'_>) -> Option<u64> {
            match operator.clone() {
                $( Operator::$op $({ $($arg),* })? => { $( $( memarg!($arg $arg); )* )? } )*
                _ => {}
            }
            None
        }
    };
}
macro_rules! memarg {
    (memarg $value:ident) => {
        return Some($value.offset)
    };
    ($name:ident $value:ident) => {};
}
wasmparser::for_each_operator!(offset);

fn why(no_start: NoStart) -> Failed {
    match no_start {
        NoStart::Unfit(why) => format!("it cannot be instantiated: {why}").into(),
        NoStart::Trap(trap) => format!("it traps at start: {}", trap.0).into(),
    }
}
