//! `cargo run -p meld-oracle --example native -- FOLDER`: cases for `.ci/native`, which has translators make native programs of them.
//!
//! In: the fixtures of the regression run, and random chains of forwarders with values of all types, strings, lists and handles. Out: for each
//! case in FOLDER, a fused core module `CASE.wasm`; `CASE.trace`, what passes between a host and the module in wasmtime, core
//! value by core value ([`CoreEvent`]); and `CASE.json`, its imports and exports. What wasmtime does is what the input does, or the example
//! fails. Names of cases that are for a board, too, begin with `small-`: they need little memory, and are fused for synth.
//! `MELD_NATIVE_ALL=1` makes more chains, and takes all fixtures, not only a third.

use anyhow::{Context, Result, bail, ensure, format_err};
use meld_core::core_interface::CoreInterface;
use meld_core::interface::c_header;
use meld_core::options::Target;
use meld_core::unstable::dfg::StringEncoding;
use meld_core::{Input, Options};
use meld_oracle::core_host::{CoreCode, CoreEvent, CoreGuest};
use meld_oracle::differential::{Steps, import_names, shared};
use meld_oracle::generate::{INTERFACE, Link, Random, Shape, chain, func, func_with_resources, value};
use meld_oracle::host::{ComponentCode, Guest, NoStart};
use meld_oracle::ty::Ty;
use serde_json::json;
use std::path::{Path, PathBuf};
use wasmparser::{ExternalKind, FuncType, Parser, Payload, TypeRef, ValType};

const SEED: u64 = 83;

/// Bytes by which each memory of a fixture may grow: more than any asks for.
const HEAP: u64 = 1 << 20;

/// The same for what runs on a board.
const SMALL_HEAP: u64 = 2 << 16;

/// How many fixtures there are. It only grows.
const FIXTURES: usize = 78;

/// Fixtures that run on a board as well: little memory, no allocation beyond a few pages, and every kind of type.
const SMALL: [&str; 6] = ["numbers-c", "strings-simple-c", "records-c", "resources-c", "results-c", "variants-c"];

fn main() -> Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).context("say where the cases go")?);
    std::fs::create_dir_all(&folder)?;
    let all = std::env::var_os("MELD_NATIVE_ALL").is_some();
    let mut files = Vec::new();
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/wit_bindgen/fixtures"))? {
        files.push(entry?.path());
    }
    files.retain(|file| file.extension().is_some_and(|e| e == "wasm"));
    files.sort();
    ensure!(files.len() >= FIXTURES, "there were {FIXTURES} fixtures, now there are {}", files.len());
    let mut cases = 0;
    for (number, file) in files.iter().enumerate() {
        let name = file.file_stem().context("a file has a name")?.to_string_lossy();
        let bytes = std::fs::read(file)?;
        if all || number % 3 == 0 {
            let options = for_target(Target::Wasm2c, HEAP);
            fixture(&bytes, &options).and_then(|case| case.write(&folder, &name)).with_context(|| name.to_string())?;
            cases += 1;
        }
        if SMALL.contains(&&*name) {
            let name = format!("small-{name}");
            let options = for_target(Target::Synth, SMALL_HEAP);
            fixture(&bytes, &options).and_then(|case| case.write(&folder, &name)).with_context(|| name.clone())?;
            cases += 1;
        }
    }
    for seed in 0..if all { 60 } else { 18 } {
        for narrow in [true, false] {
            let name = format!("{}{seed}", if narrow { "small-chain-" } else { "chain-" });
            random(seed, narrow).and_then(|case| case.write(&folder, &name)).with_context(|| name.clone())?;
            cases += 1;
        }
    }
    // What synth is known to refuse.
    random(1000, false).and_then(|case| case.write(&folder, "small-every-type"))?;
    cases += 1;
    println!("{cases} cases");
    Ok(())
}

fn for_target(target: Target, heap: u64) -> Options {
    let mut options = shared(heap);
    options.target = target;
    options
}

/// A module, and what it did in wasmtime.
struct Case {
    module: Vec<u8>,
    /// Headers in C: by the names of wasm2c, and of synth.
    headers: [String; 2],
    interface: CoreInterface,
    trace: Vec<CoreEvent>,
}

