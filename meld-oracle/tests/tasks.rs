//! Several instances that use tasks, in one module, where the host calls more than one function at a time.
//!
//! In: components as text. Each runs as it is and fused, and must do the same. That all of it is in one module is checked, too.

use meld_core::options::HandleStorage;
use meld_oracle::engine::concurrent_engine;
use meld_oracle::host::Trap;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use wasmtime::component::{Component, Linker};
use wasmtime::{Instance, Module, ResourceLimiter, Result, Store};

/// `one` waits for a call of `$D` that cannot begin, until `two` lets it.
const ONE_WAKES_THE_OTHER: &str = r#"
(component
  (component $D
    (core func $return (canon task.return (result u32)))
    (core func $inc (canon backpressure.inc))
    (core func $dec (canon backpressure.dec))
    (core module $m
      (import "" "return" (func $return (param i32)))
      (import "" "inc" (func $inc))
      (import "" "dec" (func $dec))
      (func (export "f") (result i32) (call $return (i32.const 42)) (i32.const 0))
      (func (export "callback") (param i32 i32 i32) (result i32) unreachable)
      (func (export "hold") (param i32) (if (local.get 0) (then (call $inc)) (else (call $dec)))))
    (core instance $i (instantiate $m (with "" (instance
      (export "return" (func $return)) (export "inc" (func $inc)) (export "dec" (func $dec))))))
    (func (export "f") async (result u32)
      (canon lift (core func $i "f") async (callback (core func $i "callback"))))
    (func (export "hold") (param "on" bool) (canon lift (core func $i "hold"))))
  (component $R
    (import "d" (instance $d (export "f" (func async (result u32))) (export "hold" (func (param "on" bool)))))
    (core module $memory (memory (export "memory") 1))
    (core instance $memory (instantiate $memory))
    (alias core export $memory "memory" (core memory $mem))
    (core func $f (canon lower (func $d "f") async (memory (core memory $mem))))
    (core func $hold (canon lower (func $d "hold")))
    (core func $return (canon task.return (result u32)))
    (core func $set-new (canon waitable-set.new))
    (core func $set-drop (canon waitable-set.drop))
    (core func $join (canon waitable.join))
    (core func $drop (canon subtask.drop))
    (core func $get (canon context.get i32 0))
    (core func $set (canon context.set i32 0))
    (core module $m
      (import "" "memory" (memory 1))
      (import "" "f" (func $f (param i32) (result i32)))
      (import "" "hold" (func $hold (param i32)))
      (import "" "return" (func $return (param i32)))
      (import "" "set-new" (func $set-new (result i32)))
      (import "" "set-drop" (func $set-drop (param i32)))
      (import "" "join" (func $join (param i32 i32)))
      (import "" "drop" (func $drop (param i32)))
      (import "" "get" (func $get (result i32)))
      (import "" "set" (func $set (param i32)))
      (func (export "one") (param $at i32) (result i32)
        (local $status i32) (local $waits-for i32)
        (if (call $get) (then unreachable))
        (call $hold (i32.const 1))
        (local.set $status (call $f (local.get $at)))
        ;; STARTING
        (if (i32.and (local.get $status) (i32.const 0xf)) (then unreachable))
        (local.set $waits-for (call $set-new))
        (call $join (i32.shr_u (local.get $status) (i32.const 4)) (local.get $waits-for))
        (call $set (i32.or (local.get $at) (i32.shl (local.get $waits-for) (i32.const 16))))
        (i32.or (i32.const 2) (i32.shl (local.get $waits-for) (i32.const 4))))
      (func (export "one callback") (param $code i32) (param $index i32) (param $payload i32) (result i32)
        (if (i32.ne (local.get $code) (i32.const 1)) (then unreachable))
        ;; The task goes on waiting if all that it heard is that the call has begun.
        (if (i32.eq (local.get $payload) (i32.const 1))
          (then (return (i32.or (i32.const 2) (i32.shl (i32.shr_u (call $get) (i32.const 16)) (i32.const 4))))))
        (call $join (local.get $index) (i32.const 0))
        (call $drop (local.get $index))
        (call $set-drop (i32.shr_u (call $get) (i32.const 16)))
        (call $return (i32.load (i32.and (call $get) (i32.const 0xffff))))
        (i32.const 0))
      (func (export "two") (result i32) (call $hold (i32.const 0)) (call $return (i32.const 7)) (i32.const 0))
      (func (export "two callback") (param i32 i32 i32) (result i32) unreachable))
    (core instance $i (instantiate $m (with "" (instance
      (export "memory" (memory $mem))
      (export "f" (func $f)) (export "hold" (func $hold)) (export "return" (func $return))
      (export "set-new" (func $set-new)) (export "set-drop" (func $set-drop))
      (export "join" (func $join)) (export "drop" (func $drop))
      (export "get" (func $get)) (export "set" (func $set))))))
    (func (export "one") async (param "at" u32) (result u32)
      (canon lift (core func $i "one") async (callback (core func $i "one callback"))))
    (func (export "two") async (result u32)
      (canon lift (core func $i "two") async (callback (core func $i "two callback")))))
  (instance $d (instantiate $D))
  (instance $r (instantiate $R (with "d" (instance $d))))
  (export "one" (func $r "one"))
  (export "two" (func $r "two")))
