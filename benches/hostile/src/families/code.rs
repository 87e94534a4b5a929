//! Core modules in which much is mentioned, nested or looked up.

use super::instances::component;
use std::fmt::Write;

/// A component of a module that exports `f`, of type `(u32) -> u32`, lifted with a `realloc` if `realloc` is set.
fn around(module: &str, realloc: bool) -> Vec<Vec<u8>> {
    let lifted = match realloc {
        false => "(func (export \"f\") (param \"a\" u32) (result u32) (canon lift (core func $i \"f\")))",
        true => {
            "(func (export \"f\") (param \"a\" u32) (result u32) (canon lift (core func $i \"f\")))
             (func (export \"g\") (param \"a\" string) (canon lift (core func $i \"g\") (memory (core memory $i \"memory\")) (realloc (core func $i \"realloc\"))))"
        }
    };
    vec![component(&format!("(component (core module $m {module}) (core instance $i (instantiate $m)) {lifted})"))]
}

pub(super) fn small_functions(n: usize) -> Vec<Vec<u8>> {
    let funcs: String = (0..n).map(|i| format!("(func $f{i} (result i32) (i32.const {i}))")).collect();
    let calls: String = (0..n).map(|i| format!("(call $f{i}) i32.add ")).collect();
    around(&format!("{funcs} (func (export \"f\") (param i32) (result i32) (local.get 0) {calls})"), false)
}

pub(super) fn types(n: usize) -> Vec<Vec<u8>> {
    let mut text = String::from("(memory 1) (global $sp (mut i32) (i32.const 1024))");
    for i in 0..n {
        let bits: String = (0..16).map(|bit| if i >> bit & 1 == 0 { "i32 " } else { "i64 " }).collect();
        write!(text, "(type $t{i} (func (param {bits})))").ok();
        write!(text, "(func $f{i} (result i32) (i32.load (i32.const {i})))").ok();
    }
    let calls: String = (0..n).map(|i| format!("(call $f{i}) i32.add ")).collect();
    around(
        &format!(
            "{text} (func (export \"f\") (param i32) (result i32)
               (global.set $sp (i32.sub (global.get $sp) (i32.const 16))) (drop (i32.load (global.get $sp)))
               (global.set $sp (i32.add (global.get $sp) (i32.const 16))) (local.get 0) {calls})"
        ),
        false,
    )
}

pub(super) fn locals(n: usize) -> Vec<Vec<u8>> {
    let mut text = String::from("(memory 1)");
    let locals = "i32 ".repeat(49_998);
    for i in 0..n {
        write!(
            text,
            "(func $f{i} (param i32) (result i32) (local {locals}) (local.set 49000 (i32.const {i})) (i32.load (local.get 49000)))"
        )
        .ok();
    }
    let calls: String = (0..n).map(|i| format!("(call $f{i})")).collect();
    around(&format!("{text} (func (export \"f\") (param i32) (result i32) (local.get 0) {calls})"), false)
}

/// Half of the locals hold what is derived from the stack pointer, and each `if` begins with all that is known.
pub(super) fn nested_ifs(n: usize) -> Vec<Vec<u8>> {
    let locals = (n / 4).clamp(1, 10_000);
    let mut body =
        String::from("(local.set 1 (i32.sub (global.get $sp) (i32.const 16))) (global.set $sp (local.get 1))");
    for i in 0..locals {
        write!(body, "(local.set {} (i32.add (local.get 1) (i32.const {})))", i + 2, i % 16).ok();
    }
    for i in 0..n {
        let at = i % locals;
        write!(body, "(local.get 0) if (local.set {} (i32.add (local.get 1) (i32.const {})))", at + 2, (i + 1) % 16)
            .ok();
    }
    body.push_str("(i32.store (local.get 2) (i32.const 1))");
    body.push_str(&"end ".repeat(n));
    body.push_str("(global.set $sp (i32.add (local.get 1) (i32.const 16))) (local.get 0)");
    around(
        &format!(
            "(memory (export \"memory\") 1) (global $sp (mut i32) (i32.const 1024)) (data (i32.const 1024) \"x\")
             (func (export \"f\") (param i32) (result i32) (local {}) {body})",
            "i32 ".repeat(locals + 1)
        ),
        false,
    )
}

pub(super) fn nested_loops(n: usize) -> Vec<Vec<u8>> {
    let mut body =
        String::from("(local.set 1 (i32.sub (global.get $sp) (i32.const 16))) (global.set $sp (local.get 1))");
    for i in 0..n {
        write!(body, "(local.set {} (local.get 1))", i + 2).ok();
    }
    for i in 0..n {
        write!(body, "loop (i32.store (local.get {}) (i32.const 1))", i + 2).ok();
    }
    for i in (0..n).rev() {
        write!(body, "(local.set {} (local.get {})) (br_if 0 (local.get 0)) end ", i + 2, (i + 1) % n + 2).ok();
    }
    body.push_str("(global.set $sp (i32.add (local.get 1) (i32.const 16))) (local.get 0)");
    around(
        &format!(
            "(memory (export \"memory\") 1) (global $sp (mut i32) (i32.const 1024)) (data (i32.const 1024) \"x\")
             (func (export \"f\") (param i32) (result i32) (local {}) {body})",
            "i32 ".repeat(n + 1)
        ),
        false,
    )
}

pub(super) fn branch_table(n: usize) -> Vec<Vec<u8>> {
    let targets = "0 1 2 ".repeat(n / 3);
    around(
        &format!(
            "(memory 1) (global $sp (mut i32) (i32.const 1024))
             (func (export \"f\") (param i32) (result i32) (local i32)
               (global.set $sp (i32.sub (global.get $sp) (i32.const 16)))
               (local.set 1 (i32.load (global.get $sp)))
               block block block block (br_table {targets} 3 (local.get 0)) end end end end
               (global.set $sp (i32.add (global.get $sp) (i32.const 16))) (local.get 1))"
        ),
        false,
    )
}

pub(super) fn accesses(n: usize) -> Vec<Vec<u8>> {
    let locals = 1000;
    let mut body =
        String::from("(global.set $sp (i32.sub (global.get $sp) (i32.const 16))) (drop (i32.load (global.get $sp)))");
    for i in 0..n {
        write!(
            body,
            "(local.set {} (i32.load offset={} (local.get {})))",
            i % locals + 1,
            i % 64,
            (i * 7) % locals + 1
        )
        .ok();
        if i % 50 == 0 {
            body.push_str("block (br_if 0 (local.get 0)) ");
        } else if i % 50 == 49 {
            body.push_str("end ");
        }
    }
    if !n.is_multiple_of(50) {
        body.push_str("end ");
    }
    body.push_str("(global.set $sp (i32.add (global.get $sp) (i32.const 16))) (local.get 1)");
    around(
        &format!(
            "(memory 1) (global $sp (mut i32) (i32.const 1024))
             (func (export \"f\") (param i32) (result i32) (local {}) {body})",
            "i32 ".repeat(locals)
        ),
        false,
    )
}

/// n functions in a table, of some hundred types, and n indirect calls by each of them, reached by a `realloc` that might call
/// out; half of the functions are imports.
pub(super) fn address_taken(n: usize) -> Vec<Vec<u8>> {
    let types = (n / 10).clamp(1, 1000);
    let mut text = String::new();
    for i in 0..types {
        let params: String = (0..10).map(|bit| if i >> bit & 1 == 0 { "i32 " } else { "i64 " }).collect();
        write!(text, "(type $t{i} (func (param {params})))").ok();
    }
    text.push_str("(import \"\" \"h\" (func $h))");
    write!(text, "(memory (export \"memory\") 1) (table {n} funcref) (global $sp (mut i32) (i32.const 1024))").ok();
    let elems: String = (0..n).map(|i| format!("$f{i} ")).collect();
    write!(text, "(elem (i32.const 0) {elems})").ok();
    for i in 0..n {
        let (ty, called) = (i % types, (i * 7 + 1) % types);
        let args: String =
            (0..10).map(|bit| if called >> bit & 1 == 0 { "(i32.const 0) " } else { "(i64.const 0) " }).collect();
        write!(text, "(func $f{i} (type $t{ty}) {args} (call_indirect (type $t{called}) (i32.const {i})))").ok();
    }
    text.push_str(
        "(func (export \"f\") (param i32) (result i32)
           (global.set $sp (i32.sub (global.get $sp) (i32.const 16))) (drop (i32.load (global.get $sp)))
           (global.set $sp (i32.add (global.get $sp) (i32.const 16))) (local.get 0))
         (func (export \"g\") (param i32 i32))
         (func (export \"realloc\") (param i32 i32 i32 i32) (result i32)
           (call $f0 (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
           (i32.const 64))",
    );
    vec![component(&format!(
        "(component (import \"h\" (func $h)) (core func $h (canon lower (func $h))) (core module $m {text})
           (core instance $i (instantiate $m (with \"\" (instance (export \"h\" (func $h))))))
           (func (export \"f\") (param \"a\" u32) (result u32) (canon lift (core func $i \"f\")))
           (func (export \"g\") (param \"a\" string) (canon lift (core func $i \"g\") (memory (core memory $i \"memory\")) (realloc (core func $i \"realloc\")))))"
    ))]
}

pub(super) fn imports(n: usize) -> Vec<Vec<u8>> {
    let mut text = String::from("(component ");
    for i in 0..n {
        write!(text, "(import \"f{i}\" (func $f{i})) (core func $g{i} (canon lower (func $f{i})))").ok();
    }
    let imports: String = (0..n).map(|i| format!("(import \"\" \"f{i}\" (func $f{i}))")).collect();
    let calls: String = (0..n).map(|i| format!("(call $f{i})")).collect();
    let exports: String = (0..n).map(|i| format!("(export \"f{i}\" (func $g{i}))")).collect();
    write!(
        text,
        "(core module $m {imports} (memory (export \"memory\") 1)
           (func (export \"realloc\") (param i32 i32 i32 i32) (result i32) {calls} (i32.const 64))
           (func (export \"g\") (param i32 i32) {calls}))
         (core instance $i (instantiate $m (with \"\" (instance {exports}))))
         (func (export \"g\") (param \"a\" string) (canon lift (core func $i \"g\") (memory (core memory $i \"memory\")) (realloc (core func $i \"realloc\")))))"
    )
    .ok();
    vec![component(&text)]
}

/// A chain that ends in the first function, then as many that all begin at its other end.
pub(super) fn forwarders(n: usize) -> Vec<Vec<u8>> {
    let mut text = String::from("(memory 1) (global $sp (mut i32) (i32.const 1024))");
    for i in 0..n {
        write!(text, "(func $f{i} (param i32) (result i32) (call $f{} (local.get 0)))", i + 1).ok();
    }
    write!(
        text,
        "(func $f{n} (param i32) (result i32) (global.set $sp (i32.sub (global.get $sp) (i32.const 16)))
           (drop (i32.load (global.get $sp))) (global.set $sp (i32.add (global.get $sp) (i32.const 16))) (i32.const 7))"
    )
    .ok();
    for i in 0..n {
        write!(text, "(func $g{i} (param i32) (result i32) (call $f0 (local.get 0)))").ok();
    }
    let calls: String = (0..n).map(|i| format!("(call $g{i})")).collect();
    around(&format!("{text} (func (export \"f\") (param i32) (result i32) (local.get 0) {calls})"), false)
}

pub(super) fn segments(n: usize) -> Vec<Vec<u8>> {
    let segments: String = (0..n).map(|i| format!("(data (i32.const {}) \"x\")", 1024 + i * 2)).collect();
    around(
        &format!(
            "(memory 10) (global $sp (mut i32) (i32.const 1024)) (global $s (mut i32) (i32.const 0)) (func $s (global.set $s (i32.const 1))) (start $s) {segments}
             (func (export \"f\") (param i32) (result i32)
               (global.set $sp (i32.sub (global.get $sp) (i32.const 16))) (drop (i32.load (global.get $sp)))
               (global.set $sp (i32.add (global.get $sp) (i32.const 16))) (i32.load (i32.const 1024)))"
        ),
        false,
    )
}

/// Each begins beyond the end of its memory, so that init has to carry it out.
pub(super) fn late_segments(n: usize) -> Vec<Vec<u8>> {
    let segments: String = (0..n).map(|_| "(data (global.get $at) \"x\")").collect();
    let at = "(core module $a (global (export \"at\") i32 (i32.const 70000)))";
    vec![component(&format!(
        "(component {at} (core instance $a (instantiate $a))
           (core module $m (import \"\" \"at\" (global $at i32)) (memory 1) {segments}
             (func (export \"f\") (param i32) (result i32) (i32.load (i32.const 1024))))
           (core instance $i (instantiate $m (with \"\" (instance (export \"at\" (global $a \"at\"))))))
           (func (export \"f\") (param \"a\" u32) (result u32) (canon lift (core func $i \"f\"))))"
    ))]
}

pub(super) fn memories_and_segments(n: usize) -> Vec<Vec<u8>> {
    let memories: String = (0..50).map(|i| format!("(memory $m{i} 1)")).collect();
    let segments: String = (0..n).map(|_| "(data \"x\")").collect();
    let loads: String = (1..50).map(|i| format!("(i32.load $m{i} (i32.const 0)) i32.add ")).collect();
    around(
        &format!(
            "{memories} (global $sp (mut i32) (i32.const 1024)) {segments}
             (func (export \"f\") (param i32) (result i32)
               (memory.init $m3 7 (i32.const 0) (i32.const 0) (i32.const 1))
               (memory.copy $m3 $m4 (i32.const 0) (i32.const 0) (i32.const 1))
               (i32.load $m0 (i32.const 0)) {loads})"
        ),
        false,
    )
}

pub(super) fn tables(n: usize) -> Vec<Vec<u8>> {
    let mut text = String::from("(memory 1) (func $a (param i32) (result i32) (local.get 0))");
    for i in 0..n {
        write!(text, "(table $t{i} 1 funcref) (elem (table $t{i}) (i32.const 0) func $a)").ok();
    }
    let calls: String = (0..n)
        .map(|i| format!("(call_indirect $t{i} (param i32) (result i32) (i32.const 1) (i32.const 0)) i32.add "))
        .collect();
    around(&format!("{text} (func (export \"f\") (param i32) (result i32) (local.get 0) {calls})"), false)
}

pub(super) fn globals(n: usize) -> Vec<Vec<u8>> {
    let mut text = String::from("(memory 1) (global $g0 i32 (i32.const 1))");
    for i in 1..=n {
        write!(text, "(global $g{i} i32 (i32.add (global.get $g{}) (i32.const 1)))", i - 1).ok();
    }
    let gets: String = (0..n).map(|i| format!("(global.get $g{i}) i32.add ")).collect();
    around(&format!("{text} (func (export \"f\") (param i32) (result i32) (local.get 0) {gets})"), false)
}