/// Calls every export of a fixture once.
fn fixture(bytes: &[u8], options: &Options) -> Result<Case> {
    let mut input = ComponentCode::new(bytes).and_then(|code| code.start(SEED)).map_err(why)?;
    let steps = Steps::random(&mut input, SEED, 1);
    let names = import_names(bytes).map_err(anyhow::Error::msg)?;
    let (code, mut case) = fuse(bytes, &names, options)?;
    let mut guest = code.start_traced(SEED).map_err(why)?;
    steps.replay(&mut guest).map_err(anyhow::Error::msg)?;
    case.trace = guest.trace().to_vec();
    Ok(case)
}

/// Whether no number in the type has 64 bits or is a float.
fn is_narrow(ty: &Ty) -> bool {
    match ty {
        Ty::S64 | Ty::U64 | Ty::F32 | Ty::F64 => false,
        _ => {
            let fields = ty.fields().into_iter().flatten().all(is_narrow);
            let cases = ty.cases().into_iter().flatten().flatten().all(is_narrow);
            fields && cases && ty.element().is_none_or(|ty| is_narrow(&ty))
        }
    }
}

/// A chain of forwarders, whose functions are called with values that come out at the host unchanged. `narrow`: without floats and numbers of 64
/// bits, which synth refuses as parameters.
fn random(seed: u64, narrow: bool) -> Result<Case> {
    const ENCODINGS: [StringEncoding; 3] = [StringEncoding::Utf8, StringEncoding::Utf16, StringEncoding::CompactUtf16];
    let random = &mut Random::named(SEED, "native", seed);
    let shape = Shape { proposals: false, depth: 2, resources: if seed.is_multiple_of(3) { 2 } else { 0 } };
    let mut funcs = Vec::new();
    while funcs.len() < 6 {
        let func = if shape.resources > 0 { func_with_resources(random, shape) } else { func(random, shape) };
        if !narrow || func.params.iter().chain(&func.result).all(is_narrow) {
            funcs.push(func);
        }
    }
    let links: Vec<Link> =
        (0..2).map(|link| Link::new(ENCODINGS[(seed / [1, 3][link]) as usize % 3], random)).collect();
    let bytes = wat::parse_str(chain(&funcs, &links))?;
    let (code, mut case) = fuse(&bytes, &[INTERFACE.to_owned()], &for_target(Target::Synth, SMALL_HEAP))?;
    let mut guest: CoreGuest = code.start_traced(SEED).map_err(why)?;
    for (i, func) in funcs.iter().enumerate() {
        let recorder = guest.recorder();
        let mut make = |ty| value(ty, random, &mut |_, _| Some(recorder.fresh())).context("handles are made up");
        let args: Vec<_> = func.params.iter().map(&mut make).collect::<Result<_>>()?;
        let result = func.result.as_ref().map(make).transpose()?;
        guest.recorder().answers.extend(result.clone());
        let found = guest.call(&[INTERFACE.to_owned(), format!("f{i}")], &args);
        ensure!(found.map_err(|trap| format_err!("f{i} traps: {}", trap.0))? == result, "the result of f{i}");
    }
    case.trace = guest.trace().to_vec();
    Ok(case)
}

fn fuse(bytes: &[u8], names: &[String], options: &Options) -> Result<(CoreCode, Case)> {
    let fused = meld_core::fuse(&[Input::new("input", bytes)], options)?;
    let code = CoreCode::new(&fused.core, &fused.interface, names).map_err(why)?;
    let header = |target| c_header("m", &fused.core, &fused.description, &fused.report.map, target);
    let headers = [header(Target::Wasm2c)?, header(Target::Synth)?];
    Ok((code, Case { module: fused.core, headers, interface: fused.interface, trace: Vec::new() }))
}

fn why(no_start: NoStart) -> anyhow::Error {
    match no_start {
        NoStart::Unfit(why) => format_err!("it cannot be instantiated: {why}"),
        NoStart::Trap(trap) => format_err!("it traps at start: {}", trap.0),
    }
}

