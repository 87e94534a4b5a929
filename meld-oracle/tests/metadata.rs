//! What `wasm-tools metadata show` says before and after.
//!
//! In: compositions whose components and core modules say of themselves what there is to say, and real guests. Out: the result says all that can be
//! said of several things together, says of the single things what the root says, or all that say anything, and the report lists the rest.
//! Sections are read here as `wasm-tools` reads them: by their names, wherever they are in the file.

use meld_core::options::Strip;
use meld_core::{FusedComponent, Fuser};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use wasmparser::{BinaryReader, ComponentName, KnownCustom, Name, Parser, Payload, ProducersSectionReader};

/// What a file says of itself, at the root and anywhere in it: kinds and values.
#[derive(Debug, Default)]
struct Shown {
    root: BTreeMap<String, String>,
    all: BTreeSet<(String, String)>,
}

impl Shown {
    fn read(bytes: &[u8]) -> Shown {
        let (mut shown, mut depth) = (Shown::default(), 0);
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.expect("what is read is valid") {
                Payload::Version { .. } => depth += 1,
                Payload::End(_) => depth -= 1,
                Payload::CustomSection(section) => {
                    let name = match section.as_known() {
                        KnownCustom::ComponentName(names) => names.into_iter().find_map(|name| match name {
                            Ok(ComponentName::Component { name, .. }) => Some(name.to_owned()),
                            _ => None,
                        }),
                        KnownCustom::Name(names) => names.into_iter().find_map(|name| match name {
                            Ok(Name::Module { name, .. }) => Some(name.to_owned()),
                            _ => None,
                        }),
                        _ => None,
                    };
                    shown.put(depth, "name", name);
                    let kinds = ["authors", "description", "licenses", "source", "homepage", "revision", "version"];
                    if let Some(kind) = kinds.into_iter().find(|kind| *kind == section.name()) {
                        let text = std::str::from_utf8(section.data()).expect("these are text");
                        shown.put(depth, kind, Some(text.to_owned()));
                    }
                    if section.name() == "producers" {
                        for (field, tool, version) in producers(section.data()) {
                            for version in version.split(", ") {
                                shown.all.insert((field.clone(), format!("{tool} {version}")));
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        shown
    }

    fn put(&mut self, depth: usize, kind: &str, value: Option<String>) {
        let Some(value) = value else { return };
        if depth == 1 {
            self.root.insert(kind.to_owned(), value.clone());
        }
        self.all.insert((kind.to_owned(), value));
    }
}

fn producers(contents: &[u8]) -> Vec<(String, String, String)> {
    let reader = ProducersSectionReader::new(BinaryReader::new(contents, 0)).expect("producers can be read");
    let mut found = Vec::new();
    for field in reader {
        let field = field.expect("a field can be read");
        for value in field.values {
            let value = value.expect("a value can be read");
            found.push((field.name.to_owned(), value.name.to_owned(), value.version.to_owned()));
        }
    }
    found
}

/// Two components in one, and core modules in them. A module that is not live says nothing that counts.
const COMPOSITION: &str = r#"(component $whole
  (component $words
    (core module $m
      (func (export "f") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
      (@producers (language "C11" "") (processed-by "clang" "22"))
      (@custom "authors" "Ada") (@custom "licenses" "MIT OR Apache-2.0") (@custom "revision" "abc"))
    (core instance $i (instantiate $m))
    (func (export "f") (param "n" u32) (result u32) (canon lift (core func $i "f")))
    (@custom "version" "1.0.0") (@custom "homepage" "https://example.com/words"))
  (component $app
    (import "f" (func $f (param "n" u32) (result u32)))
    (core func $f (canon lower (func $f)))
    (core module $m
      (import "" "f" (func $f (param i32) (result i32)))
      (func (export "run") (param i32) (result i32) (i32.mul (call $f (local.get 0)) (i32.const 2)))
      (@producers (language "Rust" "") (processed-by "rustc" "1.95"))
      (@custom "licenses" "BSD-3-Clause") (@custom "source" "https://example.com/app.git"))
    (core instance $i (instantiate $m (with "" (instance (export "f" (func $f))))))
    (func (export "run") (param "n" u32) (result u32) (canon lift (core func $i "run")))
    (@custom "version" "2.0.0") (@custom "authors" "Bob") (@custom "description" "an app"))
  (instance $words (instantiate $words))
  (instance $app (instantiate $app (with "f" (func $words "f"))))
  (export "run" (func $app "run"))
  (@producers (processed-by "composer" "3"))
  (@custom "authors" "Cleo") (@custom "description" "the whole"))"#;

fn fused(component: bool, strip: Strip) -> (Vec<u8>, BTreeSet<String>) {
    let mut fuser = Fuser::new();
    fuser.input("whole", COMPOSITION.as_bytes());
    fuser.component(component).strip(strip);
    let fused = fuser.fuse().expect("it can be fused");
    let dropped = fused.report.output.dropped_sections.iter().map(|dropped| dropped.name.clone()).collect();
    (fused.component.unwrap_or(fused.core), dropped)
}

#[test]
fn the_result_says_what_its_parts_say() {
    let before = Shown::read(&wat::parse_str(COMPOSITION).unwrap());
    assert_eq!(before.root["name"], "whole");
    for component in [false, true] {
        let (bytes, dropped) = fused(component, Strip::Nothing);
        let after = Shown::read(&bytes);
        let expected = [
            ("name", "whole"),
            ("authors", "Cleo, Bob, Ada"),
            ("description", "the whole"),
            ("homepage", "https://example.com/words"),
            ("licenses", "(MIT OR Apache-2.0) AND BSD-3-Clause"),
            ("revision", "abc"),
            ("source", "https://example.com/app.git"),
        ];
        let expected: BTreeMap<String, String> =
            expected.into_iter().map(|(kind, value)| (kind.to_owned(), value.to_owned())).collect();
        assert_eq!(after.root, expected, "component: {component}");
        // Of one thing only, and the parts say different things.
        assert_eq!(dropped, ["description", "version"].map(str::to_owned).into());
        let tools = |shown: &Shown| -> BTreeSet<(String, String)> {
            let of_tools = ["language", "processed-by", "sdk"];
            shown.all.iter().filter(|(kind, _)| of_tools.contains(&kind.as_str())).cloned().collect()
        };
        let (before, mut after) = (tools(&before), tools(&after));
        after.retain(|(_, tool)| !tool.starts_with("meld "));
        assert_eq!(after, before);
    }
    let (bytes, dropped) = fused(true, Strip::All);
    let shown = Shown::read(&bytes);
    assert!(shown.root.is_empty(), "{shown:?}");
    assert!(dropped.contains("authors") && dropped.contains("producers"), "{dropped:?}");
}

/// The same of real guests: every tool and language that is said to have made a module of which there is code in the result.
#[test]
fn no_tool_of_a_fixture_is_lost() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/wit_bindgen/fixtures");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "wasm"));
    files.sort();
    let (mut compared, mut values) = (0, 0);
    for file in files.iter().step_by(5) {
        let input = std::fs::read(file).unwrap();
        let mut fuser = Fuser::new();
        fuser.input("fixture", &input[..]);
        let FusedComponent { bytes, report, .. } = fuser.fuse_component().expect("a fixture can be fused");
        if report.output.core_bytes == 0 {
            continue;
        }
        let after = Shown::read(&bytes);
        for (kind, value) in Shown::read(&input).all.iter().filter(|(kind, _)| kind != "name") {
            let there = after.all.iter().any(|(known, text)| known == kind && text.contains(value.as_str()));
            let listed = report.output.dropped_sections.iter().any(|dropped| dropped.name == *kind);
            assert!(there || listed, "{}: {kind} {value} is lost: {after:?}", file.display());
            values += 1;
        }
        compared += 1;
    }
    assert!(compared > 10 && values > 50, "{compared} fixtures, {values} values");
}
