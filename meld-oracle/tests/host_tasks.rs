//! Several instances that use tasks, in one module, and asynchronous functions of a host that is no component.
//!
//! In: components as text. Each runs as it is and fused, with a host that answers at once or after others have run. That all of it is in one
//! module is checked, too. `async_programs` has hosts that are components.

use meld_core::options::{HandleStorage, MemoryMode, SharedOptions};
use meld_oracle::concurrent::all;
use meld_oracle::engine::concurrent_engine;
use meld_oracle::host::Trap;
use wasmtime::component::{Component, Linker, Resource, ResourceAny, ResourceType};
use wasmtime::{Result, Store};

/// What the host was asked for, in order, and when it had answered.
type Log = Vec<(u32, bool)>;

/// The component fused, with everything in one module.
fn fused(component: &[u8], storage: HandleStorage) -> Vec<u8> {
    fused_in(component, storage, MemoryMode::Multi)
}

fn fused_in(component: &[u8], storage: HandleStorage, memory: MemoryMode) -> Vec<u8> {
    let mut fuser = meld_core::Fuser::new();
    fuser.input("test", component).handle_storage(storage).memory(memory);
    let fused = fuser.fuse_component().expect("a component is accepted");
    assert_eq!(fused.report.fusion.kept_crossings, Some(0), "all of it is fused");
    fused.bytes
}

/// The result of `run`, those of `park`, which is called at the same time, before it and after it, and what the host was asked for.
fn run(component: &[u8], n: u32, parks: &[u32]) -> Result<(u32, Vec<u32>, Log)> {
    let engine = concurrent_engine();
    let component = Component::new(engine, component)?;
    let mut linker = Linker::<Log>::new(engine);
    linker.root().func_wrap_concurrent("later", |tasks, (n,): (u32,)| {
        Box::pin(async move {
            tasks.with(|mut store| store.get().push((n, false)));
            for _ in 0..n {
                tokio::task::yield_now().await;
            }
            tasks.with(|mut store| store.get().push((n, true)));
            Ok((n * 10,))
        })
    })?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut store = Store::new(engine, Log::new());
        store.set_epoch_deadline(60);
        let instance = linker.instantiate_async(&mut store, &component).await?;
        let run = instance.get_typed_func::<(u32,), (u32,)>(&mut store, "run")?;
        let park = instance.get_typed_func::<(u32,), (u32,)>(&mut store, "park")?;
        let (before, after) = parks.split_at(parks.len() / 2);
        let calls = before.iter().map(|n| (&park, *n)).chain([(&run, n)]).chain(after.iter().map(|n| (&park, *n)));
        let results = store.run_concurrent(async |tasks| {
            all(calls.map(|(func, n)| func.call_concurrent(tasks, (n,))).collect()).await
        });
        let mut parked: Vec<u32> = results.await??.into_iter().map(|(n,)| n).collect();
        let result = parked.remove(before.len());
        Ok((result, parked, store.into_data()))
    })
}

/// A root that blocks has its answers from the host while others wait for theirs, and while others always have something to do; and so have calls of the host that
/// are parked meanwhile.
#[test]
fn a_root_that_blocks() {
    let component = wat::parse_str(include_str!("host_tasks/blocks.wat")).expect("it is a component");
    for storage in [HandleStorage::Memory, HandleStorage::Table, HandleStorage::Gc] {
        let fused = fused(&component, storage);
        for n in [0, 1, 5, 20] {
            let expected = 30 * n + 30 + 207;
            let parks = [4, 11, 50, 7, 23, 0];
            let parks = &parks[..if n == 1 { 0 } else { parks.len() }];
            let parked: Vec<u32> = parks.iter().map(|n| (n + n % 2) * 10).collect();
            let (result, found, mut log) = run(&component, n, parks).expect("the input runs");
            assert_eq!((result, &found), (expected, &parked));
            let (result, found, mut of_fused) = run(&fused, n, parks).expect("the fused component runs");
            assert_eq!((result, &found), (expected, &parked));
            // The order of answers is the host's.
            log.sort_unstable();
            of_fused.sort_unstable();
            assert_eq!(of_fused, log);
        }
    }
}

/// A resource of the host, and what became of those that there were: the number that each has for its representation.
struct Thing;

/// A host that has things, and says what became of them.
fn things(linker: &mut Linker<Vec<String>>) -> Result<()> {
    let mut host = linker.instance("h")?;
    host.resource("r", ResourceType::host::<Thing>(), |mut store, rep| {
        store.data_mut().push(format!("drop {rep}"));
        Ok(())
    })?;
    host.func_wrap("make", |mut store, (n,): (u32,)| {
        store.data_mut().push(format!("make {n}"));
        Ok((Resource::<Thing>::new_own(100 + n),))
    })?;
    for (name, what) in [("get", 1), ("eat", 1000)] {
        host.func_wrap_concurrent(name, move |tasks, (thing, n): (Resource<Thing>, u32)| {
            Box::pin(async move {
                tasks.with(|mut store| store.get().push(format!("{name} {} {}", thing.rep(), thing.owned())));
                for _ in 0..n {
                    tokio::task::yield_now().await;
                }
                tasks.with(|mut store| store.get().push(format!("{name} ends")));
                Ok((thing.rep() * what,))
            })
        })?;
    }
    Ok(())
}

