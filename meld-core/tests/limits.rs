//! Limits of engines, reported before an engine sees the output; and of time.

#[path = "support/errors.rs"]
mod errors;

use errors::chain;
use meld_core::Fuser;
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
    fuser.fuse().map(|fused| fused.core).map_err(|error| chain(&error))
}

fn component(text: &str) -> Result<Vec<u8>, String> {
    let mut fuser = Fuser::new();
    fuser.input("case", text.as_bytes()).component(true);
    fuser.fuse().map(|fused| fused.component.expect("a component was asked for")).map_err(|error| chain(&error))
}

/// A module with `count` times `field`, instantiated `instances` times.
fn repeated(field: &str, count: usize, instances: usize) -> String {
    let mut text = format!(
        r#"(component (core module $m
             (memory 1) (table 1 funcref) {}
             (func $g (result i32) (i32.const 3))
             (func (export "f") (param i32) (result i32)
               (table.set (i32.const 0) (ref.null func))
               (i32.load8_u (call_indirect (result i32) (local.get 0)))))"#,
        field.repeat(count)
    );
    for i in 0..instances {
        text += &format!(
            r#"(core instance $i{i} (instantiate $m))
               (func (export "f{i}") (param "x" u32) (result u32) (canon lift (core func $i{i} "f")))"#
        );
    }
    text + ")"
}

/// Each instance keeps the limit, and all together do not.
#[test]
fn segments() {
    for (field, what) in
        [("(data (i32.const 0) \"a\")", "data segments"), ("(elem (i32.const 0) func $g)", "element segments")]
    {
        assert!(fuse(&repeated(field, 50_000, 2)).is_ok(), "{what}");
        for fuse in [fuse, component] {
            let error = fuse(&repeated(field, 50_001, 2)).expect_err(what);
            assert!(error.contains(&format!("100002 {what}")) && error.contains("at most 100000"), "{error}");
            assert!(error.contains("fuse fewer components at once"), "{error}");
        }
    }
}

/// Names of the core module are made of two, each of which is short enough.
#[test]
fn names() {
    let text = |length: usize| {
        let long = "a".repeat(length);
        format!(
            r#"(component
                 (core module $m (func (export "f")))
                 (core instance $i (instantiate $m))
                 (func $f (canon lift (core func $i "f")))
                 (instance $x (export "{long}" (func $f)))
                 (export "{long}" (instance $x)))"#
        )
    };
    assert!(fuse(&text(49_999)).is_ok());
    let error = fuse(&text(60_000)).expect_err("the name of an export has 120,001 bytes");
    assert!(error.contains("the name `aaaa") && error.contains("at most 100000"), "{error}");
    assert!(error.contains("a shorter name") && error.len() < 400, "{error}");
}

/// What `--isolate` adds to a function that has as many locals as there may be.
#[test]
fn locals() {
    let text = |locals: usize| {
        format!(
            r#"(component
                 (core module $m (memory 1)
                   (func (export "f") (param i32) (result i32) (local {})
                     (memory.fill (local.get 0) (i32.const 0) (local.get 1))
                     (i32.store (local.get 1) (local.get 2))
                     (i32.load offset=8 (i32.mul (local.get 0) (local.get 0)))))
                 (core instance $i (instantiate $m))
                 (func (export "f") (param "x" u32) (result u32) (canon lift (core func $i "f"))))"#,
            "i32 ".repeat(locals)
        )
    };
    let isolated = |text: &str| {
        let mut fuser = Fuser::new();
        fuser.input("case", text.as_bytes());
        fuser.options_mut().shared().protection = meld_core::options::Protection::Isolated;
        fuser.fuse().map(|fused| fused.core).map_err(|error| chain(&error))
    };
    assert!(fuse(&text(49_999)).is_ok());
    assert!(isolated(&text(40_000)).is_ok());
    let error = isolated(&text(49_999)).expect_err("a check needs a local");
    assert!(error.contains("parameters and locals") && error.contains("at most 50000"), "{error}");
    assert!(error.contains("split the function"), "{error}");
}

/// An instance with types that the root exports is a component in the wrapper; the input made it of a list of its items, and
/// so does the wrapper where there are no types.
#[test]
fn exported_instances() {
    let text = |count: usize, ty: &str| {
        let mut text = String::from(
            r#"(component
                 (core module $m (func (export "f")))
                 (core instance $i (instantiate $m))
                 (func $f (canon lift (core func $i "f")))
                 (type $t u32)
                 "#,
        );
        for i in 0..count {
            text += &format!("(instance $x{i} (export \"f\" (func $f)) {ty}) (export \"x{i}\" (instance $x{i}))");
        }
        text + ")"
    };
    let ty = "(export \"t\" (type $t))";
    // The fused module and the component around it are counted as well.
    component(&text(998, ty)).unwrap_or_else(|error| panic!("{error}"));
    let error = component(&text(999, ty)).expect_err("it would be one more than a thousand");
    assert!(error.contains("1001 core modules and components") && error.contains("at most 1000"), "{error}");
    assert!(error.contains("take the core module"), "{error}");
    assert!(fuse(&text(1_100, ty)).is_ok());
    component(&text(1_100, "")).unwrap_or_else(|error| panic!("{error}"));
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