impl Case {
    fn write(&self, folder: &Path, name: &str) -> Result<()> {
        let (imports, exports) = functions(&self.module)?;
        let position = |of: &[(String, String, FuncType)], module: &str, field: &str| {
            let found = of.iter().position(|(a, b, _)| a == module && b == field);
            found.with_context(|| format!("the module has no `{module}` `{field}`"))
        };
        let mut trace = Vec::new();
        for event in &self.trace {
            match event {
                CoreEvent::Call(field, values) => put(&mut trace, 1, position(&exports, "", field)?, values),
                CoreEvent::Returned(values) => put(&mut trace, 2, 0, values),
                CoreEvent::Trapped => put(&mut trace, 3, 0, &[]),
                CoreEvent::Import(module, field, values) => {
                    put(&mut trace, 4, position(&imports, module, field)?, values)
                }
                CoreEvent::Answer(values) => put(&mut trace, 5, 0, values),
                CoreEvent::Refused => put(&mut trace, 8, 0, &[]),
                CoreEvent::Read(at, bytes) | CoreEvent::Write(at, bytes) => {
                    let kind = if matches!(event, CoreEvent::Read(..)) { 6 } else { 7 };
                    put(&mut trace, kind, bytes.len(), &[(*at).into()]);
                    trace.extend_from_slice(bytes);
                }
            }
        }
        put(&mut trace, 9, 0, &[]);
        let listed = |of: &[(String, String, FuncType)]| -> Result<Vec<_>> {
            let types = |types: &[ValType]| -> Result<Vec<_>> { types.iter().map(ty).collect() };
            of.iter()
                .map(|(module, field, ty)| {
                    Ok(json!({ "module": module, "field": field, "params": types(ty.params())?, "results": types(ty.results())? }))
                })
                .collect()
        };
        let description = json!({
            "imports": listed(&imports)?,
            "exports": listed(&exports)?,
            "initialize": self.interface.init,
        });
        std::fs::write(folder.join(format!("{name}.wasm")), &self.module)?;
        std::fs::write(folder.join(format!("{name}.trace")), trace)?;
        for (translator, header) in ["wasm2c", "synth"].iter().zip(&self.headers) {
            std::fs::write(folder.join(format!("{name}.{translator}.h")), header)?;
        }
        Ok(std::fs::write(folder.join(format!("{name}.json")), description.to_string())?)
    }
}

/// A record of a trace: a kind, how many values there are, 16 bits of 0, a number of 32 bits, and the values, each 64 bits; all little-endian.
fn put(trace: &mut Vec<u8>, kind: u8, number: usize, values: &[u64]) {
    let count = u8::try_from(values.len()).expect("a function has few parameters");
    trace.extend([kind, count, 0, 0]);
    trace.extend(u32::try_from(number).expect("a case is small").to_le_bytes());
    trace.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

fn ty(ty: &ValType) -> Result<&'static str> {
    Ok(match ty {
        ValType::I32 => "i32",
        ValType::I64 => "i64",
        ValType::F32 => "f32",
        ValType::F64 => "f64",
        other => bail!("{other} crosses the boundary"),
    })
}

/// A function at the boundary: module, field and type; exports are of no module.
type Named = (String, String, FuncType);

/// Functions that a module imports, and those that it exports.
fn functions(module: &[u8]) -> Result<(Vec<Named>, Vec<Named>)> {
    let (mut types, mut funcs, mut imports, mut exports) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::TypeSection(section) => {
                for group in section {
                    types.extend(group?.into_types());
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    let TypeRef::Func(ty) = import.ty else { bail!("`{}` is no function", import.name) };
                    funcs.push(ty);
                    let ty = types[ty as usize].unwrap_func().clone();
                    imports.push((import.module.to_owned(), import.name.to_owned(), ty));
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    funcs.push(ty?);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    if export.kind == ExternalKind::Func {
                        let ty = types[funcs[export.index as usize] as usize].unwrap_func().clone();
                        exports.push((String::new(), export.name.to_owned(), ty));
                    }
                }
            }
            _ => {}
        }
    }
    Ok((imports, exports))
}
