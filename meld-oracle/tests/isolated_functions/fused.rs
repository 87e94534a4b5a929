//! A module as a window of one memory with neighbours.
//!
//! In: a core module with memories `m0`, `m1` and `m2`. Out: [`fused`], the core module that the fuser makes of it between
//! two neighbours, and what is known of it.

use super::generate::{Shape, TICK};
use meld_core::options::Protection;
use meld_core::report::AreaKind;
use meld_core::unstable::dfg::{CoreItem, CoreKind};
use meld_core::unstable::handle_tables::HandleTables;
use meld_core::unstable::plan::MemoryPlan;
use meld_core::unstable::resource_graph::ResourceGraph;
use meld_core::unstable::{adapter, emit, inline, merger, parse, passes, plan};
use meld_core::{Input, Options};
use std::ops::ControlFlow;
use wasm_encoder::*;
use wasmparser::{Operator, Parser, Payload};

/// Pages of the neighbours.
const NEIGHBOURS: [u64; 2] = [3, 7];

/// The core module of a composition of `module` and two neighbours in one memory, with `--isolate`, and where the
/// memories of `module` are.
pub(super) fn fused(module: &[u8], shape: Shape) -> Result<(Vec<u8>, Vec<usize>), String> {
    let mut options = Options::default();
    options.shared().rebase = true;
    options.shared().protection = Protection::Isolated;
    if shape.grows {
        options.shared().heap().every = Some(2 << 16);
    }
    let bytes = composition(module, shape.first);
    let inputs = [Input::new("input", bytes)];
    let fused = meld_core::fuse(&inputs, &options).map_err(|error| format!("{:#}", anyhow::Error::new(error)))?;
    // Windows are in the order of their size, but for the one that begins at 0.
    let mut windows: Vec<(u64, usize)> = Vec::new();
    for area in fused.report.map.iter().filter(|area| area.kind == AreaKind::Window && area.owner == "m") {
        windows.push((area.end - area.start, area.start as usize));
    }
    windows.sort();
    let [log, one, two] = windows[..] else { return Err(format!("{windows:?}")) };
    Ok((fused.core, vec![one.1, two.1, log.1]))
}

/// The same with an arena of so many bytes above all windows, in reach of each memory of `module`; and where it begins.
pub(super) fn fused_with_arena(
    module: &[u8],
    shape: Shape,
    bytes: u64,
) -> Result<(Vec<u8>, Vec<usize>, usize), String> {
    let (_, bases) = fused(module, shape)?;
    let mut options = Options::default();
    options.shared().rebase = true;
    options.shared().protection = Protection::Isolated;
    let composition = composition(module, shape.first);
    let component = parse::parse("input", &composition).map_err(|error| error.to_string())?;
    let dfg = inline::inline(component).map_err(|error| error.to_string())?;
    let graph = ResourceGraph::new(&dfg).map_err(|error| error.to_string())?;
    let principal = plan::principal(&dfg, &options).map_err(|error| error.to_string())?;
    let handles = HandleTables::new(&dfg, &graph, None, false).map_err(|error| error.to_string())?;
    let mut plan = plan::plan(&dfg, handles, principal, &options).map_err(|error| error.to_string())?;
    let MemoryPlan::Shared(shared) = &mut plan.memory else { return Err("it has no windows".to_owned()) };
    // No module with several memories can say into which its allocator's pointers are, so the plan is told.
    let (instance, _) = dfg.core_instances.iter().find(|(_, core)| core.path == "m").ok_or("no instance")?;
    shared.arena_users.extend((0..3).map(|index| CoreItem { instance, kind: CoreKind::Memory, index }));
    shared.arena_home = shared.arena_users.first().copied();
    shared.arena = bytes;
    let adapted = adapter::adapt(&dfg, &plan).map_err(|error| error.to_string())?;
    let merged = merger::merge(&dfg, adapted).map_err(|error| error.to_string())?;
    let mut end = 0;
    let live = passes::run(merged, &plan.memory, &mut |after| {
        if after.pass == passes::Pass::Layout {
            let text = after.to_string();
            let ends =
                text.lines().filter(|line| line.starts_with("window of ")).filter_map(|line| line.split("..").nth(1));
            end = ends.filter_map(|end| end.parse().ok()).max().unwrap_or_default();
        }
        ControlFlow::Continue(())
    });
    let live = live.map_err(|error| error.to_string())?.ok_or("it broke off")?;
    let emitted = emit::emit(&live, |_| Vec::new()).map_err(|error| error.to_string())?;
    Ok((emitted.bytes, bases, end))
}

/// A component of the module between its neighbours, which exports `run`, and a list in the memory `first`.
fn composition(module: &[u8], first: u32) -> Vec<u8> {
    let mut component = ComponentBuilder::default();
    let exports = |component: &mut ComponentBuilder, instance, name: &str, ty, options: Vec<CanonicalOption>| {
        let func = component.core_alias_export(None, instance, name, ExportKind::Func);
        let func = component.lift_func(None, func, ty, options);
        component.export(name, ComponentExportKind::Func, func, None);
    };
    let (number, mut ty) = component.type_function(None);
    ty.params([] as [(&str, ComponentValType); 0]).result(Some(PrimitiveValType::U32.into()));
    for (name, pages) in ["before", "after"].into_iter().zip(NEIGHBOURS) {
        let neighbour = wat::parse_str(format!(
            "(module (memory {pages}) (data (i32.const 0) \"neighbour\")
               (func (export \"{name}\") (result i32) (i32.load (i32.const 0))))"
        ));
        let neighbour = component.core_module_raw(None, &neighbour.expect("valid text"));
        let instance = component.core_instantiate(Some(name), neighbour, []);
        exports(&mut component, instance, name, number, Vec::new());
    }
    let module = component.core_module_raw(None, module);
    let instance = component.core_instantiate(Some("m"), module, []);
    let (run, mut ty) = component.type_function(None);
    let params = ["which", "a", "b", "c"].map(|name| (name, PrimitiveValType::U32));
    ty.params(params).result(Some(PrimitiveValType::U32.into()));
    exports(&mut component, instance, "run", run, Vec::new());
    let (bytes, ty) = component.type_defined(None);
    ty.list(PrimitiveValType::U8);
    let (list, mut ty) = component.type_function(None);
    ty.params([] as [(&str, ComponentValType); 0]).result(Some(ComponentValType::Type(bytes)));
    let memory = component.core_alias_export(None, instance, &format!("m{first}"), ExportKind::Memory);
    exports(&mut component, instance, "list", list, vec![CanonicalOption::Memory(memory)]);
    component.append_names();
    component.finish()
}

/// How many accesses there are in a module, and how many checks of them in what was made of it.
pub(super) fn checks_and_accesses(module: &[u8], fused: &[u8]) -> (usize, usize) {
    let (mut accesses, mut selects, mut traps) = (0, [0, 0], 0);
    for (i, bytes) in [module, fused].into_iter().enumerate() {
        for payload in Parser::new(0).parse_all(bytes) {
            let Payload::CodeSectionEntry(body) = payload.expect("valid") else { continue };
            for operator in body.get_operators_reader().expect("valid") {
                match operator.expect("valid") {
                    Operator::Select => selects[i] += 1,
                    Operator::Call { function_index: TICK } if i == 0 => accesses += 1,
                    Operator::I32Load8U { memarg } if memarg.offset == u64::from(u32::MAX) => traps += 1,
                    _ => {}
                }
            }
        }
    }
    (traps + selects[1] - selects[0], accesses)
}
