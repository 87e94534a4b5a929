//! Types that say much in little, and what adapters have to do with them.

use super::instances::component;
use std::fmt::Write;

/// Parameters of a function that are always in memory: more than 16.
fn function(types: &str, names: &str) -> Vec<Vec<u8>> {
    let params: String = (0..17).map(|i| format!("(param \"p{i}\" u32)")).collect();
    let text = format!(
        r#"(component
          (component $p {types}
            (core module $m (memory (export "memory") 1)
              (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
              (func (export "f") (param i32)))
            (core instance $i (instantiate $m))
            (func $f {params} (param "x" {names}) (canon lift (core func $i "f") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
            (export "f" (func $f)))
          (instance $p (instantiate $p))
          (component $c {types} (import "f" (func $f {params} (param "x" {names})))
            (core module $mem (memory (export "memory") 1))
            (core instance $mem (instantiate $mem))
            (core func $g (canon lower (func $f) (memory (core memory $mem "memory"))))
            (core module $m (import "" "g" (func $g (param i32))) (func (export "h") (param i32) (call $g (local.get 0))))
            (core instance $i (instantiate $m (with "" (instance (export "g" (func $g))))))
            (func $h (param "x" u32) (canon lift (core func $i "h")))
            (export "h" (func $h)))
          (instance $c (instantiate $c (with "f" (func $p "f"))))
          (export "h" (func $c "h")))"#
    );
    vec![component(&text)]
}

pub(super) fn tuples(n: usize) -> Vec<Vec<u8>> {
    let mut types = String::from("(type $t0 (tuple string u8))");
    for i in 1..=n {
        write!(types, "(type $t{i} (tuple $t{0} $t{0}))", i - 1).ok();
    }
    function(&types, &format!("$t{n}"))
}

pub(super) fn variants(n: usize) -> Vec<Vec<u8>> {
    let mut types = String::from("(type $t0 (result string (error u8)))");
    for i in 1..=n {
        write!(types, "(type $t{i} (result $t{0} (error $t{0})))", i - 1).ok();
    }
    function(&types, &format!("$t{n}"))
}

pub(super) fn lists(n: usize) -> Vec<Vec<u8>> {
    let mut types = String::from("(type $t0 (list string))");
    for i in 1..=n {
        write!(types, "(type $t{i} (list $t{}))", i - 1).ok();
    }
    function(&types, &format!("$t{n}"))
}

pub(super) fn wide_record(n: usize) -> Vec<Vec<u8>> {
    let strings = vec!["string"; n].join(" ");
    function(&format!("(type $t (tuple {strings}))"), "$t")
}

pub(super) fn wide_fields(n: usize) -> Vec<Vec<u8>> {
    let bools = vec!["bool"; 40].join(" ");
    let fields = vec!["$u"; n].join(" ");
    function(&format!("(type $u (tuple {bools})) (type $t (tuple {fields}))"), "$t")
}

/// A function with a record of n fields, which n instructions lower.
pub(super) fn lowers(n: usize) -> Vec<Vec<u8>> {
    let fields = vec!["u8"; n].join(" ");
    let mut text = format!(
        r#"(component (type $t (tuple {fields})) (import "f" (func $f (param "x" $t)))
           (core module $m (memory (export "memory") 1))"#
    );
    for i in 0..n {
        write!(
            text,
            "(core instance $i{i} (instantiate $m)) (core func $g{i} (canon lower (func $f) (memory (core memory $i{i} \"memory\"))))"
        )
        .ok();
    }
    vec![component(&format!("{text})"))]
}

/// Resources that one component makes and another drops.
pub(super) fn resource_types(n: usize) -> Vec<Vec<u8>> {
    let mut owner = String::from(
        "(component $owner (core module $m (func (export \"f\") (param i32) (result i32) (local.get 0))) (core instance $i (instantiate $m))",
    );
    let mut ty = String::new();
    let mut user = String::new();
    for i in 0..n {
        write!(
            owner,
            "(type $r{i} (resource (rep i32))) (export $x{i} \"r{i}\" (type $r{i}))
             (func $f{i} (param \"a\" (own $x{i})) (result (own $x{i})) (canon lift (core func $i \"f\"))) (export \"f{i}\" (func $f{i}))"
        )
        .ok();
        write!(
            ty,
            "(export \"r{i}\" (type $r{i} (sub resource))) (export \"f{i}\" (func (param \"a\" (own $r{i})) (result (own $r{i}))))"
        )
        .ok();
        write!(user, "(core func $g{i} (canon lower (func $o \"f{i}\")))").ok();
    }
    let exports: String = (0..n).map(|i| format!("(export \"g{i}\" (func $g{i}))")).collect();
    let imports: String =
        (0..n).map(|i| format!("(import \"\" \"g{i}\" (func $g{i} (param i32) (result i32)))")).collect();
    let calls: String = (0..n).map(|i| format!("(drop (call $g{i} (i32.const 1)))")).collect();
    let text = format!(
        "(component {owner}) (instance $o (instantiate $owner))
         (component $user (import \"o\" (instance $o {ty})) {user}
           (core module $m {imports} (func (export \"f\") {calls}))
           (core instance $i (instantiate $m (with \"\" (instance {exports}))))
           (func (export \"f\") (canon lift (core func $i \"f\"))))
         (instance $u (instantiate $user (with \"o\" (instance $o)))) (export \"f\" (func $u \"f\")))"
    );
    vec![component(&text)]
}
