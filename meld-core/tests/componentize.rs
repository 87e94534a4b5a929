//! Making components of core modules: what the result is, and what is refused.

use meld_core::{Componentizer, CoreName, Error};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// A module that says it implements `world`, which is in `wit`.
fn module(wat: &str, wit: &str) -> Vec<u8> {
    let mut bytes = wat::parse_str(wat).unwrap();
    let mut resolve = Resolve::default();
    let package = resolve.push_str("test.wit", wit).unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    embed_component_metadata(&mut bytes, &resolve, world, StringEncoding::UTF8, false).unwrap();
    bytes
}

fn componentize(bytes: &[u8], passthrough: &[&str]) -> Result<Vec<u8>, Error> {
    let mut componentizer = Componentizer::new("guest", bytes);
    for import in passthrough {
        componentizer.passthrough(import.parse::<CoreName>().unwrap());
    }
    componentizer.componentize()
}

/// What is said of a module in text.
fn refused(wat: &str, passthrough: &[&str]) -> String {
    let error = componentize(wat.as_bytes(), passthrough).expect_err(wat);
    let Error::Componentize(why) = &error else { panic!("{error}") };
    let mut message = why.to_string();
    let mut cause = std::error::Error::source(why);
    while let Some(error) = cause {
        message.push_str(&format!(": {error}"));
        cause = error.source();
    }
    message
}

const STRINGS: &str = "
    package a:b;
    world w {
        import log: func(line: string);
        export upper: func(s: string) -> string;
    }";

