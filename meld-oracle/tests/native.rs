//! Modules for translators to native code: `Target::Synth`.
//!
//! In: the fixtures of the regression run, of which a third is run by default (`MELD_NATIVE_ALL=1`: all). Out: each, fused for the target,
//! does the same as the input, call for call of the host; and it has what the target needs: functions with one result, imports whose
//! fields differ, exports that are different functions, and no start section. What only calls by name reach has few parameters, none of 64 bits. `.ci/native` lets the translators themselves have their say.

use libtest_mimic::{Arguments, Failed, Trial};
use meld_core::options::{StackSize, Target};
use meld_core::{Input, Options};
use meld_oracle::core_host::CoreCode;
use meld_oracle::differential::{Steps, import_names, shared};
use meld_oracle::host::{ComponentCode, NoStart};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;
use wasmparser::{ElementItems, ExternalKind, Parser, Payload, TypeRef};

const SEED: u64 = 79;

/// Bytes by which each memory may grow: more than any fixture asks for.
const HEAP: u64 = 1 << 20;

fn main() -> ExitCode {
    let files = meld_oracle::fixtures::synchronous();
    let all = std::env::var_os("MELD_NATIVE_ALL").is_some();
    let some = files.into_iter().enumerate().filter(|(number, _)| all || number % 3 == 0);
    let trials = some.map(|(number, file)| {
        let name = file.file_stem().expect("a file has a name").to_string_lossy().into_owned();
        let stack = number % 2 == 0;
        Trial::test(format!("fixture/{name}"), move || fixture(&file, stack))
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

/// Fuses a fixture for the target, and runs it in wasmtime. `stack`: with one stack for all, where that is possible.
fn fixture(file: &Path, stack: bool) -> Result<(), Failed> {
    let bytes = std::fs::read(file)?;
    let mut input = ComponentCode::new(&bytes).and_then(|code| code.start(SEED)).map_err(why)?;
    let steps = Steps::random(&mut input, SEED, 1);
    let names = import_names(&bytes)?;
    let mut options = shared(HEAP);
    options.target = Target::Synth;
    let runs = meld_oracle::differential::export_names(&bytes)?.iter().any(|name| name == "run");
    if stack && runs {
        options.shared().common().stack = Some(StackSize::Bytes(64 << 10));
    }
    let core = fuse(&bytes, &options)?;
    suits(&core.core)?;
    let code = CoreCode::new(&core.core, &core.interface, &names);
    let mut guest = code.and_then(|code| code.start(SEED)).map_err(why)?;
    Ok(steps.replay(&mut guest)?)
}

fn fuse(bytes: &[u8], options: &Options) -> Result<meld_core::Fused, Failed> {
    meld_core::fuse(&[Input::new("input", bytes)], options).map_err(|error| meld_oracle::error_chain(&error).into())
}

/// Checks that a module has what the target needs.
fn suits(module: &[u8]) -> Result<(), Failed> {
    let (mut results, mut funcs, mut fields, mut exported) = (Vec::new(), Vec::new(), BTreeSet::new(), BTreeSet::new());
    let mut wide: Vec<bool> = Vec::new();
    let (mut referenced, mut imported) = (BTreeSet::new(), 0u32);
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::TypeSection(types) => {
                for group in types {
                    for ty in group?.into_types() {
                        let func = matches!(ty.composite_type.inner, wasmparser::CompositeInnerType::Func(_));
                        results.push(if func { ty.unwrap_func().results().len() } else { 0 });
                        let is_wide = |ty: &wasmparser::ValType| {
                            matches!(ty, wasmparser::ValType::I64 | wasmparser::ValType::F64)
                        };
                        let params = if func { ty.unwrap_func().params() } else { &[] };
                        wide.push(params.len() > 4 || params.iter().any(is_wide));
                    }
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let import = import?;
                    if !fields.insert(import.name.to_owned()) {
                        return Err(format!("two imports have the field `{}`", import.name).into());
                    }
                    imported += u32::from(matches!(import.ty, TypeRef::Func(_)));
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    funcs.push(ty?);
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export?;
                    if fields.contains(export.name) {
                        return Err(format!("an import is called like the export `{}`", export.name).into());
                    }
                    if export.kind == ExternalKind::Func && (export.index < imported || !exported.insert(export.index))
                    {
                        return Err(format!("`{}` is exported under another name too, or imported", export.name).into());
                    }
                }
            }
            Payload::StartSection { .. } => return Err("a start section".into()),
            Payload::ElementSection(elements) => {
                for element in elements {
                    if let ElementItems::Functions(items) = element?.items {
                        for item in items {
                            referenced.insert(item?);
                        }
                    }
                }
            }
            _ => {}
        }
    }
    for (index, ty) in (imported..).zip(&funcs) {
        if results[*ty as usize] > 1 && !referenced.contains(&index) {
            return Err(format!("function {index} has {} results", results[*ty as usize]).into());
        }
        if wide[*ty as usize] && !referenced.contains(&index) && !exported.contains(&index) {
            return Err(format!("function {index} has more than four parameters, or one of 64 bits").into());
        }
    }
    Ok(())
}

fn why(no_start: NoStart) -> Failed {
    match no_start {
        NoStart::Unfit(why) => format!("it cannot be instantiated: {why}").into(),
        NoStart::Trap(trap) => format!("it traps at start: {}", trap.0).into(),
    }
}
