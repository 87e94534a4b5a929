//! The wrapper has exactly the world it is asked for.
//!
//! `worlds/*` are worlds: component types in text, or WIT packages. `components/*` are components, and so
//! are the fixtures of the guests. For each of them, a stub of a fused module is made ([`stub`]) that
//! imports and exports what the world needs, and wrapped. Then the validator compares the result's
//! component type with that of the world or component, in both directions; and, for components, the two
//! must be the same WIT.
//!
//! Each file is a test of its own: `cargo test -p meld-core --test wrap worlds/` runs those of a folder.

mod flatten;
mod stub;
mod world;

#[path = "../support/errors.rs"]
mod errors;

use errors::chain;
use libtest_mimic::{Arguments, Failed, Trial};
use meld_core::unstable::component_wrap::Core;
use meld_core::unstable::dfg::ComponentDfg;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use wasmparser::collections::IndexMap;
use wasmparser::component_types::{ComponentItem, ComponentTypeId, SubtypeCx};
use wasmparser::types::{Types, TypesRef};
use wasmparser::{Validator, WasmFeatures};

fn main() -> ExitCode {
    let mut trials = vec![Trial::test("unsupported", || {
        unsupported();
        Ok(())
    })];
    type Check = fn(&Path) -> Result<(), String>;
    let folders: [(&str, &str, Check); 4] = [
        ("worlds", "tests/wrap/worlds", world_of_file),
        ("components", "tests/wrap/components", component),
        ("fixtures", "../tests/wit_bindgen/fixtures", component),
        ("repeated", "tests/wrap/repeated", repeated_types),
    ];
    for (name, folder, check) in folders {
        let files = files(folder);
        let is_component = |file: &PathBuf| file.extension().is_some_and(|e| e == "wat" || e == "wasm" || e == "wit");
        for file in files.into_iter().filter(is_component) {
            let name = format!("{name}/{}", file.file_name().expect("a file has a name").to_string_lossy());
            trials.push(Trial::test(name, move || check(&file).map_err(Failed::from)));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A wrapper around a stub of each world in a file has that world.
fn world_of_file(file: &Path) -> Result<(), String> {
    let mut failures = Vec::new();
    {
        let bytes = match file.extension().and_then(|e| e.to_str()) {
            Some("wat") => wat::parse_file(file).unwrap_or_else(|e| panic!("{}: {e}", file.display())),
            Some("wit") => package(file),
            other => panic!("{}: worlds are .wat or .wit, not {other:?}", file.display()),
        };
        let worlds = world::worlds_of(&validator().validate_all(&bytes).unwrap()).len();
        assert!(worlds > 0, "{}: no world in the file", file.display());
        for world in 0..worlds {
            let mut validator = validator();
            let types = validator.validate_all(&bytes).unwrap();
            let (name, id) = world::worlds_of(&types).remove(world);
            if let Err(failure) = wrap(&world::composition(types, id)).and_then(|wrapped| {
                validator.reset();
                let (types, ids) = side_by_side(&mut validator, &[&wrapped]);
                same(types.as_ref(), ids[0], id)
            }) {
                failures.push(format!("{}: {name}: {failure}", file.display()));
            }
        }
    }
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n\n")) }
}

/// A wrapper around a stub of a component has the component's world.
fn component(file: &Path) -> Result<(), String> {
    let bytes = wat::parse_file(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let wrapped = rewrapped(&bytes)?;
    let (types, ids) = side_by_side(&mut validator(), &[&wrapped, &bytes]);
    same(types.as_ref(), ids[0], ids[1])?;
    same_wit(&wrapped, &bytes)
}

/// Exports that share types: the validator cannot compare components that have such, so only the WIT is compared.
fn repeated_types(file: &Path) -> Result<(), String> {
    let bytes = wat::parse_file(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    same_wit(&rewrapped(&bytes)?, &bytes)
}

/// What cannot be wrapped is an error that names the item and the reason.
fn unsupported() {
    let cases = [
        (r#"(component (component $c) (export "c" (component $c)))"#, "export `c`: the root exports a component"),
        (
            r#"(component (import "m" (core module
                (type $t (struct (field (ref null $t))))
                (import "x" "f" (func (param (ref $t)))))))"#,
            "a core module type mentions a type that mentions itself",
        ),
        (
            r#"(component (import "m" (core module
                (rec (type $t (struct (field (ref null $u)))) (type $u (struct (field (ref null $t)))))
                (import "x" "f" (func (param (ref $t)))))))"#,
            "a core module type mentions a recursion group of several types",
        ),
    ];
    for (wat, reason) in cases {
        let error = rewrapped(&wat::parse_str(wat).unwrap()).expect_err(wat);
        assert!(error.contains(reason), "{wat}: {error}");
    }
}

