//! A host that calls an export while it carries out an import (`Concurrency.md`, "Reentrance").

use super::{MEMORIES, component, fuse, wrapped};
use meld_oracle::engine::{concurrent_engine as engine, limit};
use wasmtime::component::{Component, Linker, Val};
use wasmtime::{AsContextMut, Caller, Store, StoreContextMut};

/// Two guests in a row between the host and the host. Each has slot 0 of its own call, and finds it as it was when
/// whatever it called has come back, also in its post-return.
const STRINGS: &str = r#"
(component
  (import "back" (func $back (param "n" u32) (param "s" string) (result string)))
  (component $Guest
    (import "back" (func $back (param "n" u32) (param "s" string) (result string)))
    (core func $get (canon context.get i32 0))
    (core func $set (canon context.set i32 0))
    (core module $Heap
      (import "" "get" (func $get (result i32)))
      (import "" "set" (func $set (param i32)))
      (memory (export "m") 1)
      (global $next (mut i32) (i32.const 1024))
      (func (export "realloc") (param $old i32) (param $from i32) (param $align i32) (param $to i32) (result i32)
        (local $at i32)
        (if (call $get) (then unreachable))
        (call $set (i32.const 77))
        (local.set $at (i32.and
          (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
          (i32.sub (i32.const 0) (local.get $align))))
        (global.set $next (i32.add (local.get $at) (local.get $to)))
        (if (local.get $from) (then (memory.copy (local.get $at) (local.get $old) (local.get $from))))
        (local.get $at)))
    (core instance $heap (instantiate $Heap (with "" (instance (export "get" (func $get)) (export "set" (func $set))))))
    (core func $back (canon lower (func $back)
      (memory (core memory $heap "m")) (realloc (core func $heap "realloc"))))
    (core module $M
      (import "heap" "m" (memory 1))
      (import "" "get" (func $get (result i32)))
      (import "" "set" (func $set (param i32)))
      (import "" "back" (func $back (param i32 i32 i32 i32)))
      (global $frame (mut i32) (i32.const 512))
      (global $posts (mut i32) (i32.const 0))
      ;; f(n, s): s where n is 0, else what comes back for (n, s), with a letter behind it.
      (func (export "f") (param $n i32) (param $s i32) (param $len i32) (result i32)
        (local $ret i32)
        (if (call $get) (then unreachable))
        (call $set (i32.add (local.get $n) (i32.const 100)))
        (local.set $ret (global.get $frame))
        (global.set $frame (i32.add (local.get $ret) (i32.const 12)))
        (i32.store (local.get $ret) (local.get $s))
        (i32.store offset=4 (local.get $ret) (local.get $len))
        (if (local.get $n)
          (then
            (call $back (local.get $n) (local.get $s) (local.get $len) (local.get $ret))
            (if (i32.ne (call $get) (i32.add (local.get $n) (i32.const 100))) (then unreachable))
            ;; There is room behind it: nothing has been given out since.
            (i32.store8
              (i32.add (i32.load (local.get $ret)) (i32.load offset=4 (local.get $ret)))
              (i32.const 112))
            (i32.store offset=4 (local.get $ret) (i32.add (i32.load offset=4 (local.get $ret)) (i32.const 1)))))
        (i32.store offset=8 (local.get $ret) (call $get))
        (local.get $ret))
      (func (export "post") (param $ret i32)
        (if (i32.ne (call $get) (i32.load offset=8 (local.get $ret))) (then unreachable))
        (call $set (i32.const 0xdead))
        (global.set $posts (i32.add (global.get $posts) (i32.const 1))))
      (func (export "posts") (result i32) (global.get $posts)))
    (core instance $i (instantiate $M (with "heap" (instance $heap)) (with "" (instance
      (export "get" (func $get)) (export "set" (func $set)) (export "back" (func $back))))))
    (func (export "f") (param "n" u32) (param "s" string) (result string)
      (canon lift (core func $i "f") (memory (core memory $heap "m")) (realloc (core func $heap "realloc"))
        (post-return (core func $i "post"))))
    (func (export "posts") (result u32) (canon lift (core func $i "posts"))))
  (instance $a (instantiate $Guest (with "back" (func $back))))
  (instance $b (instantiate $Guest (with "back" (func $a "f"))))
  (export "f" (func $b "f"))
  (export "posts" (func $a "posts")))"#;

/// What the host of a component knows of it.
#[derive(Default)]
struct Data {
    instance: Option<wasmtime::component::Instance>,
}

fn call(
    mut store: impl AsContextMut<Data = Data>,
    name: &str,
    args: &[Val],
    results: usize,
) -> wasmtime::Result<Vec<Val>> {
    let instance = store.as_context().data().instance.expect("the instance is there before anything is called");
    let func = instance.get_func(&mut store, name).expect("it is exported");
    let mut found = vec![Val::Bool(false); results];
    func.call(&mut store, args, &mut found)?;
    Ok(found)
}

/// The host calls `f` with one less, and appends a letter.
fn strings(bytes: &[u8]) -> wasmtime::Result<(Val, Val)> {
    let mut linker: Linker<Data> = Linker::new(engine());
    linker.root().func_new("back", |store: StoreContextMut<'_, Data>, _, args, results| {
        let (Val::U32(n), s) = (&args[0], &args[1]) else { panic!("not what it is called with: {args:?}") };
        let found = call(store, "f", &[Val::U32(n - 1), s.clone()], 1)?;
        let Val::String(text) = &found[0] else { panic!("not a string: {found:?}") };
        results[0] = Val::String(format!("{text}h"));
        Ok(())
    })?;
    let mut store = Store::new(engine(), Data::default());
    limit(&mut store);
    let instance = linker.instantiate(&mut store, &Component::new(engine(), bytes)?)?;
    store.data_mut().instance = Some(instance);
    let text = call(&mut store, "f", &[Val::U32(3), Val::String("x".to_owned())], 1)?.remove(0);
    let posts = call(&mut store, "posts", &[], 1)?.remove(0);
    Ok((text, posts))
}

