//! The components inside the fixtures, each alone: real code at the border to a host that answers and asks at
//! random, resources of both sides among what passes.

use meld_oracle::differential::Fusion;
use std::path::Path;
use wasmparser::{Parser, Payload, Validator, WasmFeatures};

/// The components nested in `root`, one level down, that stand on their own.
fn nested(root: &[u8]) -> Vec<Vec<u8>> {
    let mut depth = 0;
    let mut components = Vec::new();
    for payload in Parser::new(0).parse_all(root) {
        match payload.expect("fixtures are well-formed") {
            Payload::ComponentSection { unchecked_range, .. } => {
                if depth == 0 {
                    components.push(root[unchecked_range.start as usize..unchecked_range.end as usize].to_vec());
                }
                depth += 1;
            }
            Payload::ModuleSection { .. } => depth += 1,
            Payload::End(_) if depth > 0 => depth -= 1,
            _ => {}
        }
    }
    components.retain(|bytes| Validator::new_with_features(WasmFeatures::all()).validate_all(bytes).is_ok());
    components
}

#[test]
fn components_alone() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/wit_bindgen/fixtures");
    let mut fixtures: Vec<_> = std::fs::read_dir(&folder)
        .expect("the fixtures are there")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "wasm"))
        .collect();
    fixtures.sort();
    let (mut compared, mut failures) = (0, Vec::new());
    for path in fixtures {
        let name = path.file_name().expect("files have names").to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).expect("fixtures can be read");
        for (i, component) in nested(&bytes).iter().enumerate() {
            let started = std::time::Instant::now();
            let result = Fusion::new(component).and_then(|fusion| fusion.compare(3, 4));
            println!("{name} {i}: {:?} {result:.300?}", started.elapsed());
            match result {
                Ok(run) => compared += usize::from(run),
                Err(why) => failures.push(format!("{name}, component {i}: {why:.1000}")),
            }
        }
    }
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
    assert!(compared > 50, "only {compared} components ran");
}
