//! Memories with 64-bit addresses in canonical options: what is refused, and what is not. What works is in the oracle's `wast/wide`.

use meld_core::Fuser;
use std::error::Error;

fn refused(text: &str) -> String {
    let mut fuser = Fuser::new();
    fuser.input("case", text.as_bytes());
    match fuser.fuse() {
        Ok(_) => panic!("it is fused"),
        Err(error) => match error.source() {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        },
    }
}

/// A component that exports `f`, and has a memory, a realloc and `f` in a core instance.
fn wide(name: &str, encoding: &str) -> String {
    format!(
        r#"(component ${name}
          (core module $m
            (memory (export "memory") i64 1)
            (func (export "realloc") (param i64 i64 i64 i64) (result i64) (i64.const 64))
            (func (export "f") (param i64 i64)))
          (core instance $i (instantiate $m))
          (func (export "f") (param "s" string)
            (canon lift (core func $i "f") {encoding} (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))"#
    )
}

/// A memory that is named and not used is allowed.
#[test]
fn scalars_pass_by() {
    let mut fuser = Fuser::new();
    let text = r#"(component
      (import "g" (func $g (param "n" u32) (result u32)))
      (core module $m (memory (export "memory") i64 1))
      (core instance $i (instantiate $m))
      (core func $g (canon lower (func $g) (memory (core memory $i "memory"))))
      (core module $n (import "" "g" (func $g (param i32) (result i32))) (export "f" (func $g)))
      (core instance $j (instantiate $n (with "" (instance (export "g" (func $g))))))
      (func (export "f") (param "n" u32) (result u32) (canon lift (core func $j "f") (memory (core memory $i "memory")))))"#;
    fuser.input("case", text.as_bytes());
    fuser.fuse().expect("it passes no value through memory");
}

#[test]
fn an_export_that_passes_values_through_one() {
    let error = refused(&format!(
        "(component {} (instance $p (instantiate $p)) (export \"f\" (func $p \"f\")))",
        wide("p", "")
    ));
    assert!(
        error.starts_with("f: ") && error.contains("64-bit addresses") && error.contains("32-bit memory"),
        "{error}"
    );
}

#[test]
fn an_import_that_passes_values_through_one() {
    let error = refused(
        r#"(component
          (import "f" (func $f (param "s" string)))
          (core module $m (memory (export "memory") i64 1))
          (core instance $i (instantiate $m))
          (core func $f (canon lower (func $f) (memory (core memory $i "memory"))))
          (core module $n (import "" "f" (func (param i64 i64))) (export "f" (func 0)))
          (core instance $j (instantiate $n (with "" (instance (export "f" (func $f))))))
          (func (export "g") (param "p" u64) (param "n" u64) (canon lift (core func $j "f"))))"#,
    );
    assert!(error.contains("call of the host") && error.contains("64-bit addresses"), "{error}");
}

/// The specification and wasmtime have the tag of such a string in different bits of its length.
#[test]
fn strings_with_a_tag() {
    let error = refused(&format!(
        r#"(component
          {}
          (instance $p (instantiate $p))
          (component $c
            (import "f" (func $f (param "s" string)))
            (core module $m (memory (export "memory") 1))
            (core instance $i (instantiate $m))
            (core func $f (canon lower (func $f) (memory (core memory $i "memory"))))
            (func (export "g") (param "p" u32) (param "n" u32) (canon lift (core func $f))))
          (instance $c (instantiate $c (with "f" (func $p "f"))))
          (export "g" (func $c "g")))"#,
        wide("p", "string-encoding=latin1+utf16")
    ));
    assert!(error.contains("latin1+utf16") && error.contains("64-bit addresses") && error.contains("utf8"), "{error}");
}