#[test]
fn strings_and_context() {
    let input = component(STRINGS);
    let expected = (Val::String("xhpphpphpp".to_owned()), Val::U32(3));
    assert_eq!(strings(&input).expect("it runs unfused"), expected);
    for (name, change) in MEMORIES {
        let found = strings(&wrapped(&input, change));
        assert_eq!(found.unwrap_or_else(|error| panic!("{name}: {error:?}")), expected, "{name}");
    }
}

/// A guest that lends its host handles in a list, and can be asked meanwhile what is in the list.
const HANDLES: &str = r#"
(component
  (component $Owner
    (type $R' (resource (rep i32)))
    (export $R "r" (type $R'))
    (core func $new (canon resource.new $R))
    (core module $M
      (import "" "new" (func $new (param i32) (result i32)))
      (func (export "make") (result i32) (call $new (i32.const 5))))
    (core instance $i (instantiate $M (with "" (instance (export "new" (func $new))))))
    (func (export "make") (result (own $R)) (canon lift (core func $i "make"))))
  (instance $o (instantiate $Owner))
  (alias export $o "r" (type $R))
  (import "look" (func $look (param "x" (list u32)) (result u32)))
  (import "h" (type $H (sub resource)))
  (import "take" (func $take (param "x" (list (own $H)))))
  (import "give" (func $give (result (own $H))))
  (component $User
    (import "h" (type $H (sub resource)))
    (import "take" (func $take (param "x" (list (own $H)))))
    (import "give" (func $give (result (own $H))))
    (core func $drop (canon resource.drop $H))
    (core func $give (canon lower (func $give)))
    (core module $Mem (memory (export "m") 1))
    (core instance $mem (instantiate $Mem))
    (core func $take (canon lower (func $take) (memory (core memory $mem "m"))))
    (core module $M
      (import "" "m" (memory 1))
      (import "" "take" (func $take (param i32 i32)))
      (import "" "give" (func $give (result i32)))
      (import "" "drop" (func $drop (param i32)))
      ;; The second handle is given away: its number is 2 here, and another one outside.
      (func (export "run") (result i32)
        (local $first i32)
        (local.set $first (call $give))
        (call $drop (call $give))
        (i32.store (i32.const 16) (call $give))
        (call $take (i32.const 16) (i32.const 1))
        (call $drop (local.get $first))
        (i32.load (i32.const 16)))
      (func (export "check") (result i32) (i32.load (i32.const 16))))
    (core instance $i (instantiate $M (with "" (instance
      (export "m" (memory $mem "m")) (export "take" (func $take)) (export "give" (func $give)) (export "drop" (func $drop))))))
    (func (export "run") (result u32) (canon lift (core func $i "run")))
    (func (export "check") (result u32) (canon lift (core func $i "check"))))
  (instance $u (instantiate $User (with "h" (type $H)) (with "take" (func $take)) (with "give" (func $give))))
  ;; A second holder of H, so that each has a table of its own.
  (component $Other
    (import "h" (type $H (sub resource)))
    (import "give" (func $give (result (own $H))))
    (core func $give (canon lower (func $give)))
    (core module $M
      (import "" "give" (func $give (result i32)))
      (func (export "keep") (drop (call $give))))
    (core instance $i (instantiate $M (with "" (instance (export "give" (func $give))))))
    (func (export "keep") (canon lift (core func $i "keep"))))
  (instance $other (instantiate $Other (with "h" (type $H)) (with "give" (func $give))))
  (export "keep" (func $other "keep"))
  (export "run" (func $u "run"))
  (export "check" (func $u "check")))"#;

/// What the guest sees in its list: while its host has it, and afterwards.
fn handles(bytes: &[u8]) -> wasmtime::Result<(Val, Val)> {
    struct H;
    let mut linker: Linker<(Data, Vec<Val>)> = Linker::new(engine());
    let ty = wasmtime::component::ResourceType::host::<H>();
    linker.root().resource("h", ty, |_, _| Ok(()))?;
    linker.root().func_wrap("look", |_: StoreContextMut<'_, (Data, Vec<Val>)>, (_,): (Vec<u32>,)| Ok((0u32,)))?;
    linker.root().func_wrap("give", |_: StoreContextMut<'_, (Data, Vec<Val>)>, (): ()| {
        Ok((wasmtime::component::Resource::<H>::new_own(9),))
    })?;
    type Taken = (Vec<wasmtime::component::Resource<H>>,);
    linker.root().func_wrap("take", |mut store: StoreContextMut<'_, (Data, Vec<Val>)>, _: Taken| {
        let instance = store.data().0.instance.expect("the instance is there before anything is called");
        let check = instance.get_func(&mut store, "check").expect("it is exported");
        let mut seen = [Val::Bool(false)];
        check.call(&mut store, &[], &mut seen)?;
        store.data_mut().1.extend(seen);
        Ok(())
    })?;
    let mut store = Store::new(engine(), Default::default());
    limit(&mut store);
    let instance = linker.instantiate(&mut store, &Component::new(engine(), bytes)?)?;
    store.data_mut().0.instance = Some(instance);
    // Something outside that makes the numbers differ.
    for name in ["keep", "keep"] {
        instance.get_func(&mut store, name).expect("it is exported").call(&mut store, &[], &mut [])?;
    }
    let run = instance.get_func(&mut store, "run").expect("it is exported");
    let mut after = [Val::Bool(false)];
    run.call(&mut store, &[], &mut after)?;
    let [after] = after;
    Ok((store.data_mut().1.remove(0), after))
}

#[test]
fn handles_in_memory() {
    let input = component(HANDLES);
    let expected = (Val::U32(2), Val::U32(2));
    assert_eq!(handles(&input).expect("it runs unfused"), expected);
    for (name, change) in MEMORIES {
        let found = handles(&wrapped(&input, change));
        assert_eq!(found.unwrap_or_else(|error| panic!("{name}: {error:?}")), expected, "{name}");
    }
}

/// A guest with a slot and a post-return, for a host of a core module.
const NUMBERS: &str = r#"
(component
  (import "back" (func $back (param "n" u32) (result u32)))
  (core func $back (canon lower (func $back)))
  (core func $get (canon context.get i32 1))
  (core func $set (canon context.set i32 1))
  (core module $M
    (import "" "get" (func $get (result i32)))
    (import "" "set" (func $set (param i32)))
    (import "" "back" (func $back (param i32) (result i32)))
    (global $posts (mut i32) (i32.const 0))
    (func (export "f") (param $n i32) (result i32)
      (local $r i32)
      (if (call $get) (then unreachable))
      (call $set (i32.add (local.get $n) (i32.const 1)))
      (if (local.get $n) (then (local.set $r (call $back (local.get $n)))))
      (if (i32.ne (call $get) (i32.add (local.get $n) (i32.const 1))) (then unreachable))
      (call $set (i32.add (local.get $r) (i32.const 1)))
      (i32.add (local.get $r) (i32.const 1)))
    ;; Each is told what its own call returned, and finds it in its slot.
    (func (export "post") (param $r i32)
      (if (i32.ne (call $get) (local.get $r)) (then unreachable))
      (global.set $posts (i32.add (i32.mul (global.get $posts) (i32.const 10)) (local.get $r))))
    (func (export "posts") (result i32) (global.get $posts)))
  (core instance $i (instantiate $M (with "" (instance
    (export "get" (func $get)) (export "set" (func $set)) (export "back" (func $back))))))
  (func (export "f") (param "n" u32) (result u32) (canon lift (core func $i "f") (post-return (core func $i "post"))))
  (func (export "posts") (result u32) (canon lift (core func $i "posts"))))"#;

#[test]
fn core_module() {
    let fused = fuse(&component(NUMBERS), |_| {});
    let module = wasmtime::Module::new(engine(), &fused.core).expect("what meld writes compiles");
    let mut linker = wasmtime::Linker::new(engine());
    let f = |caller: &mut Caller<'_, ()>, n: i32| -> wasmtime::Result<i32> {
        let f = caller.get_export("f").and_then(|f| f.into_func()).expect("it is exported");
        let post = caller.get_export("cabi_post_f").and_then(|f| f.into_func()).expect("it is exported");
        let result = f.typed::<i32, i32>(&*caller)?.call(&mut *caller, n)?;
        post.typed::<i32, ()>(&*caller)?.call(&mut *caller, result)?;
        Ok(result)
    };
    linker
        .func_wrap("$root", "back", move |mut caller: Caller<'_, ()>, n: i32| f(&mut caller, n - 1))
        .expect("a name of its own");
    let mut store = Store::new(engine(), ());
    limit(&mut store);
    let instance = linker.instantiate(&mut store, &module).expect("it has all imports");
    let number = |store: &mut Store<()>, name, args: &[wasmtime::Val]| {
        let mut results = [wasmtime::Val::I32(0)];
        let func = instance.get_func(&mut *store, name).expect("it is exported");
        let count = func.ty(&*store).results().len();
        func.call(&mut *store, args, &mut results[..count]).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        results[0].unwrap_i32()
    };
    assert_eq!(number(&mut store, "f", &[wasmtime::Val::I32(3)]), 4);
    number(&mut store, "cabi_post_f", &[wasmtime::Val::I32(4)]);
    assert_eq!(number(&mut store, "posts", &[]), 1234);
}