/// The result of `run` with a handle, the representation of the handle that it returns, and what the host saw, in order.
fn run_with_handles(component: &[u8], n: u32) -> Result<(u32, u32, Vec<String>)> {
    let engine = concurrent_engine();
    let component = Component::new(engine, component)?;
    let mut linker = Linker::<Vec<String>>::new(engine);
    things(&mut linker)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut store = Store::new(engine, Vec::new());
        store.set_epoch_deadline(60);
        let instance = linker.instantiate_async(&mut store, &component).await?;
        let run = instance.get_typed_func::<(ResourceAny, u32), ((u32, ResourceAny),)>(&mut store, "run")?;
        let given = Resource::<Thing>::new_own(7).try_into_resource_any(&mut store)?;
        let ((result, returned),) = run.call_async(&mut store, (given, n)).await?;
        let rep = returned.try_into_resource::<Thing>(&mut store)?.rep();
        Ok((result, rep, store.into_data()))
    })
}

/// Handles of the host that are lent to it and given to it in asynchronous calls, and that it gives and gets in one of its own.
#[test]
fn handles() {
    let component = wat::parse_str(include_str!("host_tasks/handles.wat")).expect("it is a component");
    let fused = fused(&component, HandleStorage::Memory);
    for n in [0, 1, 5] {
        let (result, rep, log) = run_with_handles(&component, n).expect("the input runs");
        assert_eq!((result, rep), ((100 + n) * 1001, 7));
        let of_fused = run_with_handles(&fused, n).expect("the fused component runs");
        assert_eq!(of_fused, (result, rep, log));
    }
}

/// The result of `run`, which is lent a handle, or the trap; and what the host saw.
fn run_with_a_loan(component: &[u8], n: u32, keeps: bool) -> (std::result::Result<u32, Trap>, Vec<String>) {
    let engine = concurrent_engine();
    let component = Component::new(engine, component).expect("it is a component");
    let mut linker = Linker::<Vec<String>>::new(engine);
    things(&mut linker).expect("each has one name");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut store = Store::new(engine, Vec::new());
        store.set_epoch_deadline(60);
        let instance = linker.instantiate_async(&mut store, &component).await.expect("it starts");
        let run = instance.get_typed_func::<(Resource<Thing>, u32, bool), (u32,)>(&mut store, "run");
        let run = run.expect("it is exported");
        let mut results = Ok(0);
        for thing in [7, 8] {
            let result = run.call_async(&mut store, (Resource::new_borrow(thing), n, keeps)).await;
            results = result.map(|(n,)| n).map_err(Trap::from);
            if results.is_err() {
                break;
            }
        }
        (results, store.into_data())
    })
}

/// Handles that the host lends to an asynchronous function: they can be lent on, over a wait, and have to be dropped before it returns.
#[test]
fn loans_of_the_host() {
    let component = wat::parse_str(include_str!("host_tasks/lent.wat")).expect("it is a component");
    for storage in [HandleStorage::Memory, HandleStorage::Table] {
        let fused = fused(&component, storage);
        for n in [0, 1, 5] {
            let (result, log) = run_with_a_loan(&component, n, false);
            assert_eq!(result.as_ref().ok(), Some(&9), "{n}: {result:?}");
            let (of_fused, log_of_fused) = run_with_a_loan(&fused, n, false);
            assert_eq!((of_fused.as_ref().ok(), &log_of_fused), (Some(&9), &log), "{n}: {of_fused:?}");
            let (Err(expected), Err(found)) =
                (run_with_a_loan(&component, n, true).0, run_with_a_loan(&fused, n, true).0)
            else {
                panic!("{n}: what is not dropped traps");
            };
            assert!(expected.is_same(&found), "{n}: {expected:?}, fused {found:?}");
        }
    }
}

/// The result of `run` with pointers, or the trap.
fn run_with_pointers(component: &[u8], at: u32, length: u32, out: u32) -> std::result::Result<u32, Trap> {
    let engine = concurrent_engine();
    let component = Component::new(engine, component).expect("it is a component");
    let mut linker = Linker::<()>::new(engine);
    linker
        .root()
        .func_wrap_concurrent("text", |_, (text,): (String,)| {
            Box::pin(async move { Ok((text.bytes().map(u32::from).sum::<u32>(),)) })
        })
        .expect("one function has this name");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut store = Store::new(engine, ());
        store.set_epoch_deadline(60);
        let instance = linker.instantiate_async(&mut store, &component).await.expect("it starts");
        let run = instance.get_typed_func::<(u32, u32, u32), (u32,)>(&mut store, "run").expect("it is exported");
        let (result,) = run.call_async(&mut store, (at, length, out)).await?;
        Ok(result)
    })
}

