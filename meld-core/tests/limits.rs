//! Limits of engines, reported before an engine sees the output; and of time.

use meld_core::Fuser;
use std::error::Error;
use std::fmt::Write;

/// A component with `count` instances of a module with a memory that is used.
fn instances(count: usize) -> String {
    let mut text =
        "(component (core module $m (memory 1) (func (export \"f\") (result i32) (memory.size)))".to_string();
    for index in 0..count {
        write!(
            text,
            "(core instance $i{index} (instantiate $m))
             (func (export \"f{index}\") (result u32) (canon lift (core func $i{index} \"f\")))"
        )
        .expect("a string takes any text");
    }
    text + ")"
}

fn fuse(text: &str) -> Result<Vec<u8>, String> {
    let mut fuser = Fuser::new();
    fuser.input("case", text.as_bytes());
    fuser.fuse().map(|fused| fused.core).map_err(|error| match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    })
}

#[test]
fn memories() {
    assert!(fuse(&instances(100)).is_ok());
    let error = fuse(&instances(101)).expect_err("no engine takes 101 memories");
    assert!(error.contains("101 memories") && error.contains("at most 100"), "{error}");
}

/// Which functions a `realloc` might reach is found in time that grows with the input, however many indirect calls and
/// functions to be called there are: here that would be sixteen million pairs.
#[test]
fn indirect_calls_do_not_multiply() {
    const FUNCTIONS: usize = 4000;
    let mut funcs = String::new();
    let mut elems = String::new();
    for i in 0..FUNCTIONS {
        funcs += &format!("(func $f{i} (call_indirect (i32.const {i})))");
        elems += &format!("$f{i} ");
    }
    let wat = format!(
        r#"(component
          (component $p
            (core module $m
              (memory (export "memory") 1)
              (table {FUNCTIONS} funcref) (elem (i32.const 0) {elems})
              {funcs}
              (func (export "realloc") (param i32 i32 i32 i32) (result i32) (call $f0) (i32.const 64))
              (func (export "f") (param i32 i32)))
            (core instance $i (instantiate $m))
            (func (export "f") (param "s" string)
              (canon lift (core func $i "f") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
          (instance $p (instantiate $p))
          (export "f" (func $p "f")))"#
    );
    let mut fuser = meld_core::Fuser::new();
    fuser.input("input", wat.as_bytes());
    let begin = std::time::Instant::now();
    fuser.fuse().unwrap();
    // A tenth of a second without optimization; twenty seconds where each pair is looked at.
    assert!(begin.elapsed() < std::time::Duration::from_secs(10), "{:?}", begin.elapsed());
}
