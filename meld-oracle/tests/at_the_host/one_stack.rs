//! A host that calls an export while it carries out an import, where all components share one stack.

use super::{component, fuse, one_memory, wrapped};
use meld_core::Options;
use meld_core::options::StackSize;
use meld_oracle::engine::{concurrent_engine as engine, limit};
use wasmtime::component::{Component, Linker, Val};
use wasmtime::{Caller, Store, StoreContextMut};

/// What a guest needs for a call, in bytes: its frame, and that of the function which looks at it.
const FRAMES: u64 = 64 + 16;

/// Two guests, each with data right above its stack. `f` fills a frame, has the host call it again with one less, and
/// looks whether its frame is as it was.
const GUESTS: &str = r#"
(component
  (import "back" (func $back (param "n" u32) (result u32)))
  (component $Guest
    (import "back" (func $back (param "n" u32) (result u32)))
    (core func $back (canon lower (func $back)))
    (core module $M
      (import "" "back" (func $back (param i32) (result i32)))
      (memory 1)
      (global $sp (mut i32) (i32.const 1024))
      (data (i32.const 1024) "data")
      (func $check (param $at i32) (param $n i32) (local $fp i32)
        (global.set $sp (local.tee $fp (i32.sub (global.get $sp) (i32.const 16))))
        (i32.store (local.get $fp) (local.get $n))
        (if (i32.ne (i32.load (local.get $at)) (i32.load (local.get $fp))) (then unreachable))
        (if (i32.ne (i32.load offset=60 (local.get $at)) (i32.load (local.get $fp))) (then unreachable))
        (if (i32.ne (i32.load (i32.const 1024)) (i32.const 0x61746164)) (then unreachable))
        (global.set $sp (i32.add (local.get $fp) (i32.const 16))))
      (func (export "f") (param $n i32) (result i32) (local $fp i32) (local $r i32)
        (global.set $sp (local.tee $fp (i32.sub (global.get $sp) (i32.const 64))))
        (i32.store (local.get $fp) (local.get $n))
        (i32.store offset=60 (local.get $fp) (local.get $n))
        (if (local.get $n) (then (local.set $r (call $back (local.get $n)))))
        (call $check (local.get $fp) (local.get $n))
        (global.set $sp (i32.add (local.get $fp) (i32.const 64)))
        (i32.add (local.get $r) (i32.const 1))))
    (core instance $i (instantiate $M (with "" (instance (export "back" (func $back))))))
    (func (export "f") (param "n" u32) (result u32) (canon lift (core func $i "f"))))
  (instance $a (instantiate $Guest (with "back" (func $back))))
  (instance $b (instantiate $Guest (with "back" (func $back))))
  (export "a" (func $a "f"))
  (export "b" (func $b "f")))"#;

fn on_one_stack(size: StackSize) -> impl Fn(&mut Options) {
    move |options| {
        one_memory(options);
        options.shared().common().stack = Some(size);
    }
}

/// What the name of the export is that the host calls next: by turns.
fn next(n: u32) -> &'static str {
    if n.is_multiple_of(2) { "a" } else { "b" }
}

/// As many calls inside of each other as `n`, and one, of a component.
fn run_component(bytes: &[u8], n: u32) -> wasmtime::Result<u32> {
    type Data = Option<wasmtime::component::Instance>;
    fn call(mut store: StoreContextMut<'_, Data>, n: u32) -> wasmtime::Result<u32> {
        let instance = store.data().expect("the instance is there before anything is called");
        let mut results = [Val::Bool(false)];
        instance.get_func(&mut store, next(n)).expect("it is exported").call(
            &mut store,
            &[Val::U32(n)],
            &mut results,
        )?;
        let Val::U32(result) = results[0] else { panic!("not a number: {results:?}") };
        Ok(result)
    }
    let mut linker: Linker<Data> = Linker::new(engine());
    linker.root().func_wrap("back", |store: StoreContextMut<'_, Data>, (n,): (u32,)| Ok((call(store, n - 1)?,)))?;
    let mut store = Store::new(engine(), None);
    limit(&mut store);
    let instance = linker.instantiate(&mut store, &Component::new(engine(), bytes)?)?;
    *store.data_mut() = Some(instance);
    call(wasmtime::AsContextMut::as_context_mut(&mut store), n)
}

/// The same of a core module.
fn run_core(bytes: &[u8], n: u32) -> wasmtime::Result<u32> {
    fn call(caller: &mut Caller<'_, ()>, n: u32) -> wasmtime::Result<u32> {
        let f = caller.get_export(next(n)).and_then(|f| f.into_func()).expect("it is exported");
        f.typed::<u32, u32>(&*caller)?.call(caller, n)
    }
    let module = wasmtime::Module::new(engine(), bytes)?;
    let mut linker = wasmtime::Linker::new(engine());
    linker.func_wrap("$root", "back", |mut caller: Caller<'_, ()>, n: u32| call(&mut caller, n - 1))?;
    let mut store = Store::new(engine(), ());
    limit(&mut store);
    let instance = linker.instantiate(&mut store, &module)?;
    instance.get_typed_func::<u32, u32>(&mut store, next(n))?.call(&mut store, n)
}

/// Calls that are inside of each other: 1 more than `n` says.
fn run_both(size: StackSize, n: u32) -> [wasmtime::Result<u32>; 2] {
    let input = component(GUESTS);
    assert_eq!(run_component(&input, n).expect("it runs unfused"), n + 1);
    let change = on_one_stack(size);
    let core = fuse(&input, &change).core;
    [run_core(&core, n), run_component(&wrapped(&input, change), n)]
}

fn is_overflow(result: &wasmtime::Result<u32>) -> bool {
    result.as_ref().is_err_and(|error| format!("{error:?}").contains("cabi-trap:stack-overflow"))
}

#[test]
fn the_proved_size_is_that_of_one_call() {
    for n in 0..4 {
        for result in run_both(StackSize::Proved, n) {
            match n {
                0 => assert_eq!(result.expect("there is room for a call"), 1),
                _ => assert!(is_overflow(&result), "{n}: {result:?}"),
            }
        }
    }
}

#[test]
fn with_a_size_there_is_room_for_as_many_as_fit() {
    for calls in 1..6 {
        // Each call is in a frame of every one before, and the last one needs room for all that it may come to.
        let bytes = u64::from(calls - 1) * 64 + FRAMES;
        for result in run_both(StackSize::Bytes(bytes), calls - 1) {
            assert_eq!(result.unwrap_or_else(|error| panic!("{calls} calls fit: {error:?}")), calls);
        }
        for result in run_both(StackSize::Bytes(bytes), calls) {
            assert!(is_overflow(&result), "{calls}: {result:?}");
        }
    }
}

#[test]
fn the_report_says_who_asks() {
    let fused = fuse(&component(GUESTS), on_one_stack(StackSize::Proved));
    let reason = fused.report.memory.reason;
    assert!(reason.contains("2 exports check that there is room"), "{reason}");
}
