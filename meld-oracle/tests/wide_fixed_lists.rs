//! Fixed-length lists of strings where a memory has 64-bit addresses, which wasmtime cannot compile: the one shape of
//! such a crossing that no script can have. What is expected is computed by hand, and the fused core module is run alone.

use meld_core::Fuser;
use meld_oracle::engine::{engine, limit};
use wasmtime::{Instance, Module, Store};

/// A caller with addresses of `from` bits has a list of one element, six strings, the last of which is "hello". The
/// callee, with `to` bits, adds up a thousand times the length and the first byte of that one.
fn component(from: u32, to: u32) -> String {
    let memory = |bits| if bits == 64 { "i64 1" } else { "1" };
    let word =
        |n: u64, bits: u32| -> String { (0..bits / 8).map(|i| format!("\\{:02x}", (n >> (8 * i)) as u8)).collect() };
    let element = word(0, from).repeat(10) + &word(64, from) + &word(5, from);
    let narrow = |value: &str| if to == 64 { format!("(i32.wrap_i64 {value})") } else { value.to_owned() };
    let load = |at: u32| format!("(i{to}.load offset={} (local.get 0))", at * to / 8);
    format!(
        r#"(component
          (component $P
            (core module $m
              (memory (export "memory") {to_memory})
              (global $heap (mut i{to}) (i{to}.const 64))
              (func (export "realloc") (param i{to} i{to} i{to} i{to}) (result i{to})
                (global.get $heap)
                (global.set $heap (i{to}.add (global.get $heap) (i{to}.const 256))))
              (func (export "f") (param i{to} i{to}) (result i32)
                (i32.add (i32.load8_u {last}) (i32.mul (i32.const 1000) {length}))))
            (core instance $i (instantiate $m))
            (func (export "f") (param "l" (list (list string 6))) (result u32)
              (canon lift (core func $i "f") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
          (component $C
            (import "f" (func $f (param "l" (list (list string 6))) (result u32)))
            (core module $memory
              (memory (export "memory") {from_memory})
              (data (i{from}.const 64) "hello")
              (data (i{from}.const 128) "{element}"))
            (core instance $memory (instantiate $memory))
            (core func $f (canon lower (func $f) (memory (core memory $memory "memory"))))
            (core module $m
              (import "" "f" (func $f (param i{from} i{from}) (result i32)))
              (func (export "run") (result i32) (call $f (i{from}.const 128) (i{from}.const 1))))
            (core instance $i (instantiate $m (with "" (instance (export "f" (func $f))))))
            (func (export "run") (result u32) (canon lift (core func $i "run"))))
          (instance $p (instantiate $P))
          (instance $c (instantiate $C (with "f" (func $p "f"))))
          (export "run" (func $c "run")))"#,
        to_memory = memory(to),
        from_memory = memory(from),
        last = load(10),
        length = narrow(&load(11)),
    )
}

#[test]
fn strings_in_fixed_length_lists() {
    for (from, to) in [(32, 32), (32, 64), (64, 32), (64, 64)] {
        let text = component(from, to);
        let mut fuser = Fuser::new();
        fuser.input("case", text.as_bytes());
        let core = fuser.fuse().unwrap_or_else(|e| panic!("{from} to {to}: {e}")).core;
        let engine = engine();
        let module = Module::new(engine, core).expect("the fused module is valid");
        let mut store = Store::new(engine, ());
        limit(&mut store);
        let instance = Instance::new(&mut store, &module, &[]).expect("it imports nothing");
        let run = instance.get_typed_func::<(), u32>(&mut store, "run").expect("the export");
        assert_eq!(run.call(&mut store, ()).expect("it returns"), 5 * 1000 + u32::from(b'h'), "{from} to {to}");
    }
}
