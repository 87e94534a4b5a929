//! Whatever bytes come in, stages 1 and 3 return: an error, or a result. They do not panic, do not overflow
//! the stack, and do not take time or memory out of proportion.

use meld_core::error::{InlineError, ParseError};
use std::error::Error;
use std::fs;
use std::path::Path;
use wasm_encoder::{Component, RawSection};

/// Runs both stages and prints their results.
fn run(wasm: &[u8]) -> Result<(), Box<dyn Error>> {
    let component = meld_core::unstable::parse::parse("input", wasm)?;
    meld_core::unstable::parse::print_component(&component);
    let dfg = meld_core::unstable::inline::inline(component)?;
    meld_core::unstable::inline::print_dfg(&dfg);
    Ok(())
}

/// The cases of the dfg file tests, in the binary format, without those that are meant to be too large.
fn corpus() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/filetests/dfg");
    let mut cases = Vec::new();
    for entry in fs::read_dir(folder).expect("the file tests are there") {
        let path = entry.expect("a readable folder").path();
        if path.extension().is_none_or(|extension| extension != "wat") {
            continue;
        }
        let wasm = wat::parse_file(&path).unwrap_or_else(|error| panic!("{error}"));
        let large = run(&wasm)
            .is_err_and(|error| error.downcast_ref().is_some_and(|error| matches!(error, InlineError::Limit(_))));
        if !large {
            cases.push((path.display().to_string(), wasm));
        }
    }
    assert!(cases.len() > 10, "only {} cases", cases.len());
    cases
}

#[test]
fn truncated_input_is_an_error() {
    for (name, wasm) in corpus() {
        for end in 0..wasm.len() {
            let result = meld_core::unstable::parse::parse("input", &wasm[..end]);
            // An input that ends between two sections of the root is a shorter component, and may be valid.
            if let Ok(component) = result {
                assert!(!component.components.is_empty(), "{name} up to {end}");
                let _ = meld_core::unstable::inline::inline(component);
            }
        }
    }
}

#[test]
fn a_changed_byte_is_an_error_or_another_component() {
    let mut accepted = 0;
    for (_, mut wasm) in corpus() {
        for at in 0..wasm.len() {
            let original = wasm[at];
            for changed in [original ^ (1 << (at % 8)), 0xff] {
                wasm[at] = changed;
                accepted += usize::from(run(&wasm).is_ok());
            }
            wasm[at] = original;
        }
    }
    // Names and constants can be changed at will: if nothing is accepted, the test is broken.
    assert!(accepted > 100, "{accepted}");
}

#[test]
fn nesting_is_not_limited_by_the_stack() {
    let mut wasm = Component::new().finish();
    for _ in 0..900 {
        let mut outer = Component::new();
        outer.section(&RawSection { id: 4, data: &wasm });
        wasm = outer.finish();
    }
    run(&wasm).expect("nested components without anything else");
}

#[test]
fn chains_of_instances_are_not_limited_by_the_stack() {
    // Each component instantiates the one inside it.
    let mut wasm = Component::new().finish();
    for _ in 0..900 {
        let mut outer = Component::new();
        outer.section(&RawSection { id: 4, data: &wasm });
        let mut instances = wasm_encoder::ComponentInstanceSection::new();
        instances.instantiate(0, Vec::<(&str, wasm_encoder::ComponentExportKind, u32)>::new());
        outer.section(&instances);
        wasm = outer.finish();
    }
    run(&wasm).expect("a chain of 900 instances: the validator takes 1,000 components at most");
}

#[test]
fn nested_types_are_limited() {
    // A component type that declares a component type that declares one, and so on: 0x41 is a component type,
    // then the number of declarations, then 0x01 for a type among them.
    for depth in [10, 1_000, 100_000] {
        let mut section = vec![1];
        section.extend([0x41, 1, 1].repeat(depth));
        section.extend([0x41, 0]);
        let mut component = Component::new();
        component.section(&RawSection { id: 7, data: &section });
        assert_eq!(run(&component.finish()).is_ok(), depth < 100, "depth {depth}");
    }
}

#[test]
fn declared_counts_allocate_nothing() {
    // Every section of a component and of a module, empty but for a count of almost 2^32.
    let count = [0xff, 0xff, 0xff, 0xff, 0x0f];
    for id in 1..=11 {
        let mut component = Component::new();
        component.section(&RawSection { id, data: &count });
        assert!(run(&component.finish()).is_err(), "component section {id}");
        let mut module = wasm_encoder::Module::new();
        module.section(&RawSection { id, data: &count });
        let mut component = Component::new();
        component.section(&RawSection { id: 1, data: &module.finish() });
        assert!(run(&component.finish()).is_err(), "module section {id}");
    }
}

#[test]
fn imported_instance_types_may_not_multiply() {
    // Each instance type has two instances of the one before it.
    let mut text = String::from("(component (type $t0 (instance))");
    for level in 1..40 {
        let below = level - 1;
        text += &format!(
            r#"(type $t{level} (instance
                 (alias outer 1 $t{below} (type $t))
                 (export "a" (instance (type $t)))
                 (export "b" (instance (type $t)))))"#
        );
    }
    text += r#"(import "i" (instance (type $t39))))"#;
    assert!(run(&wat::parse_str(text).unwrap()).is_err());
}

#[test]
fn what_is_no_component_is_named() {
    for bytes in [&b""[..], b"\0", b"(component)", b"\x7fELF"] {
        assert!(matches!(meld_core::unstable::parse::parse("input", bytes), Err(ParseError::NotWasm { .. })));
    }
    let module = wasm_encoder::Module::new().finish();
    assert!(matches!(meld_core::unstable::parse::parse("input", &module), Err(ParseError::CoreModule { .. })));
    assert!(matches!(meld_core::unstable::parse::parse("input", b"\0asm"), Err(ParseError::Invalid { .. })));
    assert!(matches!(
        meld_core::unstable::parse::parse("input", b"\0asm\x0d\0\x02\0"),
        Err(ParseError::Invalid { .. })
    ));
}

#[test]
fn an_error_says_where() {
    let wat = r#"
        (component
          (core module)
          (component)
          (component
            (core module)
            (core module (func) (func (result i32)))))
    "#;
    let error =
        meld_core::unstable::parse::parse("input", &wat::parse_str(wat).unwrap()).err().expect("it is not valid");
    assert_eq!(
        error.to_string(),
        "`input` is not valid, in the component, nested component 1, core module 1, function 1"
    );
}