/// What is given to an asynchronous function of the host is out of the memory that it should be in, not aligned, or no text: it traps as in the input, wherever the
/// pointer leads in the fused module.
#[test]
fn wrong_pointers() {
    let page = 65536;
    let calls = [
        // Right.
        (16, 4, 32, true),
        (16, 0, 32, true),
        (page, 0, page - 4, true),
        (page - 2, 2, 0, true),
        // The text is out of the memory.
        (page - 2, 4, 32, false),
        (page, 1, 32, false),
        (2 * page, 9, 32, false),
        (u32::MAX, 2, 32, false),
        (16, u32::MAX, 32, false),
        // It is not UTF-8.
        (48, 2, 32, false),
        // The place of the result is out of the memory, or not aligned.
        (16, 4, page, false),
        (16, 4, 2 * page, false),
        (16, 4, u32::MAX - 3, false),
        (16, 4, page - 2, false),
        (16, 4, 33, false),
    ];
    for (sets, modes) in [
        ("", &[MemoryMode::Multi, MemoryMode::Shared(SharedOptions::default())][..]),
        ("(call $set-drop (call $set-new))", &[MemoryMode::Multi]),
    ] {
        let text = include_str!("host_tasks/pointers.wat").replace("SETS", sets);
        let component = wat::parse_str(text).expect("it is a component");
        for mode in modes {
            let mut fuser = meld_core::Fuser::new();
            let fused =
                fuser.input("test", &component[..]).memory(mode.clone()).fuse_component().expect("it is accepted");
            assert_eq!(fused.report.fusion.kept_crossings, Some(0), "all of it is fused");
            for (at, length, out, right) in calls {
                let place = format!("{sets} {mode:?}: {at}, {length}, {out}");
                match (run_with_pointers(&component, at, length, out), run_with_pointers(&fused.bytes, at, length, out))
                {
                    (Ok(expected), Ok(found)) => assert_eq!((true, expected), (right, found), "{place}"),
                    (Err(expected), Err(found)) => {
                        assert!(!right && expected.is_same(&found), "{place}: {expected:?}, fused {found:?}");
                    }
                    (expected, found) => panic!("{place}: {expected:?}, fused {found:?}"),
                }
            }
        }
    }
}

/// The result of `run`, of a component that needs nothing.
fn run_alone(component: &Component, what: u32) -> Result<u32> {
    let engine = concurrent_engine();
    let linker = Linker::<()>::new(engine);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut store = Store::new(engine, ());
        store.set_epoch_deadline(60);
        let instance = linker.instantiate_async(&mut store, component).await?;
        let run = instance.get_typed_func::<(u32,), (u32,)>(&mut store, "run")?;
        Ok(run.call_async(&mut store, (what,)).await?.0)
    })
}

/// Handles and ends in the memory of parameters, and in elements, that the host reads at once, later, in part, or never.
#[test]
fn what_is_held_until_the_host_reads_it() {
    let part = include_str!("host_tasks/held_fused.wat");
    let around = |form: &str| {
        let form = format!("(component $F{}", form.trim_start().split_once("(component").expect("a component").1);
        let text = include_str!("host_tasks/held.wat").replacen("\n  FUSED", &form, 1);
        let bytes = wat::parse_str(text).expect("it is a component");
        Component::new(concurrent_engine(), bytes).expect("it is a component")
    };
    let input = around(part);
    let expected =
        [700000 + 1 + 20 + 700 + 11000 + 8, 700000 + 1 + 20 + 700 + 11000 + 8, 21, 15 + 900, 123, 15 + 900, 9];
    let part = wat::parse_str(part).expect("it is a component");
    let one_memory = MemoryMode::Shared(SharedOptions::default());
    for (storage, memory) in [
        (HandleStorage::Memory, MemoryMode::Multi),
        (HandleStorage::Table, one_memory.clone()),
        (HandleStorage::Gc, MemoryMode::Multi),
        (HandleStorage::Memory, one_memory),
    ] {
        let form = wasmprinter::print_bytes(fused_in(&part, storage, memory.clone())).expect("it is a component");
        let fused = around(&form);
        for (what, expected) in (0..).zip(expected) {
            let result = run_alone(&input, what).unwrap_or_else(|e| panic!("{what}, the input: {e:?}"));
            assert_eq!(result, expected, "{what}, the input");
            let result = run_alone(&fused, what).unwrap_or_else(|e| panic!("{what}, {storage:?}, {memory:?}: {e:?}"));
            assert_eq!(result, expected, "{what}, {storage:?}, {memory:?}");
        }
    }
}