/// A wrapper around a stub with the world of a component.
fn rewrapped(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let parsed = meld_core::unstable::parse::parse("test", bytes).map_err(|e| chain(&e))?;
    let dfg = meld_core::unstable::inline::inline(parsed).map_err(|e| chain(&e))?;
    wrap(&dfg)
}

fn same_wit(wrapped: &[u8], bytes: &[u8]) -> Result<(), String> {
    // Not every world can be said in WIT.
    let Ok(wanted) = meld_core::world_of(bytes) else { return Ok(()) };
    let found = meld_core::world_of(wrapped).map_err(|e| chain(&e))?;
    if found != wanted {
        return Err(format!("the WIT is\n{found}\ninstead of\n{wanted}"));
    }
    Ok(())
}

fn wrap(dfg: &ComponentDfg<'_>) -> Result<Vec<u8>, String> {
    let (interface, core) = stub::stub(dfg);
    let core = Core { interface: &interface, bytes: &core, storages: &[] };
    meld_core::unstable::component_wrap::wrap(dfg, core, None).map_err(|e| chain(&e))
}

/// Validates components nested in one, so that their types can be compared.
fn side_by_side(validator: &mut Validator, components: &[&[u8]]) -> (Types, Vec<ComponentTypeId>) {
    let mut outer = wasm_encoder::ComponentBuilder::default();
    for component in components {
        outer.component_raw(None, component);
    }
    let types = validator.validate_all(&outer.finish()).unwrap();
    let ids = (0..components.len() as u32).map(|index| types.as_ref().component_at(index)).collect();
    (types, ids)
}

/// Whether two component types are the same, which subtyping in both directions says but for the order and
/// the annotations.
fn same(types: TypesRef<'_>, result: ComponentTypeId, world: ComponentTypeId) -> Result<(), String> {
    for (from, to, direction) in [(result, world, "result is world"), (world, result, "world is result")] {
        let mut subtype = SubtypeCx::new_with_refs(types, types);
        subtype.component_type(from, to, 0).map_err(|error| format!("{direction}: {error:#}"))?;
    }
    let names = |items: &IndexMap<String, ComponentItem>| {
        let name = |(name, item): (&String, &ComponentItem)| {
            format!("{name} {:?} {:?} {:?}", item.implements, item.version_suffix, item.external_id)
        };
        items.iter().map(name).collect::<Vec<_>>()
    };
    let (result, world) = (&types[result], &types[world]);
    for (result, world) in [(&result.imports, &world.imports), (&result.exports, &world.exports)] {
        if names(result) != names(world) {
            return Err(format!("the names are {:?} instead of {:?}", names(result), names(world)));
        }
    }
    Ok(())
}

/// A WIT package in the binary format: a component that exports a component type per world.
fn package(file: &Path) -> Vec<u8> {
    let mut resolve = wit_parser::Resolve::default();
    let (package, _) = resolve.push_path(file).unwrap_or_else(|e| panic!("{}: {e:?}", file.display()));
    wit_component::encode(&resolve, package, false).unwrap()
}

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "nothing in {}", folder.display());
    files
}

fn validator() -> Validator {
    // With custom descriptors, each function that an exported module defines would have its exact type, which no other
    // engine can read: the wrapper writes plain ones.
    Validator::new_with_features(WasmFeatures::all() - WasmFeatures::CUSTOM_DESCRIPTORS)
}
