//! Instances that multiply: of components, of core modules, and bags of exports.

use std::fmt::Write;
use wasm_encoder::{ComponentBuilder, ComponentExportKind};

pub(super) fn component(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("a family makes valid text: {error}"))
}

/// A function that is lifted: `$f`.
const LEAF: &str = r#"(core module $m (func (export "f") (result i32) (i32.const 1)))
    (core instance $i (instantiate $m)) (func $f (result u32) (canon lift (core func $i "f")))"#;

pub(super) fn export_dag(n: usize) -> Vec<Vec<u8>> {
    let mut text = format!("(component {LEAF} (instance $e0 (export \"f\" (func $f)))");
    for i in 1..=n {
        let below = i - 1;
        write!(text, "(instance $e{i} (export \"a\" (instance $e{below})) (export \"b\" (instance $e{below})))").ok();
    }
    vec![component(&format!("{text}(export \"x\" (instance $e{n})))"))]
}

pub(super) fn export_fibonacci(n: usize) -> Vec<Vec<u8>> {
    let mut text =
        format!("(component {LEAF} (instance $e0 (export \"f\" (func $f))) (instance $e1 (export \"f\" (func $f)))");
    for i in 2..=n {
        let (below, lower) = (i - 1, i - 2);
        write!(text, "(instance $e{i} (export \"a\" (instance $e{below})) (export \"b\" (instance $e{lower})))").ok();
    }
    vec![component(&format!("{text}(export \"x\" (instance $e{n})))"))]
}

/// The instance at the bottom has types: a component makes it, so that they are its own.
pub(super) fn export_types(n: usize) -> Vec<Vec<u8>> {
    let mut text = String::from(
        r#"(component (component $c
            (core module $m (func (export "f") (param i32 i32) (result i32) (local.get 0)) (func (export "g") (param i32)))
            (core instance $i (instantiate $m))
            (type $r (resource (rep i32)))
            (export $r2 "r" (type $r))
            (type $t (record (field "a" u32) (field "b" u32)))
            (export $t2 "t" (type $t))
            (func $f (param "x" $t2) (result u32) (canon lift (core func $i "f")))
            (export "f" (func $f))
            (func $g (param "x" (borrow $r2)) (canon lift (core func $i "g")))
            (export "g" (func $g)))
           (instance $e0 (instantiate $c))"#,
    );
    for i in 1..=n {
        let below = i - 1;
        write!(text, "(instance $e{i} (export \"a\" (instance $e{below})) (export \"b\" (instance $e{below})))").ok();
    }
    vec![component(&format!("{text}(export \"x\" (instance $e{n})))"))]
}

