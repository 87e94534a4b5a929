//! Context slots of 64 bits, which wasmtime 50 does not have: only the fused forms run.

use super::{component, wrapped};
use meld_oracle::engine::{concurrent_engine as engine, limit};
use wasmtime::Store;
use wasmtime::component::{Component, Linker};

const WIDE: &str = r#"
(component
  (component $provider
    (core func $get (canon context.get i64 0))
    (core func $get1 (canon context.get i64 1))
    (core func $set (canon context.set i64 0))
    (core func $set1 (canon context.set i64 1))
    (core module $m
      (import "" "get" (func $get (result i64)))
      (import "" "get1" (func $get1 (result i64)))
      (import "" "set" (func $set (param i64)))
      (import "" "set1" (func $set1 (param i64)))
      (global $in-post (mut i64) (i64.const -1))
      (func (export "entry") (result i64)
        (if (i64.ne (i64.or (call $get) (call $get1)) (i64.const 0)) (then unreachable))
        (call $set (i64.const 0x1_0000_0005))
        (call $set1 (i64.const 0x2_0000_0007))
        (i64.add (call $get) (call $get1)))
      (func (export "post") (param i64)
        (global.set $in-post (i64.sub (call $get1) (call $get)))
        (call $set (i64.const -1)))
      (func (export "in-post") (result i64) (global.get $in-post)))
    (core instance $i (instantiate $m (with "" (instance
      (export "get" (func $get)) (export "set" (func $set)) (export "get1" (func $get1)) (export "set1" (func $set1))))))
    (func (export "entry") (result u64) (canon lift (core func $i "entry") (post-return (core func $i "post"))))
    (func (export "in-post") (result u64) (canon lift (core func $i "in-post"))))
  (component $consumer
    (import "entry" (func $entry (result u64)))
    (core func $entry (canon lower (func $entry)))
    (core module $m
      (import "" "entry" (func $entry (result i64)))
      (func (export "entry") (result i64) (call $entry)))
    (core instance $i (instantiate $m (with "" (instance (export "entry" (func $entry))))))
    (func (export "entry") (result u64) (canon lift (core func $i "entry"))))
  (instance $p (instantiate $provider))
  (instance $c (instantiate $consumer (with "entry" (func $p "entry"))))
  (export "entry" (func $p "entry"))
  (export "in-post" (func $p "in-post"))
  (export "call-entry" (func $c "entry")))"#;

#[test]
fn wide_slots() {
    let input = component(WIDE);
    assert!(Component::new(engine(), &input).is_err(), "wasmtime has wide slots now: make this a script");
    let mut store = Store::new(engine(), ());
    limit(&mut store);
    let fused = Component::new(engine(), wrapped(&input, |_| {})).expect("what meld writes compiles");
    let instance = Linker::new(engine()).instantiate(&mut store, &fused).expect("it imports nothing");
    // By the host, and by another component.
    for name in ["entry", "call-entry", "entry"] {
        let entry = instance.get_typed_func::<(), (u64,)>(&mut store, name).expect("it is exported");
        assert_eq!(entry.call(&mut store, ()).expect("its slots are 0 at first"), (0x3_0000_000c,), "{name}");
        let post = instance.get_typed_func::<(), (u64,)>(&mut store, "in-post").expect("it is exported");
        assert_eq!(post.call(&mut store, ()).expect("it returns"), (0x1_0000_0002,), "{name}");
    }
}
