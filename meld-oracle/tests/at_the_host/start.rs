//! Where start functions run: in the start section, if no program can tell, else in `_initialize`.

use super::{component, fuse, wrapped};
use meld_oracle::engine::{engine, limit};
use wasmtime::component::{Component, Val};
use wasmtime::{Caller, Linker, Module, Store, StoreContextMut};

/// Start functions in two components that call a function of the host with these parameters, written `{param}`, from code
/// `{code}`.
fn guest(param: &str, core: &str, options: &str, code: &str) -> Vec<u8> {
    component(&format!(
        r#"
(component
  (import "log" (func $log {param}))
  (component $C
    (import "log" (func $log {param}))
    (core module $Mem (memory (export "m") 1) (data (i32.const 8) "hi"))
    (core instance $mem (instantiate $Mem))
    (core func $log (canon lower (func $log) {options}))
    (core module $M
      (import "" "log" (func $log {core}))
      (global $n (mut i32) (i32.const 0))
      (func $start (global.set $n (i32.const 5)) {code})
      (start $start)
      (func (export "n") (result i32) (global.get $n)))
    (core instance $i (instantiate $M (with "" (instance (export "log" (func $log))))))
    (func (export "n") (result u32) (canon lift (core func $i "n"))))
  (instance $a (instantiate $C (with "log" (func $log))))
  (instance $b (instantiate $C (with "log" (func $log))))
  (export "a" (func $a "n"))
  (export "b" (func $b "n")))"#
    ))
}

const NUMBER: (&str, &str, &str, &str) = ("(param \"x\" u32)", "(param i32)", "", "(call $log (global.get $n))");

#[test]
fn numbers_are_logged_by_the_start_section() {
    let input = guest(NUMBER.0, NUMBER.1, NUMBER.2, NUMBER.3);
    let fused = fuse(&input, |_| {});
    assert_eq!(fused.interface.init, None);
    let module = Module::new(engine(), &fused.core).expect("what meld writes compiles");
    assert!(module.exports().all(|export| export.name() != "_initialize"));
    let mut linker = Linker::new(engine());
    let log = |mut caller: Caller<'_, Vec<i32>>, x: i32| caller.data_mut().push(x);
    linker.func_wrap("$root", "log", log).expect("a name of its own");
    let mut store = Store::new(engine(), Vec::new());
    limit(&mut store);
    let instance = linker.instantiate(&mut store, &module).expect("it has all imports");
    assert_eq!(store.data()[..], [5, 5], "instantiation runs both");
    let n = instance.get_typed_func::<(), i32>(&mut store, "b").expect("it is exported");
    assert_eq!(n.call(&mut store, ()).expect("it returns"), 5);
    for bytes in [&input, &wrapped(&input, |_| {})] {
        let mut linker = wasmtime::component::Linker::new(engine());
        let log = |mut store: StoreContextMut<'_, Vec<u32>>, (x,): (u32,)| {
            store.data_mut().push(x);
            Ok(())
        };
        linker.root().func_wrap("log", log).expect("a name of its own");
        let mut store = Store::new(engine(), Vec::new());
        limit(&mut store);
        let component = Component::new(engine(), bytes).expect("a valid component");
        let instance = linker.instantiate(&mut store, &component).expect("it has all imports");
        assert_eq!(store.data()[..], [5, 5]);
        let mut result = [Val::Bool(false)];
        instance
            .get_func(&mut store, "a")
            .expect("it is exported")
            .call(&mut store, &[], &mut result)
            .expect("it returns");
        assert_eq!(result[0], Val::U32(5));
    }
}

/// What the host cannot do without the instance: read a string, or return one.
#[test]
fn what_needs_the_instance_waits() {
    let memory = "(memory (core memory $mem \"m\"))";
    let text = guest("(param \"s\" string)", "(param i32 i32)", memory, "(call $log (i32.const 8) (i32.const 2))");
    let fused = fuse(&text, |_| {});
    assert_eq!(fused.interface.init.as_deref(), Some("_initialize"));
    let dead = guest("(param \"s\" string)", "(param i32 i32)", memory, "");
    assert_eq!(fuse(&dead, |_| {}).interface.init, None, "it is not called at the start");
}

/// A resource of the module that the host is given may be dropped at once, and its destructor is an export.
#[test]
fn what_may_be_dropped_waits() {
    let guest = |dtor: &str| {
        component(&format!(
            r#"
(component
  (core module $D (func (export "dtor") (param i32)))
  (core instance $d (instantiate $D))
  (type $R (resource (rep i32) {dtor}))
  (export $r "r" (type $R))
  (core func $new (canon resource.new $R))
  (core func $drop (canon resource.drop $R))
  (core module $M
    (import "" "new" (func $new (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (func $start (call $drop (call $new (i32.const 5))))
    (start $start))
  (core instance $i (instantiate $M (with "" (instance (export "new" (func $new)) (export "drop" (func $drop)))))))"#
        ))
    };
    let with = fuse(&guest("(dtor (core func $d \"dtor\"))"), |_| {});
    assert_eq!(with.interface.init.as_deref(), Some("_initialize"));
    let without = fuse(&guest(""), |_| {});
    assert_eq!(without.interface.init, None);
    for dtor in ["(dtor (core func $d \"dtor\"))", ""] {
        let bytes = wrapped(&guest(dtor), |_| {});
        let mut store = Store::new(engine(), ());
        limit(&mut store);
        let component = Component::new(engine(), bytes).expect("a valid component");
        wasmtime::component::Linker::new(engine()).instantiate(&mut store, &component).expect("it starts");
    }
}
