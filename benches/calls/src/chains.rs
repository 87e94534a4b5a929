//! Chains of components, as text.

use std::fmt::Write;
use wasmtime::Result;

/// A chain of components, each of which hands a number on to the one before, and one that calls the last.
pub(crate) fn of_numbers(components: usize) -> Result<String> {
    let mut wat = String::from(
        r#"(component
          (component $first
            (core module $m (func (export "f") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))
            (core instance $i (instantiate $m))
            (func (export "f") (param "n" u32) (result u32) (canon lift (core func $i "f"))))
          (component $next
            (import "f" (func $f (param "n" u32) (result u32)))
            (core func $f' (canon lower (func $f)))
            (core module $m
              (import "" "f" (func $f (param i32) (result i32)))
              (func (export "f") (param i32) (result i32) (call $f (local.get 0))))
            (core instance $i (instantiate $m (with "" (instance (export "f" (func $f'))))))
            (func (export "f") (param "n" u32) (result u32) (canon lift (core func $i "f"))))
          (component $caller
            (import "f" (func $f (param "n" u32) (result u32)))
            (core func $f' (canon lower (func $f)))
            (core module $m
              (import "" "f" (func $f (param i32) (result i32)))
              (func (export "run") (param $n i32) (param $length i32) (result i32)
                (local $sum i32)
                (loop $again
                  (local.set $sum (call $f (local.get $sum)))
                  (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                (local.get $sum)))
            (core instance $i (instantiate $m (with "" (instance (export "f" (func $f'))))))
            (func (export "run") (param "n" u32) (param "length" u32) (result u32) (canon lift (core func $i "run"))))
          (instance $i1 (instantiate $first))
        "#,
    );
    // The caller is one of them.
    for i in 2..components {
        writeln!(wat, "(instance $i{i} (instantiate $next (with \"f\" (func $i{} \"f\"))))", i - 1)?;
    }
    writeln!(wat, "(instance $caller (instantiate $caller (with \"f\" (func $i{} \"f\"))))", components - 1)?;
    writeln!(wat, "(export \"run\" (func $caller \"run\")))")?;
    Ok(wat)
}

/// A chain of components that hand an owned handle on: the first defines the resource and gives the handle back, each
/// of the next passes it to the one before and back, the last calls in a loop. All of them hold it in turn.
pub(crate) fn of_owns(components: usize) -> Result<String> {
    let mut wat = String::from(
        r#"(component
          (component $first
            (type $R' (resource (rep i32)))
            (export $R "r" (type $R'))
            (core func $new (canon resource.new $R))
            (core module $m (func (export "pass") (param i32) (result i32) (local.get 0)))
            (core instance $i (instantiate $m))
            (func (export "make") (param "n" u32) (result (own $R)) (canon lift (core func $new)))
            (func (export "pass") (param "r" (own $R)) (result (own $R)) (canon lift (core func $i "pass"))))
          (component $next
            (import "r" (type $R (sub resource)))
            (import "pass" (func $pass (param "r" (own $R)) (result (own $R))))
            (core func $pass' (canon lower (func $pass)))
            (core module $m
              (import "" "pass" (func $pass (param i32) (result i32)))
              (func (export "pass") (param i32) (result i32) (call $pass (local.get 0))))
            (core instance $i (instantiate $m (with "" (instance (export "pass" (func $pass'))))))
            (func (export "pass") (param "r" (own $R)) (result (own $R)) (canon lift (core func $i "pass"))))
          (component $caller
            (import "r" (type $R (sub resource)))
            (import "make" (func $make (param "n" u32) (result (own $R))))
            (import "pass" (func $pass (param "r" (own $R)) (result (own $R))))
            (core func $make' (canon lower (func $make)))
            (core func $pass' (canon lower (func $pass)))
            (core func $drop (canon resource.drop $R))
            (core module $m
              (import "" "make" (func $make (param i32) (result i32)))
              (import "" "pass" (func $pass (param i32) (result i32)))
              (import "" "drop" (func $drop (param i32)))
              ;; The handle's own number is what comes back, added up.
              (func (export "run") (param $n i32) (param $length i32) (result i32)
                (local $sum i32) (local $r i32)
                (local.set $r (call $make (i32.const 7)))
                (loop $again
                  (local.set $r (call $pass (local.get $r)))
                  (local.set $sum (i32.add (local.get $sum) (local.get $r)))
                  (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                (call $drop (local.get $r))
                (local.get $sum)))
            (core instance $i (instantiate $m (with "" (instance
              (export "make" (func $make')) (export "pass" (func $pass')) (export "drop" (func $drop))))))
            (func (export "run") (param "n" u32) (param "length" u32) (result u32) (canon lift (core func $i "run"))))
          (instance $i1 (instantiate $first))
          (alias export $i1 "r" (type $R))
        "#,
    );
    for i in 2..components {
        writeln!(
            wat,
            "(instance $i{i} (instantiate $next (with \"r\" (type $R)) (with \"pass\" (func $i{} \"pass\"))))",
            i - 1
        )?;
    }
    writeln!(
        wat,
        "(instance $caller (instantiate $caller
           (with \"r\" (type $R)) (with \"make\" (func $i1 \"make\")) (with \"pass\" (func $i{} \"pass\"))))",
        components - 1
    )?;
    writeln!(wat, "(export \"run\" (func $caller \"run\")))")?;
    Ok(wat)
}