"#;

/// The component fused, with everything in one module.
fn fused(component: &[u8]) -> Vec<u8> {
    let mut fuser = meld_core::Fuser::new();
    fuser.input("test", component);
    let fused = fuser.fuse_component().expect("a component is accepted");
    assert_eq!(fused.report.fusion.kept_crossings, Some(0), "all of it is fused");
    fused.bytes
}

/// Results of so many calls of `one` and as many of `two` at the same time.
fn both(component: &[u8], calls: u32) -> Result<Vec<(u32, u32)>> {
    let engine = concurrent_engine();
    let component = Component::new(engine, component)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut store = Store::new(engine, ());
        store.set_epoch_deadline(60);
        let instance = Linker::new(engine).instantiate_async(&mut store, &component).await?;
        let one = instance.get_typed_func::<(u32,), (u32,)>(&mut store, "one")?;
        let two = instance.get_typed_func::<(), (u32,)>(&mut store, "two")?;
        let results = store.run_concurrent(async |accessor| {
            let mut results = Vec::new();
            for call in 0..calls {
                let mut first = pin!(one.call_concurrent(accessor, (call * 4,)));
                let mut second = pin!(two.call_concurrent(accessor, ()));
                let (mut of_first, mut of_second) = (None, None);
                poll_fn(|cx| {
                    if of_first.is_none()
                        && let Poll::Ready(result) = first.as_mut().poll(cx)
                    {
                        of_first = Some(result);
                    }
                    // The second begins when the first waits.
                    if of_second.is_none()
                        && let Poll::Ready(result) = second.as_mut().poll(cx)
                    {
                        of_second = Some(result);
                    }
                    if of_first.is_some() && of_second.is_some() { Poll::Ready(()) } else { Poll::Pending }
                })
                .await;
                let ((first,), (second,)) = (of_first.expect("it is there")?, of_second.expect("it is there")?);
                results.push((first, second));
            }
            Ok(results)
        });
        results.await?
    })
}

/// Counts how often a memory or a table grows, the private ones of the module too.
#[derive(Default)]
struct Growth(usize);

impl ResourceLimiter for Growth {
    fn memory_growing(&mut self, current: usize, _: usize, _: Option<usize>) -> Result<bool> {
        self.0 += usize::from(current > 0);
        Ok(true)
    }

    fn table_growing(&mut self, current: usize, _: usize, _: Option<usize>) -> Result<bool> {
        self.0 += usize::from(current > 0);
        Ok(true)
    }
}

/// A hundred thousand calls, returned at once or not, and as many streams in small, leave everything as large as ten do. `MELD_CALLS=1000000` makes
/// a million.
#[test]
fn calls_leave_nothing_behind() {
    let component = wat::parse_str(include_str!("../../benches/calls/tasks.wat")).expect("it is a component");
    let storages = [HandleStorage::Memory, HandleStorage::Table, HandleStorage::Gc].map(|storage| (storage, false));
    // In one memory nothing could grow: there is room for so few records that one left behind by each call would trap.
    for (storage, one) in storages.into_iter().chain([(HandleStorage::Memory, true)]) {
        let mut fuser = meld_core::Fuser::new();
        fuser.input("test", &component).handle_storage(storage);
        if one {
            let shared = fuser.options_mut().shared();
            (shared.rebase, shared.tasks, shared.handles) = (true, Some(16), Some(16));
        }
        let fused = fuser.fuse().expect("it is fused");
        let engine = concurrent_engine();
        let module = Module::new(engine, &fused.core).expect("it is valid");
        for export in ["add", "later", "bytes"] {
            let mut store = Store::new(engine, Growth::default());
            store.set_epoch_deadline(100);
            store.limiter(|growth| growth);
            let instance = Instance::new(&mut store, &module, &[]).expect("it needs nothing");
            let run = instance.get_typed_func::<(u32, u32), u32>(&mut store, export).expect("it is exported");
            let mut run = |calls: u32| {
                let result = run.call(&mut store, (calls, 5)).expect("it runs");
                (result, store.data().0)
            };
            let each = if export == "bytes" { 5 } else { 3 };
            let (result, grown) = run(10);
            assert_eq!(result, 10 * each, "{export}");
            let many = std::env::var("MELD_CALLS").ok().map(|text| text.parse().expect("a number"));
            let calls = many.unwrap_or(if storage == HandleStorage::Memory { 100_000 } else { 10_000 });
            assert_eq!(run(calls), (calls * each, grown), "{export} with {storage:?}");
        }
    }
}

