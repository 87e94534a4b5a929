//! In a component, each core module defines one memory and one table at the most; core output needs no other module.

use meld_core::Fuser;
use std::path::Path;
use wasmparser::{Parser, Payload, TypeRef, Validator, WasmFeatures};

/// What a core module defines, and what it imports besides functions.
#[derive(Debug, Default, PartialEq, Eq)]
struct Shape {
    memories: u32,
    tables: u32,
    active_data: u32,
    imported_memories: u32,
    imported_tables: u32,
}

/// The core modules in `wasm`, in order, or the one that it is.
fn modules(wasm: &[u8]) -> Vec<Shape> {
    let mut found = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.expect("the output is well-formed");
        if let Payload::Version { encoding: wasmparser::Encoding::Module, .. } = payload {
            found.push(Shape::default());
        }
        let Some(shape) = found.last_mut() else { continue };
        match payload {
            Payload::MemorySection(section) => shape.memories = section.count(),
            Payload::TableSection(section) => shape.tables = section.count(),
            Payload::DataSection(section) => {
                let active = |data: &wasmparser::Data<'_>| matches!(data.kind, wasmparser::DataKind::Active { .. });
                shape.active_data = section.into_iter().filter(|data| active(data.as_ref().unwrap())).count() as u32;
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    match import.unwrap().ty {
                        TypeRef::Memory(_) => shape.imported_memories += 1,
                        TypeRef::Table(_) => shape.imported_tables += 1,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    found
}

/// The core modules of the output, as a component and as a core module.
fn fuse(input: &[u8]) -> (Vec<Shape>, Shape) {
    let mut fuser = Fuser::new();
    fuser.input("input", input).component(true);
    let fused = fuser.fuse().unwrap_or_else(|error| panic!("{error}: {:?}", std::error::Error::source(&error)));
    let component = fused.component.expect("a component was asked for");
    Validator::new_with_features(WasmFeatures::all()).validate_all(&component).expect("a valid component");
    (modules(&component), modules(&fused.core).remove(0))
}

#[test]
fn fixtures() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/wit_bindgen/fixtures");
    let mut several = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "wasm") {
            continue;
        }
        let (component, core) = fuse(&std::fs::read(&path).unwrap());
        assert!(core.imported_memories == 0 && core.imported_tables == 0, "{}: {core:?}", path.display());
        several += u32::from(core.memories > 1 || core.tables > 1);
        for module in component {
            assert!(module.memories <= 1 && module.tables <= 1, "{}: {module:?}", path.display());
            // An engine maps a memory that only its own module writes to.
            assert!(module.imported_memories == 0 || module.active_data == 0 || module.memories == 1);
        }
    }
    assert!(several > 50, "only {several} fixtures have more than one memory or table");
}

/// A composition of `guests`, of which each has a memory, a table that it looks into, and a data segment.
fn guests(guests: usize) -> String {
    let mut text = String::from(
        r#"(component
          (core module $m
            (memory 1) (data (i32.const 8) "abc")
            (table 2 funcref) (elem (i32.const 0) func $f)
            (func $f (result i32) (i32.load8_u (i32.const 9)))
            (func (export "f") (param i32) (result i32)
              (table.set (i32.const 1) (table.get (i32.const 0)))
              (call_indirect (result i32) (local.get 0))))"#,
    );
    for i in 0..guests {
        text += &format!(
            r#"(core instance $i{i} (instantiate $m))
               (func (export "f{i}") (param "x" u32) (result u32) (canon lift (core func $i{i} "f")))"#
        );
    }
    text + ")"
}

#[test]
fn each_further_one_is_apart_and_equal_ones_are_one_module() {
    let alone = Shape { memories: 1, tables: 1, active_data: 1, ..Shape::default() };
    let (component, core) = fuse(guests(1).as_bytes());
    assert_eq!((component, &core), (vec![Shape { ..alone }], &alone));
    let alone = Shape { memories: 1, tables: 1, active_data: 1, ..Shape::default() };
    let (component, core) = fuse(guests(5).as_bytes());
    assert_eq!(core, Shape { memories: 5, tables: 5, active_data: 5, ..Shape::default() });
    // One module for four instances, with the data.
    assert_eq!(
        component,
        [alone, Shape { memories: 1, tables: 1, active_data: 1, imported_memories: 4, imported_tables: 4 }]
    );
}
