//! Core exceptions that no code catches: they end as traps at whatever the host calls (`CanonicalABI.md`,
//! `call_and_trap_on_throw`), in core output too.

use super::{MEMORIES, component, fuse, wrapped};
use meld_core::unstable::synth::TrapClass;
use meld_core::{Fused, Options};
use meld_oracle::engine::{engine, limit};
use meld_oracle::trap;
use wasmtime::component::{Component, Val};
use wasmtime::{Caller, Instance, Linker, Module, Store};

/// A guest that throws wherever it may be called from outside. `start` says whether its start function does.
fn guest(start: bool) -> String {
    let start = if start { "(func $start (throw $oops)) (start $start)" } else { "" };
    format!(
        r#"
(component
  (core module $M
    (tag $oops)
    (memory (export "m") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (throw $oops))
    (func (export "f") (result i32) (throw $oops))
    (func (export "text") (param i32 i32))
    (func (export "number") (result i32) (i32.const 7))
    (func (export "post") (param i32) (throw $oops))
    (func (export "dtor") (param i32) (throw $oops))
    (func (export "caught") (result i32)
      (block $caught (try_table (catch_all $caught) (throw $oops)))
      (i32.const 3))
    {start})
  (core instance $i (instantiate $M))
  (type $R' (resource (rep i32) (dtor (core func $i "dtor"))))
  (export $R "r" (type $R'))
  (core func $new (canon resource.new $R))
  (core module $N
    (import "" "new" (func $new (param i32) (result i32)))
    (func (export "make") (result i32) (call $new (i32.const 1))))
  (core instance $n (instantiate $N (with "" (instance (export "new" (func $new))))))
  (func (export "make") (result (own $R)) (canon lift (core func $n "make")))
  (func (export "f") (result u32) (canon lift (core func $i "f")))
  (func (export "text") (param "s" string)
    (canon lift (core func $i "text") (memory (core memory $i "m")) (realloc (core func $i "realloc"))))
  (func (export "number") (result u32) (canon lift (core func $i "number") (post-return (core func $i "post"))))
  (func (export "caught") (result u32) (canon lift (core func $i "caught"))))"#
    )
}

/// Whether an error is the trap of a barrier, and no exception.
fn is_barrier(error: &wasmtime::Error) -> bool {
    let text = format!("{error:?}");
    error.downcast_ref::<wasmtime::ThrownException>().is_none()
        && trap::class(&text) == Some(TrapClass::UncaughtException)
}

fn start(fused: &Fused) -> (Store<()>, wasmtime::Result<Instance>) {
    let mut store = Store::new(engine(), ());
    limit(&mut store);
    let module = Module::new(engine(), &fused.core).expect("what meld writes compiles");
    let mut linker = Linker::new(engine());
    linker.func_wrap("[export]$root", "[resource-new]r", |_: Caller<'_, ()>, rep: i32| rep).expect("a name of its own");
    let instance = linker.instantiate(&mut store, &module);
    (store, instance)
}

fn check_core(name: &str, change: fn(&mut Options)) {
    let fused = fuse(&component(&guest(false)), change);
    // In each, with parameters, and the number of its results.
    let throws: [(&str, &[i32], usize); 4] =
        [("f", &[], 1), ("cabi_realloc", &[0, 0, 1, 1], 1), ("cabi_post_number", &[7], 0), ("[dtor]r", &[1], 0)];
    for (export, args, results) in throws {
        let (mut store, instance) = start(&fused);
        let instance = instance.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        let func = instance.get_func(&mut store, export).unwrap_or_else(|| panic!("{name}: no `{export}`"));
        let args: Vec<wasmtime::Val> = args.iter().map(|arg| wasmtime::Val::I32(*arg)).collect();
        let mut found = vec![wasmtime::Val::I32(0); results];
        let error = func.call(&mut store, &args, &mut found).expect_err("it throws");
        assert!(is_barrier(&error), "{name}: `{export}`: {error:?}");
        assert!(!store.has_pending_exception(), "{name}: `{export}` lets its exception out");
    }
    let (mut store, instance) = start(&fused);
    let instance = instance.unwrap_or_else(|error| panic!("{name}: {error:?}"));
    let caught = instance.get_typed_func::<(), i32>(&mut store, "caught").expect("it is exported");
    assert_eq!(caught.call(&mut store, ()).expect("nothing leaves it"), 3);
    // At the start.
    let (store, instance) = start(&fuse(&component(&guest(true)), change));
    let error = instance.expect_err("its start function throws");
    assert!(is_barrier(&error), "{name}: start: {error:?}");
    assert!(!store.has_pending_exception(), "{name}: the start function lets its exception out");
}

#[test]
fn core_module() {
    for (name, change) in MEMORIES {
        check_core(name, change);
    }
}

#[test]
fn as_components() {
    let input = component(&guest(false));
    let fused = wrapped(&input, |_| {});
    let calls: [(&str, &[Val], usize); 3] =
        [("f", &[], 1), ("text", &[Val::String(String::new())], 0), ("number", &[], 1)];
    for (export, args, results) in calls {
        for bytes in [&input, &fused] {
            let mut store = Store::new(engine(), ());
            limit(&mut store);
            let component = Component::new(engine(), bytes).expect("a valid component");
            let instance =
                wasmtime::component::Linker::new(engine()).instantiate(&mut store, &component).expect("it starts");
            let func = instance.get_func(&mut store, export).expect("it is exported");
            let error = func.call(&mut store, args, &mut vec![Val::Bool(false); results]).expect_err("it throws");
            let text = format!("{error:?}");
            assert!(trap::same_trap("uncaught exception propagated", &text), "`{export}`: {text}");
        }
    }
}

/// Where nothing throws, nothing catches.
#[test]
fn nothing_without_tags() {
    let text = guest(false).replace("(tag $oops)", "").replace("(throw $oops)", "unreachable");
    let fused = fuse(&component(&text.replace("(try_table (catch_all $caught) unreachable)", "")), |_| {});
    let print = wasmprinter::print_bytes(&fused.core).expect("what meld writes can be printed");
    assert!(!print.contains("try_table"), "{print}");
    assert!(print.contains("(export \"f\" "), "{print}");
}