const GUEST: &str = r#"(module
    (import "env" "__cabi_arena_realloc" (func $arena (param i32 i32 i32 i32) (result i32)))
    (import "$root" "log" (func $log (param i32 i32)))
    (import "env" "__cabi_arena_realloc" (func $again (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
        (call $arena (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
    (func (export "upper") (param i32 i32) (result i32)
        (call $log (local.get 0) (local.get 1))
        (call $again (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 8))))"#;

#[test]
fn an_import_passes_through() {
    let component = componentize(&module(GUEST, STRINGS), &["env::__cabi_arena_realloc"]).unwrap();
    let world = meld_core::world_of(&component).unwrap();
    for item in [
        "import cabi-arena-realloc: func(p0: u32, p1: u32, p2: u32, p3: u32) -> u32;",
        "import log: func(line: string);",
        "export upper: func(s: string) -> string;",
    ] {
        assert!(world.contains(item), "{item} is not in {world}");
    }
    assert_eq!(world.matches("import ").count(), 2, "{world}");
    // Asked for twice, it is the same.
    let twice = ["env::__cabi_arena_realloc"; 2];
    assert_eq!(componentize(&module(GUEST, STRINGS), &twice).unwrap(), component);
}

#[test]
fn every_number_passes() {
    let wat = r#"(module
        (import "board" "keepAll" (func (param i32 i64 f32 f64) (result f64)))
        (import "board" "interface" (func)))"#;
    let component = componentize(wat.as_bytes(), &["board::keepAll", "board::interface"]).unwrap();
    let world = meld_core::world_of(&component).unwrap();
    assert!(world.contains("import keep-all: func(p0: u32, p1: u64, p2: f32, p3: f64) -> f64;"), "{world}");
    assert!(world.contains("import %interface: func();"), "{world}");
}

/// Without imports to keep, the bytes are those of `wit-component`.
#[test]
fn nothing_passes_through() {
    let wit = STRINGS.replace("import log", "import arena: func(a: u32, b: u32, c: u32, d: u32) -> u32; import log");
    let guest = module(&GUEST.replace(r#""env" "__cabi_arena_realloc""#, r#""$root" "arena""#), &wit);
    let expected = ComponentEncoder::default().validate(true).module(&guest).unwrap().encode().unwrap();
    assert_eq!(componentize(&guest, &[]).unwrap(), expected);
}

/// Several components that keep one import have one import when they are fused.
#[test]
fn fused_they_have_one_import() {
    let first = componentize(&module(GUEST, STRINGS), &["env::__cabi_arena_realloc"]).unwrap();
    let second = module(&GUEST.replace("\"upper\"", "\"lower\""), &STRINGS.replace("upper", "lower"));
    let second = componentize(&second, &["env::__cabi_arena_realloc"]).unwrap();
    let mut fuser = meld_core::Fuser::new();
    fuser.input("first", &first[..]).input("second", &second[..]).component(true).wit(true);
    let fused = fuser.fuse().unwrap();
    let world = fused.wit.unwrap();
    assert_eq!(world.matches("import cabi-arena-realloc: func").count(), 1, "{world}");
}

#[test]
fn imports_that_are_not_there() {
    let wat = r#"(module (import "env" "a" (func)) (import "env" "b" (func)))"#;
    let message = refused(wat, &["env::c"]);
    assert_eq!(message, "`guest` does not import `env::c`; it imports `env::a`, `env::b`");
    assert_eq!(refused("(module)", &["env::c"]), "`guest` does not import `env::c`; it imports nothing");
}

#[test]
fn types_that_are_not_numbers() {
    for (import, reason) in [
        ("(func (param i32 externref))", "parameter 1 is of type `externref`, and only numbers can be passed"),
        ("(func (result v128))", "its result is of type `v128`, and only numbers can be passed"),
        ("(func (result i32 i32))", "it has several results"),
        (
            "(func (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32))",
            "it has more than 16 parameters",
        ),
        ("(global i32)", "it is a global, not a function"),
        ("(memory 1)", "it is a memory, not a function"),
        ("(table 1 funcref)", "it is a table, not a function"),
    ] {
        let message = refused(&format!(r#"(module (import "env" "f" {import}))"#), &["env::f"]);
        assert_eq!(message, format!("`guest`: the import `env::f` cannot pass through: {reason}"));
    }
    let several = r#"(module (import "env" "f" (func)) (import "env" "f" (func (param i32))))"#;
    assert!(refused(several, &["env::f"]).ends_with("it is imported with several types"));
}

#[test]
fn names_that_clash() {
    let wat = r#"(module (import "env" "_f" (func)) (import "other" "f" (func)))"#;
    let message = refused(wat, &["env::_f", "other::f"]);
    assert_eq!(message, "`guest`: the import `other::f` would be called `f` in the component, and so would `env::_f`");

    let guest = module(&GUEST.replace("__cabi_arena_realloc", "log_"), STRINGS);
    let Err(Error::Componentize(why)) = componentize(&guest, &["env::log_"]) else { panic!() };
    assert!(std::error::Error::source(&why).unwrap().to_string().contains("`log_` has no counterpart"), "{why}");

    let guest = module(&GUEST.replace("__cabi_arena_realloc", "_log"), STRINGS);
    let Err(Error::Componentize(why)) = componentize(&guest, &["env::_log"]) else { panic!() };
    let message =
        "`guest`: the import `env::_log` would be called `log` in the component, and so would an import of its world";
    assert_eq!(why.to_string(), message);
}

#[test]
fn inputs_that_are_no_modules() {
    assert_eq!(refused("(component)", &[]), "`guest` is a component already");
    let invalid = r#"(module (func (result i32)))"#;
    assert!(refused(invalid, &[]).starts_with("`guest` is not a valid core module: type mismatch"));
    // An import that no world and no flag explains.
    let unknown = r#"(module (import "env" "f" (func)))"#;
    let message = refused(unknown, &[]);
    assert!(
        message.starts_with("`guest` does not fit the world that it says it has: ") && message.contains("env"),
        "{message}"
    );
}

/// Bindings with a byte changed are an error or other bindings.
#[test]
fn changed_bytes_are_no_panic() {
    let good = module(GUEST, STRINGS);
    let mut accepted = 0;
    for at in 8..good.len() {
        for changed in [good[at] ^ (1 << (at % 8)), 0xff, 0] {
            let mut bytes = good.clone();
            bytes[at] = changed;
            accepted += usize::from(componentize(&bytes, &["env::__cabi_arena_realloc"]).is_ok());
        }
    }
    assert!(accepted > 10, "{accepted}");
}

/// Worlds that have no form in WIT, in the section that says a module's world.
#[test]
fn inexpressible_worlds_are_no_panic() {
    for world in [
        r#"(import "wasi:http/types@1.0.0" (func))"#,
        r#"(import "r" (type $r (sub resource))) (import "s" (type $s (eq $r)))
           (import "[method]s.f" (func (param "self" (borrow $s))))"#,
        r#"(type $t (func)) (export "t" (type (eq $t)))"#,
        r#"(import "i" (instance (export "j" (instance))))"#,
        r#"(import "m" (core module))"#,
        r#"(import "c" (component))"#,
    ] {
        let section = wat::parse_str(format!(
            r#"(component
                 (type (component (type (component {world})) (export "a:b/w" (component (type 0)))))
                 (export "w" (type 0))
                 (@custom "wit-component-encoding" "\04\00"))"#
        ))
        .unwrap();
        let mut module = wasm_encoder::Module::new();
        module.section(&wasm_encoder::CustomSection { name: "component-type:w".into(), data: section.into() });
        let error = componentize(&module.finish(), &[]).expect_err(world);
        let why = error.to_string();
        assert!(why.starts_with("`guest` does not fit") && !why.contains("cannot handle it"), "{world}: {why}");
    }
}
