//! Merging alone: compositions whose boundaries carry scalars only, so that no adapter is needed.
//!
//! Each `tests/merge/NAME.wat` is a component that may import `log: func(u32)` and exports functions without
//! parameters that return `u32`. It is run as it is and fused, and both must log the same numbers, return
//! the same results and trap at the same place: at instantiation or in the same call.

use libtest_mimic::{Arguments, Trial};
use meld_core::Options;
use meld_core::core_interface::{CoreExport, CoreImport, CoreOptions, KnownName};
use meld_core::unstable::adapter::Adapted;
use meld_core::unstable::dfg::{ComponentDfg, ComponentFunc, CoreDef, Export, StringEncoding, Trampoline};
use meld_core::unstable::emit::Emitted;
use meld_core::unstable::handle_tables::HandleTables;
use meld_core::unstable::resource_graph::ResourceGraph;
use meld_core::unstable::synth::{FuncRef, HostImport};
use meld_core::unstable::{emit, inline, merger, parse, passes, plan};
use meld_oracle::engine::{engine, limit};
use std::error::Error;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use wasmtime::{AsContextMut, Caller, Store, StoreContextMut, component};

/// What can be seen of a run.
#[derive(Debug, PartialEq, Eq)]
enum Event {
    Log(u32),
    Result(String, i32),
    Trap(String),
}