/// Ten functions at the bottom.
pub(super) fn export_params(n: usize) -> Vec<Vec<u8>> {
    let params: String = (0..1000).map(|i| format!("(param \"p{i}\" u32)")).collect();
    let exports: String = (0..10).map(|i| format!("(export \"f{i}\" (func $f))")).collect();
    let mut text = format!(
        "(component (core module $m (memory (export \"memory\") 1) (func (export \"f\") (param i32))
             (func (export \"realloc\") (param i32 i32 i32 i32) (result i32) (i32.const 64)))
           (core instance $i (instantiate $m))
           (func $f {params} (canon lift (core func $i \"f\") (memory (core memory $i \"memory\")) (realloc (core func $i \"realloc\"))))
           (instance $e0 {exports})"
    );
    for i in 1..=n {
        let below = i - 1;
        write!(text, "(instance $e{i} (export \"a\" (instance $e{below})) (export \"b\" (instance $e{below})))").ok();
    }
    vec![component(&format!("{text}(export \"x\" (instance $e{n})))"))]
}

/// 2^n instances of a component with a function.
pub(super) fn instance_dag(n: usize) -> Vec<Vec<u8>> {
    let mut text = String::from("(component ");
    write!(text, "(component $c0 {LEAF} (export \"f\" (func $f)))").ok();
    for i in 1..=n {
        let below = i - 1;
        write!(
            text,
            "(component $c{i} (alias outer 1 $c{below} (component $b)) (instance $x (instantiate $b)) (instance $y (instantiate $b))
             (export \"f\" (func $x \"f\")) (export \"g\" (func $y \"f\")))"
        )
        .ok();
    }
    write!(text, "(instance $top (instantiate $c{n})) (export \"f\" (func $top \"f\")))").ok();
    vec![component(&text)]
}

/// An instance with a resource that each of n components gets under two names and hands on under two names.
pub(super) fn import_dag(n: usize) -> Vec<Vec<u8>> {
    let mut text = String::from(
        r#"(component (component $c0
            (core module $m (func (export "g") (param i32)))
            (core instance $i (instantiate $m))
            (type $r (resource (rep i32)))
            (export $r2 "r" (type $r))
            (func $g (param "x" (borrow $r2)) (canon lift (core func $i "g")))
            (export "g" (func $g)))
           (instance $e0 (instantiate $c0))"#,
    );
    for i in 1..=n {
        let below = i - 1;
        write!(
            text,
            r#"(component $c{i}
                (import "a" (instance $a (export "r" (type (sub resource))) ))
                (instance $p (export "a" (instance $a)) (export "b" (instance $a)))
                (export "p" (instance $p)) (export "r" (type $a "r")))
               (instance $i{i} (instantiate $c{i} (with "a" (instance $e{below}))))
               (alias export $i{i} "p" (instance $p{i})) (alias export $p{i} "b" (instance $e{i}))"#
        )
        .ok();
    }
    write!(text, "(export \"x\" (instance $i{n})))").ok();
    vec![component(&text)]
}

pub(super) fn alias_chain(n: usize) -> Vec<Vec<u8>> {
    let mut text = format!("(component {LEAF} (type $t0 u32)");
    // An instance's exports may be aliased again and again; instances are limited to 4,096, functions are not.
    write!(text, "(instance $e (export \"f\" (func $f)))").ok();
    for i in 0..n {
        write!(text, "(alias export $e \"f\" (func $f{i}))").ok();
    }
    write!(text, "(export \"f\" (func $f{})))", n - 1).ok();
    vec![component(&text)]
}

/// `inner` in n components, each of which instantiates the one inside and exports what that exports as `name`.
fn nested(inner: Vec<u8>, n: usize, kind: ComponentExportKind, name: &str) -> Vec<u8> {
    let mut bytes = inner;
    for _ in 0..n {
        let mut outer = ComponentBuilder::default();
        let component = outer.component_raw(Some("component"), &bytes);
        let none: [(&str, ComponentExportKind, u32); 0] = [];
        let instance = outer.instantiate(Some("instance"), component, none);
        let item = outer.alias_export(instance, name, kind);
        outer.export(name, kind, item, None);
        bytes = outer.finish();
    }
    bytes
}

pub(super) fn deep(n: usize) -> Vec<Vec<u8>> {
    let inner = component(&format!("(component {LEAF} (export \"f\" (func $f)))"));
    vec![nested(inner, n, ComponentExportKind::Func, "f")]
}

/// Each level hands on an interface with a resource.
pub(super) fn deep_exports(n: usize) -> Vec<Vec<u8>> {
    let inner = component(
        r#"(component (component $d
            (core module $m (func (export "g") (param i32)))
            (core instance $i (instantiate $m))
            (type $r (resource (rep i32)))
            (export $r2 "r" (type $r))
            (func $g (param "x" (borrow $r2)) (canon lift (core func $i "g")))
            (export "g" (func $g)))
           (instance $d (instantiate $d)) (export "a:b/an-interface" (instance $d)))"#,
    );
    vec![nested(inner, n, ComponentExportKind::Instance, "a:b/an-interface")]
}

pub(super) fn same_names(n: usize) -> Vec<Vec<u8>> {
    let name = "a-long-name".repeat(200);
    let mut text = "(component (core module $m (func (export \"f\")))".to_string();
    for _ in 0..n.min(2000) {
        write!(text, "(core instance (@name \"{name}\") (instantiate $m))").ok();
    }
    for _ in 0..n {
        write!(text, "(type (@name \"r\") (resource (rep i32)))").ok();
    }
    vec![component(&format!("{text})"))]
}

pub(super) fn many_exports(n: usize) -> Vec<Vec<u8>> {
    let mut text = format!("(component {LEAF}");
    for i in 0..n {
        write!(text, "(export \"f{i}\" (func $f))").ok();
    }
    vec![component(&format!("{text})"))]
}

/// Functions of about 40 kB together, none like another; `global` is what they all begin with.
fn functions(begin: &str) -> String {
    let mut text = String::new();
    for i in 0..400 {
        write!(text, "(func $f{i} (export \"f{i}\") (param i32) (result i32) {begin} (local.get 0)").ok();
        for j in 0..14 {
            write!(text, "(i32.const {}) i32.mul (i32.const {}) i32.xor", i * 1000 + j + 100_000, j * 977 + i).ok();
        }
        text.push(')');
    }
    text
}

/// n instances of a module of which everything is used.
fn often(module: &str, n: usize) -> Vec<u8> {
    let calls: String = (0..400).map(|i| format!("(drop (call $f{i} (i32.const 1)))")).collect();
    let mut text = format!("(component (core module $m {module} (func (export \"all\") {calls}))");
    for i in 0..n {
        write!(text, "(core instance $i{i} (instantiate $m))").ok();
    }
    for i in 0..n {
        write!(text, "(func (export \"f{i}\") (canon lift (core func $i{i} \"all\")))").ok();
    }
    component(&format!("{text})"))
}

pub(super) fn module_often(n: usize) -> Vec<Vec<u8>> {
    let state = "(global.set $g (local.get 0)) (if (i32.eqz (global.get $g)) (then (drop (call $f0 (i32.const 1)))))";
    vec![often(&format!("(global $g (mut i32) (i32.const 0)) {}", functions(state)), n)]
}

pub(super) fn pure_often(n: usize) -> Vec<Vec<u8>> {
    vec![often(&functions(""), n)]
}

/// A tree of 2^n instances of a module with a memory, all live.
pub(super) fn module_tree(n: usize) -> Vec<Vec<u8>> {
    let mut text = String::from("(component ");
    let module = format!("(memory 1) {}", functions("(i32.store (i32.const 0) (local.get 0))"));
    write!(
        text,
        "(component $c0 (core module $m {module}) (core instance $i (instantiate $m))
         (func (export \"f\") (param \"a\" u32) (result u32) (canon lift (core func $i \"f1\"))))"
    )
    .ok();
    for i in 1..=n {
        let below = i - 1;
        write!(
            text,
            "(component $c{i} (alias outer 1 $c{below} (component $b)) (instance $x (instantiate $b)) (instance $y (instantiate $b))
             (core func $fx (canon lower (func $x \"f\"))) (core func $fy (canon lower (func $y \"f\")))
             (core module $m (import \"\" \"x\" (func $x (param i32) (result i32))) (import \"\" \"y\" (func $y (param i32) (result i32)))
               (func (export \"f\") (param i32) (result i32) (i32.add (call $x (local.get 0)) (call $y (local.get 0)))))
             (core instance $i (instantiate $m (with \"\" (instance (export \"x\" (func $fx)) (export \"y\" (func $fy))))))
             (func (export \"f\") (param \"a\" u32) (result u32) (canon lift (core func $i \"f\"))))"
        )
        .ok();
    }
    write!(text, "(instance $top (instantiate $c{n})) (export \"f\" (func $top \"f\")))").ok();
    vec![component(&text)]
}

pub(super) fn starts(n: usize) -> Vec<Vec<u8>> {
    let module = r#"(global $g (mut i32) (i32.const 0)) (table 1 funcref) (elem (i32.const 0) $s)
        (func $s (global.set $g (i32.const 1))) (start $s) (func (export "f0") (param i32) (result i32) (global.get $g))"#;
    let mut text = format!("(component (core module $m {module})");
    for i in 0..n {
        write!(text, "(core instance $i{i} (instantiate $m))").ok();
    }
    text.push_str("(func (export \"f\") (param \"a\" u32) (result u32) (canon lift (core func $i0 \"f0\")))");
    vec![component(&format!("{text})"))]
}

/// Each instance's function calls that of the instance before: equal bytes, and each differs because the one before does.
pub(super) fn fold_chain(n: usize) -> Vec<Vec<u8>> {
    let mut text = String::from(
        r#"(component (import "h" (func $h (result u32))) (core func $h (canon lower (func $h)))
           (core module $m (import "" "f" (func $f (result i32))) (func (export "f") (result i32) (i32.add (call $f) (i32.const 1))))
           (core instance $i0 (export "f" (func $h)))"#,
    );
    for i in 1..=n {
        write!(text, "(core instance $i{i} (instantiate $m (with \"\" (instance $i{}))))", i - 1).ok();
    }
    write!(text, "(func (export \"f\") (result u32) (canon lift (core func $i{n} \"f\"))))").ok();
    vec![component(&text)]
}

/// n resources of one component, and n others that each get all of them.
pub(super) fn handle_spaces(n: usize) -> Vec<Vec<u8>> {
    let mut owner = String::from("(component $owner ");
    let mut imports = String::new();
    for i in 0..n {
        write!(owner, "(type $r{i} (resource (rep i32))) (export \"r{i}\" (type $r{i}))").ok();
        write!(imports, "(alias export $o \"r{i}\" (type $r{i})) (core func $d{i} (canon resource.drop $r{i}))").ok();
    }
    let types: String = (0..n).map(|i| format!("(export \"r{i}\" (type (sub resource)))")).collect();
    let names: String = (0..n).map(|i| format!("(export \"d{i}\" (func $d{i}))")).collect();
    let funcs: String = (0..n).map(|i| format!("(import \"\" \"d{i}\" (func $d{i} (param i32)))")).collect();
    let calls: String = (0..n).map(|i| format!("(call $d{i} (i32.const 1))")).collect();
    let mut text = format!(
        "(component {owner}) (instance $o (instantiate $owner))
         (component $user (import \"o\" (instance $o {types})) {imports}
           (core module $m {funcs} (func (export \"f\") {calls}))
           (core instance $i (instantiate $m (with \"\" (instance {names}))))
           (func (export \"f\") (canon lift (core func $i \"f\"))))"
    );
    for i in 0..n {
        write!(
            text,
            "(instance $u{i} (instantiate $user (with \"o\" (instance $o)))) (export \"f{i}\" (func $u{i} \"f\"))"
        )
        .ok();
    }
    vec![component(&format!("{text})"))]
}
