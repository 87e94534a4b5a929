//! Several instances that use tasks, whose memories are windows of one: room for records, and arenas.
//!
//! In: components as text. That all of it is in one module is checked, too. What these compositions do otherwise is in `tasks.rs`.

use meld_core::options::{Protection, SharedArena};
use meld_core::{Fused, Fuser};
use meld_oracle::engine::concurrent_engine;
use wasmtime::component::{Component, Linker};
use wasmtime::{Caller, Extern, Instance, Module, Result, Store};

/// Calls that leave nothing behind need as much room for a thousand as for one, and one record less traps.
#[test]
fn a_record_more_than_there_is_room_for_traps() {
    let component = wat::parse_str(include_str!("../../benches/calls/tasks.wat")).expect("it is a component");
    let engine = concurrent_engine();
    let run = |tasks: u32, export: &str, calls: u32| {
        let mut fuser = Fuser::new();
        fuser.input("test", &component);
        let shared = fuser.options_mut().shared();
        shared.rebase = true;
        shared.tasks = Some(tasks);
        shared.protection = Protection::Isolated;
        let fused = fuser.fuse().expect("it is fused");
        let module = Module::new(engine, &fused.core).expect("it is valid");
        assert_eq!(module.exports().filter(|export| export.ty().memory().is_some()).count(), 0);
        let mut store = Store::new(engine, ());
        store.set_epoch_deadline(60);
        let instance = Instance::new(&mut store, &module, &[]).expect("it needs nothing");
        let run = instance.get_typed_func::<(u32, u32), u32>(&mut store, export).expect("it is exported");
        run.call(&mut store, (calls, 5)).map_err(|trap| format!("{trap:?}"))
    };
    for (export, each) in [("add", 3), ("later", 3), ("bytes", 5)] {
        let enough = (1..20).find(|tasks| run(*tasks, export, 1).is_ok()).expect("a call needs few records");
        assert_eq!(run(enough, export, 1000), Ok(1000 * each), "{export}");
        let trap = run(enough.max(2) - 1, export, 1);
        if enough > 1 {
            assert!(trap.is_err_and(|trap| trap.contains("cabi-trap:tasks-full")), "{export}");
        }
    }
}

/// The component that exports `run`, which blocks, or `echo`, which has a callback.
fn with_arena(export: &str) -> Vec<u8> {
    let (params, result, lift) = match export {
        "run" => ("(param \"n\" u32) (param \"bytes\" u32)", "u32", ""),
        _ => (
            "(param \"text\" string)",
            "string",
            "async (callback (core func $i \"callback\")) (memory $memory) (realloc $realloc)",
        ),
    };
    let text = include_str!("tasks/arena.wat").replace("EXPORT", export).replace("PARAMS", params);
    let text = text.replace("RESULT", result).replace("LIFT", lift);
    wat::parse_str(text).expect("the test's text is a component")
}

fn fused(component: &[u8], arena: SharedArena, is_component: bool) -> Fused {
    let mut fuser = Fuser::new();
    fuser.input("test", component).component(is_component);
    if let SharedArena::Embedder(_) = arena {
        fuser.passthrough("env::__cabi_arena_realloc".parse().expect("a core name"));
    }
    let shared = fuser.options_mut().shared();
    shared.rebase = true;
    shared.tasks = Some(16);
    shared.arena = Some(arena);
    fuser.fuse().unwrap_or_else(|error| panic!("{}", meld_oracle::error_chain(&error)))
}

const ARENA: u64 = 4096;

/// The embedder's allocator: blocks one after the other, freed by the last one that was taken or not at all.
fn realloc(mut caller: Caller<'_, u32>, (old, old_bytes, align, new_bytes): (u32, u32, u32, u32)) -> Result<u32> {
    let global = |caller: &mut Caller<'_, u32>, name: &str| match caller.get_export(name) {
        Some(Extern::Global(global)) => global.get(caller).unwrap_i32().cast_unsigned(),
        _ => panic!("`{name}` is exported"),
    };
    let (base, end) = (global(&mut caller, "__meld_arena_base"), global(&mut caller, "__meld_arena_end"));
    let used = caller.data_mut();
    if old_bytes > 0 && old + old_bytes == base + *used {
        *used = old - base;
    }
    if new_bytes == 0 {
        return Ok(align);
    }
    assert!(old_bytes == 0, "the guests of this test never resize");
    let at = (base + *used).next_multiple_of(align);
    assert!(at + new_bytes <= end, "the arena is large enough");
    *used = at + new_bytes - base;
    Ok(at)
}

#[test]
fn with_an_arena_inside_or_the_embedders() {
    let engine = concurrent_engine();
    let component = with_arena("run");
    // What is in the arena inside is freed, so that it is enough for any number of calls.
    for (arena, calls) in [(SharedArena::Inside(ARENA), 1000), (SharedArena::Embedder(ARENA), 10)] {
        let fused = fused(&component, arena, false);
        assert_eq!(fused.report.fusion.kept_crossings, Some(0));
        let module = Module::new(engine, &fused.core).expect("it is valid");
        let mut linker = wasmtime::Linker::new(engine);
        linker
            .func_wrap("env", "__cabi_arena_realloc", |caller: Caller<'_, u32>, a: u32, b: u32, c: u32, d: u32| {
                realloc(caller, (a, b, c, d))
            })
            .expect("it is the only one");
        let mut store = Store::new(engine, 0);
        store.set_epoch_deadline(60);
        let instance = linker.instantiate(&mut store, &module).expect("it needs nothing else");
        let run = instance.get_typed_func::<(u32, u32), u32>(&mut store, "run").expect("it is exported");
        assert_eq!(run.call(&mut store, (calls, 40)).expect("it runs"), calls * 40 * 65, "{arena:?}");
    }
}

/// The host reads strings in the arena, also after the call has come back, and its answers are there.
#[test]
fn the_host_reads_in_an_arena() {
    let engine = concurrent_engine();
    let fused = fused(&with_arena("echo"), SharedArena::Inside(ARENA), true);
    let component = Component::new(engine, fused.component.expect("the options ask for it")).expect("it is valid");
    let mut linker = Linker::<()>::new(engine);
    linker
        .root()
        .func_wrap_concurrent("say", |_, (text,): (String,)| {
            Box::pin(async move {
                tokio::task::yield_now().await;
                Ok((format!("<{text}>"),))
            })
        })
        .expect("it is the only one");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("it starts");
    runtime.block_on(async {
        let mut store = Store::new(engine, ());
        store.set_epoch_deadline(60);
        let instance = linker.instantiate_async(&mut store, &component).await.expect("it needs nothing else");
        let echo = instance.get_typed_func::<(String,), (String,)>(&mut store, "echo").expect("it is exported");
        for length in [1, 17, 300] {
            for _ in 0..20 {
                let text = "x☀".repeat(length);
                let (answer,) = echo.call_async(&mut store, (text.clone(),)).await.expect("it runs");
                assert_eq!(answer, format!("<{text}>"));
            }
        }
    });
}