/// Each case is a test of its own: `--test merge NAME` runs one.
fn main() -> ExitCode {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/merge");
    let mut cases: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("the folder of cases exists")
        .map(|entry| entry.expect("the folder of cases is readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "wat"))
        .collect();
    cases.sort();
    assert!(!cases.is_empty());
    let trial = |case: PathBuf| {
        let name = case.file_stem().expect("a case has a name").to_string_lossy().into_owned();
        Trial::test(name, move || check(&case).map_err(|error| error.to_string().into()))
    };
    libtest_mimic::run(&Arguments::from_args(), cases.into_iter().map(trial).collect()).exit_code()
}

fn check(case: &Path) -> Result<(), Box<dyn Error>> {
    let wasm = wat::parse_file(case)?;
    let fused = fuse(&wasm).map_err(|error| meld_oracle::error_chain(&*error))?;
    if std::env::var_os("SHOW").is_some() {
        println!("{}:\n{}", case.display(), wasmprinter::print_bytes(&fused.bytes)?);
    }
    let expected = run_component(&wasm)?;
    let actual = run_core(&fused)?;
    if expected != actual {
        return Err(format!("\n  unfused: {expected:?}\n  fused:   {actual:?}").into());
    }
    // What is claimed about the output in the case's header, `;; lacks: TEXT` or `;; has: TEXT`, holds.
    let print = wasmprinter::print_bytes(&fused.bytes)?;
    for line in std::fs::read_to_string(case)?.lines() {
        if let Some(text) = line.strip_prefix(";; lacks: ")
            && print.contains(text)
        {
            return Err(format!("the output has `{text}`:\n{print}").into());
        }
        if let Some(text) = line.strip_prefix(";; has: ")
            && !print.contains(text)
        {
            return Err(format!("the output lacks `{text}`:\n{print}").into());
        }
    }
    Ok(())
}

fn fuse(wasm: &[u8]) -> Result<Emitted, Box<dyn Error>> {
    let dfg = inline::inline(parse::parse("case", wasm)?)?;
    let adapted = direct(&dfg)?;
    let principal = plan::principal(&dfg, &Options::default())?;
    let handles = HandleTables::new(&dfg, &ResourceGraph::new(&dfg)?, principal.instance, principal.tasks.is_some())?;
    let plan = plan::plan(&dfg, handles, principal, &Options::default())?;
    let merged = merger::merge(&dfg, adapted)?;
    let live = passes::run(merged, &plan.memory, &mut |_| ControlFlow::Continue(()))?.ok_or("nothing breaks off")?;
    Ok(emit::emit(&live, |_| Vec::new())?)
}

/// The adapter stage for boundaries of scalars whose obligations no program can observe: no adapters.
fn direct(dfg: &ComponentDfg<'_>) -> Result<Adapted, Box<dyn Error>> {
    let mut adapted = Adapted::default();
    let options = CoreOptions::without_memory(StringEncoding::Utf8);
    for (id, trampoline) in dfg.trampolines.iter() {
        let Trampoline::Lower { func, options: lower } = *trampoline else {
            return Err(format!("{trampoline:?} needs an adapter").into());
        };
        let stands_for = match func {
            ComponentFunc::Lift(lift) => func_ref(dfg.lifts[lift].func),
            ComponentFunc::Import(import) => {
                let host = HostImport::Lower(import, lower);
                let field = dfg.world.imports[dfg.import_funcs[import].path.import].name.clone();
                let planned = CoreImport {
                    module: "host".to_string(),
                    field,
                    params: vec![wasm_encoder::ValType::I32],
                    results: Vec::new(),
                    options: options.clone(),
                    table: None,
                    known: KnownName::Known,
                    has_strings: false,
                    droppable: Vec::new(),
                    path: None,
                    ty: None,
                    passes_through: false,
                };
                adapted.interface.imports.insert(host, planned);
                FuncRef::Host(host)
            }
        };
        adapted.trampolines.insert(id, stands_for);
    }
    for (name, export) in &dfg.exports {
        let Export::Func(ComponentFunc::Lift(lift)) = *export else {
            return Err(format!("`{name}` is not a lifted function").into());
        };
        let lift = &dfg.lifts[lift];
        adapted.exports.funcs.insert(name.clone(), func_ref(lift.func));
        adapted.interface.exports.push(CoreExport {
            path: vec![name.clone()],
            field: name.clone(),
            ty: lift.ty,
            options: options.clone(),
        });
    }
    Ok(adapted)
}

fn func_ref(def: CoreDef) -> FuncRef {
    match def {
        CoreDef::Item(item) => FuncRef::Core(item),
        CoreDef::Trampoline(id) => FuncRef::Trampoline(id),
    }
}

type Log = Vec<Event>;

fn trap(error: &wasmtime::Error) -> Event {
    Event::Trap(match error.downcast_ref::<wasmtime::Trap>() {
        Some(trap) => trap.to_string(),
        None => error.to_string(),
    })
}

fn run_component(wasm: &[u8]) -> Result<Log, Box<dyn Error>> {
    let component = component::Component::new(engine(), wasm)?;
    let mut linker = component::Linker::new(engine());
    linker.root().func_wrap("log", |mut caller: StoreContextMut<'_, Log>, (value,): (u32,)| {
        caller.data_mut().push(Event::Log(value));
        Ok(())
    })?;
    let mut store = Store::new(engine(), Log::new());
    limit(&mut store);
    let instance = match linker.instantiate(&mut store, &component) {
        Ok(instance) => instance,
        Err(error) => {
            store.data_mut().push(trap(&error));
            return Ok(store.into_data());
        }
    };
    let names: Vec<String> = component.component_type().exports(engine()).map(|(name, _)| name.to_string()).collect();
    for name in names {
        let func = instance.get_typed_func::<(), (u32,)>(&mut store, &name)?;
        match func.call(&mut store, ()) {
            Ok((result,)) => store.data_mut().push(Event::Result(name, result.cast_signed())),
            Err(error) => {
                store.data_mut().push(trap(&error));
                break;
            }
        }
    }
    Ok(store.into_data())
}

fn run_core(fused: &Emitted) -> Result<Log, Box<dyn Error>> {
    let module = wasmtime::Module::new(engine(), &fused.bytes)?;
    let mut linker = wasmtime::Linker::new(engine());
    linker.func_wrap("host", "log", |mut caller: Caller<'_, Log>, value: i32| {
        caller.data_mut().push(Event::Log(value.cast_unsigned()));
    })?;
    let mut store = Store::new(engine(), Log::new());
    limit(&mut store);
    if let Err(error) = run_core_in(&linker, store.as_context_mut(), &module, fused) {
        store.data_mut().push(trap(&error));
    }
    Ok(store.into_data())
}

fn run_core_in(
    linker: &wasmtime::Linker<Log>,
    mut store: StoreContextMut<'_, Log>,
    module: &wasmtime::Module,
    fused: &Emitted,
) -> wasmtime::Result<()> {
    let instance = linker.instantiate(&mut store, module)?;
    if let Some(init) = &fused.interface.init {
        instance.get_typed_func::<(), ()>(&mut store, init)?.call(&mut store, ())?;
    }
    for export in &fused.interface.exports {
        let func = instance.get_typed_func::<(), i32>(&mut store, &export.field)?;
        let result = func.call(&mut store, ())?;
        store.data_mut().push(Event::Result(export.field.clone(), result));
    }
    Ok(())
}
