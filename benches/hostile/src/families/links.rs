//! Several inputs, and much between them.

use super::instances::component;
use std::fmt::Write;

const LEAF: &str = r#"(core module $m (func (export "f") (result i32) (i32.const 1)))
    (core instance $i (instantiate $m)) (func $f (result u32) (canon lift (core func $i "f")))"#;

/// Four inputs; each takes n interfaces of the one before and gives n to the next.
pub(super) fn interfaces(n: usize) -> Vec<Vec<u8>> {
    let input = |position: usize| {
        let mut text = String::from("(component ");
        if position > 0 {
            for i in 0..n {
                write!(
                    text,
                    "(import \"l{}:p/i{i}\" (instance $i{i} (export \"f\" (func (result u32)))))
                     (core func $g{i} (canon lower (func $i{i} \"f\")))",
                    position - 1
                )
                .ok();
            }
            let imports: String = (0..n).map(|i| format!("(import \"\" \"g{i}\" (func $g{i} (result i32)))")).collect();
            let calls: String = (0..n).map(|i| format!("(call $g{i}) i32.add ")).collect();
            let exports: String = (0..n).map(|i| format!("(export \"g{i}\" (func $g{i}))")).collect();
            write!(
                text,
                "(core module $m {imports} (func (export \"f\") (result i32) (i32.const 0) {calls}))
                 (core instance $i (instantiate $m (with \"\" (instance {exports})))) (func $f (result u32) (canon lift (core func $i \"f\")))"
            )
            .ok();
        } else {
            text.push_str(LEAF);
        }
        for i in 0..n {
            write!(text, "(instance $e{i} (export \"f\" (func $f))) (export \"l{position}:p/i{i}\" (instance $e{i}))")
                .ok();
        }
        component(&format!("{text})"))
    };
    (0..4).map(input).collect()
}

/// All are called.
pub(super) fn import_params(n: usize) -> Vec<Vec<u8>> {
    let params: String = (0..1000).map(|i| format!("(param \"p{i}\" u32)")).collect();
    let mut text = format!(
        "(component (type $t (func {params}))
           (core module $mem (memory (export \"memory\") 1)) (core instance $mem (instantiate $mem))"
    );
    for i in 0..n {
        write!(text, "(import \"f{i}\" (func $f{i} (type $t))) (core func $g{i} (canon lower (func $f{i}) (memory (core memory $mem \"memory\"))))").ok();
    }
    let imports: String = (0..n).map(|i| format!("(import \"\" \"f{i}\" (func $f{i} (param i32)))")).collect();
    let calls: String = (0..n).map(|i| format!("(call $f{i} (i32.const 0))")).collect();
    let exports: String = (0..n).map(|i| format!("(export \"f{i}\" (func $g{i}))")).collect();
    write!(
        text,
        "(core module $m {imports} (func (export \"f\") {calls}))
         (core instance $i (instantiate $m (with \"\" (instance {exports}))))
         (func (export \"g\") (canon lift (core func $i \"f\"))))"
    )
    .ok();
    vec![component(&text)]
}

/// n inputs in a chain.
pub(super) fn inputs(n: usize) -> Vec<Vec<u8>> {
    let first = component(&format!(
        "(component {LEAF} (instance $e (export \"f\" (func $f))) (export \"l0:p/i\" (instance $e)))"
    ));
    let next = |i: usize| {
        component(&format!(
            "(component (import \"l{}:p/i\" (instance $b (export \"f\" (func (result u32))))) (core func $g (canon lower (func $b \"f\")))
               (core module $m (import \"\" \"g\" (func $g (result i32))) (func (export \"f\") (result i32) (i32.add (call $g) (i32.const 1))))
               (core instance $i (instantiate $m (with \"\" (instance (export \"g\" (func $g))))))
               (func $f (result u32) (canon lift (core func $i \"f\")))
               (instance $e (export \"f\" (func $f))) (export \"l{i}:p/i\" (instance $e)))",
            i - 1
        ))
    };
    std::iter::once(first).chain((1..n).map(next)).collect()
}

/// n inputs that all import an interface with types from outside.
pub(super) fn shared_import(n: usize) -> Vec<Vec<u8>> {
    let input = |i: usize| {
        let funcs: String = (0..20)
            .map(|k| format!("(export \"f{k}\" (func (param \"a\" (borrow $r)) (param \"b\" u32) (result u32)))"))
            .collect();
        component(&format!(
            "(component (import \"a:p/i\" (instance $b (export \"r\" (type $r (sub resource))) {funcs}))
               (core func $g (canon lower (func $b \"f{}\")))
               (core module $m (import \"\" \"g\" (func $g (param i32 i32) (result i32)))
                 (func (export \"f\") (result i32) (call $g (i32.const 1) (i32.const {i}))))
               (core instance $i (instantiate $m (with \"\" (instance (export \"g\" (func $g))))))
               (func (export \"f{i}\") (result u32) (canon lift (core func $i \"f\"))))",
            i % 20
        ))
    };
    (0..n).map(input).collect()
}

/// One input has n versions of an interface, and the other wants n that are compatible with one each.
pub(super) fn versions(n: usize) -> Vec<Vec<u8>> {
    let n = n.min(3000);
    let mut given = format!("(component {LEAF} (instance $e (export \"f\" (func $f)))");
    let mut wanted = String::from("(component ");
    for i in 1..=n {
        if i <= 1000 {
            write!(given, "(export \"a:p/i@{i}.2.0\" (instance $e))").ok();
        }
        write!(wanted, "(import \"a:p/i@{i}.1.0\" (instance (export \"f\" (func (result u32)))))").ok();
    }
    wanted.push_str(LEAF);
    vec![component(&format!("{given})")), component(&format!("{wanted} (export \"f\" (func $f)))"))]
}