/// A root that blocks has the same results in a component and in a core module.
#[test]
fn a_root_that_blocks() {
    let component = wat::parse_str(include_str!("../../benches/calls/tasks.wat")).expect("it is a component");
    let engine = concurrent_engine();
    for form in [component.clone(), fused(&component)] {
        let form = Component::new(engine, &form).expect("it is a component");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("it starts");
        runtime.block_on(async {
            let mut store = Store::new(engine, ());
            store.set_epoch_deadline(60);
            let instance = Linker::new(engine).instantiate_async(&mut store, &form).await.expect("it needs nothing");
            for (export, length, expected) in [("add", 0, 30), ("later", 0, 30), ("bytes", 200_000, 2_000_000)] {
                let func = instance.get_typed_func::<(u32, u32), (u32,)>(&mut store, export).expect("it is exported");
                let result = func.call_async(&mut store, (10, length)).await.expect("it runs");
                assert_eq!(result, (expected,), "{export}");
            }
        });
    }
}

#[test]
fn one_call_of_the_host_wakes_another() {
    let component = wat::parse_str(ONE_WAKES_THE_OTHER).expect("the test's text is a component");
    let expected = vec![(42, 7); 10];
    assert_eq!(both(&component, 10).expect("the input runs"), expected);
    assert_eq!(both(&fused(&component), 10).expect("the fused component runs"), expected);
}

/// A callee that yields until its caller has gone on could not go on in the module, as its caller's stack is below. So it is kept.
#[test]
fn a_caller_is_waited_for_by_yields() {
    let component = wat::parse_str(include_str!("tasks/yields-for-its-caller.wat")).expect("it is a component");
    run(&component).expect("the caller goes on while the callee waits");
    let mut fuser = meld_core::Fuser::new();
    let kept = fuser.input("test", &component).fuse_component().expect("a component is accepted");
    let why = &kept.report.kept.first().expect("something is kept").reason;
    assert!(why.contains("uses `thread.yield`, and"), "{why}");
    run(&kept.bytes).expect("it does what it did");
}

/// The result of `run`, without parameters and results.
fn run(component: &[u8]) -> std::result::Result<(), Trap> {
    let engine = concurrent_engine();
    let component = Component::new(engine, component).expect("it is a component");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut store = Store::new(engine, ());
        store.set_epoch_deadline(60);
        let instance = Linker::new(engine).instantiate_async(&mut store, &component).await.expect("it starts");
        let run = instance.get_typed_func::<(), ()>(&mut store, "run").expect("it is exported");
        run.call_async(&mut store, ()).await?;
        Ok(())
    })
}

/// Where wasmtime 50 does not do what the specification says, the fused module does (docs/limits.md). If wasmtime changes, this fails, and the
/// component belongs among the scripts.
#[test]
fn what_wasmtime_does_not_do() {
    let trap = |component: &[u8], text: &str| {
        let trap = run(component).expect_err("it traps");
        assert!(trap.0.contains(text), "{trap:?}");
    };
    for (text, class) in [
        (include_str!("tasks/cancel-twice.wat"), "cabi-trap:task-state"),
        (include_str!("tasks/lent-until-delivery.wat"), "cabi-trap:handle-lent"),
    ] {
        let component = wat::parse_str(text).expect("it is a component");
        run(&component).expect("wasmtime lets it pass");
        trap(&fused(&component), class);
    }
    let component = wat::parse_str(include_str!("tasks/cancel-in-a-set.wat")).expect("it is a component");
    trap(&component, "waitable cannot be used synchronously while added to a waitable set");
    run(&fused(&component)).expect("the call is cancelled");
}
