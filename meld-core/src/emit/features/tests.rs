//! Features of small modules, one for each feature and each way to use it.

use super::validate;

/// The features of a module, without those that are there as parts of others.
fn features(text: &str) -> Vec<&'static str> {
    let wasm = wat::parse_str(text).unwrap_or_else(|e| panic!("{text}: {e}"));
    validate(&wasm).unwrap_or_else(|e| panic!("{text}: {e}")).names().collect()
}

/// Each of these modules has the features beside it, and no other.
#[test]
fn each_feature_is_found() {
    let cases: &[(&str, &[&str])] = &[
        ("(module)", &[]),
        // What WebAssembly 1.0 has: one memory, one table, active segments, indirect calls, mutable globals inside.
        (
            r#"(module
                (type $f (func (param i32) (result i32)))
                (memory 1) (table 1 funcref) (global (mut i32) (i32.const 0))
                (elem (i32.const 0) $g) (data (i32.const 0) "x")
                (func $g (export "g") (type $f)
                  (block (result i32) (call_indirect (type $f) (local.get 0) (i32.const 0)))))"#,
            &[],
        ),
        ("(module (func (drop (i32.extend8_s (i32.const 0)))))", &["sign-ext"]),
        ("(module (func (drop (i64.trunc_sat_f64_u (f64.const 0)))))", &["nontrapping-fptoint"]),
        ("(module (func (drop (i32x4.splat (i32.const 0)))))", &["simd128"]),
        ("(module (func (local v128)))", &["simd128"]),
        ("(module (func (param v128)))", &["simd128"]),
        ("(module (global v128 (v128.const i64x2 0 0)))", &["simd128"]),
        ("(module (func (drop (i32x4.relaxed_trunc_f32x4_s (v128.const i64x2 0 0)))))", &["relaxed-simd", "simd128"]),
        ("(module (memory 1) (func (memory.copy (i32.const 0) (i32.const 0) (i32.const 0))))", &["bulk-memory-opt"]),
        ("(module (memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0))))", &["bulk-memory-opt"]),
        (r#"(module (memory 1) (data "x"))"#, &["bulk-memory", "bulk-memory-opt"]),
        (r#"(module (memory 1) (data (i32.const 0) "x") (func (data.drop 0)))"#, &["bulk-memory", "bulk-memory-opt"]),
        (
            "(module (table 1 funcref) (func (table.copy (i32.const 0) (i32.const 0) (i32.const 0))))",
            &["bulk-memory", "bulk-memory-opt"],
        ),
        ("(module (func $f) (elem func $f))", &["bulk-memory", "bulk-memory-opt"]),
        ("(module (func (param externref)))", &["call-indirect-overlong", "reference-types"]),
        ("(module (table 1 externref))", &["call-indirect-overlong", "reference-types"]),
        ("(module (table 1 funcref) (table 1 funcref))", &["call-indirect-overlong", "reference-types"]),
        ("(module (func $f) (elem declare func $f))", &["call-indirect-overlong", "reference-types"]),
        ("(module (global funcref (ref.null func)))", &["call-indirect-overlong", "reference-types"]),
        ("(module (table 1 funcref) (func (drop (table.size 0))))", &["call-indirect-overlong", "reference-types"]),
        ("(module (func (result i32 i32) (unreachable)))", &["multivalue"]),
        ("(module (func (i32.const 0) (block (param i32) (drop))))", &["multivalue"]),
        ("(module (memory 1) (memory 1))", &["multimemory"]),
        (r#"(module (import "m" "m" (memory 1)) (memory 1))"#, &["multimemory"]),
        ("(module (memory i64 1))", &["memory64"]),
        ("(module (table i64 1 funcref))", &["memory64"]),
        ("(module (memory 1 1 shared))", &["atomics"]),
        ("(module (memory 1) (func (drop (i32.atomic.load (i32.const 0)))))", &["atomics"]),
        ("(module (memory 1 (pagesize 1)))", &["custom-page-sizes"]),
        ("(module (global i32 (i32.add (i32.const 1) (i32.const 2))))", &["extended-const"]),
        ("(module (memory 1) (data (i32.sub (i32.const 1) (i32.const 1)) \"\"))", &["extended-const"]),
        (r#"(module (import "m" "g" (global (mut i32))))"#, &["mutable-globals"]),
        (r#"(module (global (export "g") (mut i32) (i32.const 0)))"#, &["mutable-globals"]),
        (r#"(module (global (export "g") i32 (i32.const 0)))"#, &[]),
        ("(module (tag))", &["exception-handling"]),
        ("(module (tag (param i32 i32)))", &["exception-handling", "multivalue"]),
        ("(module (func (block (try_table (catch_all 0)))))", &["exception-handling"]),
        ("(module (func try catch_all end))", &["exception-handling"]),
        ("(module (func (local exnref)))", &["call-indirect-overlong", "exception-handling", "reference-types"]),
        ("(module (func $f (return_call $f)))", &["tail-call"]),
        (
            "(module (func (drop (i64.add128 (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0))) (drop)))",
            &["wide-arithmetic"],
        ),
        ("(module (type (struct)))", &["call-indirect-overlong", "gc", "reference-types"]),
        ("(module (type (array (mut i8))))", &["call-indirect-overlong", "gc", "reference-types"]),
        ("(module (rec (type (func)) (type (func))))", &["call-indirect-overlong", "gc", "reference-types"]),
        ("(module (type (sub (func))))", &["call-indirect-overlong", "gc", "reference-types"]),
        ("(module (func (param i31ref)))", &["call-indirect-overlong", "gc", "reference-types"]),
        ("(module (func (param (ref extern))))", &["call-indirect-overlong", "gc", "reference-types"]),
        (
            "(module (type $f (func)) (func (param (ref $f)) (call_ref $f (local.get 0))))",
            &["call-indirect-overlong", "gc", "reference-types"],
        ),
        // A global of the module itself in a constant expression.
        (
            "(module (global i32 (i32.const 0)) (global i32 (global.get 0)))",
            &["call-indirect-overlong", "gc", "reference-types"],
        ),
        (r#"(module (import "m" "g" (global i32)) (global i32 (global.get 0)))"#, &[]),
        ("(module (func $f) (table 1 funcref (ref.func $f)))", &["call-indirect-overlong", "gc", "reference-types"]),
        ("(module (type $f (func)) (type (cont $f)))", &["stack-switching"]),
        (
            "(module (global $g (shared mut i32) (i32.const 0)) (func (drop (global.atomic.get seqcst $g))))",
            &["atomics", "shared-everything"],
        ),
        (
            "(module (global $g (shared mut i32) (i32.const 0)) (func (drop (global.atomic.get acqrel $g))))",
            &["acquire-release-atomics", "atomics", "shared-everything"],
        ),
    ];
    let mut found = std::collections::BTreeSet::new();
    for (text, expected) in cases {
        let features = features(text);
        assert_eq!(features, *expected, "{text}");
        found.extend(features);
    }
    // Features that no case has.
    let all = super::Features::NAMES.iter().map(|(_, name)| *name);
    let missing: Vec<&str> = all.filter(|name| !found.contains(name)).collect();
    assert_eq!(missing, ["custom-descriptors"]);
}

#[test]
fn names_are_in_order() {
    assert!(super::Features::NAMES.is_sorted_by_key(|(_, name)| *name));
}

#[test]
fn an_invalid_module_is_an_error() {
    let wasm = wat::parse_str("(module (func (result i32)))").expect("it can be assembled");
    validate(&wasm).expect_err("the body has no result");
}
