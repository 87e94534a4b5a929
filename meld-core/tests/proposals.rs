//! Proposals that no engine at hand runs: merged twice, the result is valid and still uses them.
//!
//! Those that wasmtime runs are run, in `meld-oracle/tests/merge/proposals.wat`.

use meld_core::Fuser;
use meld_core::options::Strip;

/// Fuses a component with two instances of `module`, which exports `run: () -> i32`, and prints the result, with indices and no names.
fn fuse_twice(module: &str) -> String {
    fuse_stripped(module, Strip::Names)
}

/// The same, with names or without.
fn fuse_stripped(module: &str, strip: Strip) -> String {
    let component = format!(
        r#"(component
            (core module $m {module})
            (core instance $i (instantiate $m))
            (core instance $j (instantiate $m))
            (func (export "one") (result u32) (canon lift (core func $i "run")))
            (func (export "two") (result u32) (canon lift (core func $j "run"))))"#
    );
    let mut fuser = Fuser::new();
    fuser.strip(strip).input("case", component.as_bytes());
    let fused = fuser.fuse().unwrap_or_else(|error| panic!("{error}: {:?}", std::error::Error::source(&error)));
    wasmprinter::print_bytes(&fused.core).expect("the output is valid")
}

#[test]
fn stack_switching() {
    let print = fuse_twice(
        r#"
        (type $f (func (result i32)))
        (type $c (cont $f))
        (type $g (func (param i32) (result i32)))
        (type $d (cont $g))
        (tag $yield (param i32))
        (global $n (mut i32) (i32.const 0))
        (func $gen (type $f) (suspend $yield (i32.const 7)) (global.get $n))
        (func $id (type $g) (local.get 0))
        (elem declare func $gen $id)
        (func (export "run") (result i32)
          (block $on (result i32 (ref $c))
            (resume $c (on $yield $on) (cont.new $c (ref.func $gen)))
            (return))
          (drop)
          (global.set $n)
          (resume $c (cont.bind $d $c (i32.const 3) (cont.new $d (ref.func $id)))))
        "#,
    );
    for text in ["(cont ", "suspend 0", "suspend 1", "resume", "cont.bind", "(global (;1;)", "(elem (;0;) declare"] {
        assert!(print.contains(text), "no `{text}`:\n{print}");
    }
}

#[test]
fn legacy_exceptions() {
    let print = fuse_twice(
        r#"
        (tag $e (param i32))
        (global $n (mut i32) (i32.const 0))
        (func (export "run") (result i32)
          (global.set $n (i32.const 1))
          try (result i32)
            i32.const 2
            throw $e
          catch $e
          catch_all
            i32.const 3
          end)
        "#,
    );
    for text in ["catch 0", "catch 1", "throw 0", "throw 1", "catch_all", "(tag (;1;)"] {
        assert!(print.contains(text), "no `{text}`:\n{print}");
    }
}

#[test]
fn shared_everything_and_memory_control() {
    let print = fuse_twice(
        r#"
        (global $g (shared mut i32) (i32.const 0))
        (memory 1)
        (func (export "run") (result i32)
          (memory.discard (i32.const 0) (i32.const 65536))
          (global.atomic.set seqcst $g (i32.const 1))
          (i32.store (i32.const 0) (global.atomic.rmw.add acqrel $g (i32.const 2)))
          (global.atomic.get seqcst $g))
        "#,
    );
    for text in ["memory.discard 1", "global.atomic.set seqcst 1", "global.atomic.rmw.add acqrel 1"] {
        assert!(print.contains(text), "no `{text}`:\n{print}");
    }
}

#[test]
fn custom_descriptors() {
    let print = fuse_twice(
        r#"
        (rec
          (type $s (descriptor $v) (struct (field i32)))
          (type $v (describes $s) (struct (field i32))))
        (global $n (mut i32) (i32.const 0))
        (func (export "run") (result i32)
          (global.set $n (i32.const 1))
          (struct.get $v 0
            (ref.get_desc $s (struct.new_desc $s (i32.const 1) (struct.new $v (i32.const 2))))))
        "#,
    );
    for text in ["(descriptor 1)", "(describes 0)", "ref.get_desc"] {
        assert!(print.contains(text), "no `{text}`:\n{print}");
    }
    assert_eq!(print.matches("(rec").count(), 1, "equal recursion groups are one:\n{print}");
}

#[test]
fn branch_hints_move_with_their_instruction() {
    let print = fuse_twice(
        r#"
        (memory 1)
        (func (export "run") (result i32)
          (i32.store (i32.const 0) (i32.const 1))
          (i32.load (i32.const 0))
          (@metadata.code.branch_hint "\01")
          if (result i32)
            i32.const 1
          else
            i32.const 2
          end)
        "#,
    );
    // The loads and stores of the second instance are longer: the hint in it is further from its start.
    let hints: Vec<usize> = print.match_indices("@metadata.code.branch_hint").map(|(at, _)| at).collect();
    assert_eq!(hints.len(), 2, "{print}");
    for at in hints {
        assert!(print[at..].lines().nth(1).is_some_and(|line| line.trim_start().starts_with("if")), "{print}");
    }
}

#[test]
fn start_functions_of_a_type_of_their_own() {
    let print = fuse_stripped(
        r#"
        (rec (type $s (func)) (type $other (func (param i32))))
        (global $n (mut i32) (i32.const 0))
        (func $start (type $s) (global.set $n (i32.const 7)))
        (start $start)
        (func (export "run") (result i32) (global.get $n))
        "#,
        Strip::Nothing,
    );
    for text in ["(rec", "call $i::start", "call $j::start", "(start $init)"] {
        assert!(print.contains(text), "no `{text}`:\n{print}");
    }
}
