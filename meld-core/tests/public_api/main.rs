//! The stable part of the library's interface, as text.
//!
//! In: the sources. Out: a failure if the interface is not what `api.txt` says, if the root has more names than a reader can take
//! in, or if a signature mentions a type that is not itself in the stable part. `BLESS=1` rewrites the file: a change of it is a change
//! for everyone who builds on the library. The module `unstable` is no part of it, as its documentation says.

mod api;

use api::Api;
use std::fmt::Write;
use std::path::Path;

/// How many names the root may have.
const MAX_NAMES: usize = 40;

/// Foreign types that signatures of trait implementations mention, each with the reason why no better way was found.
const FOREIGN: [(&str, &str); 2] = [
    ("wasmparser", "conversions of its errors, which `?` asks for"),
    ("wasm_encoder", "a conversion of its errors, which `Reencode` asks for; core value types, which are re-exported"),
];

/// Stable types to which a field or a variant cannot be added without a break, each with the reason.
const EXHAUSTIVE: [(&str, &str); 17] = [
    ("CoreInterface", HOSTS),
    ("CoreName", "the core specification gives an import two names"),
    ("core_interface::CoreExport", HOSTS),
    ("core_interface::CoreImport", HOSTS),
    ("core_interface::CoreInterface", HOSTS),
    ("core_interface::CoreOptions", HOSTS),
    ("core_interface::FuncType", TYPES),
    ("core_interface::HostImport", HOSTS),
    ("core_interface::ImportPath", HOSTS),
    ("core_interface::Pointer", TYPES),
    ("core_interface::Scalar", TYPES),
    ("core_interface::Shape", TYPES),
    ("core_interface::StringEncoding", TYPES),
    ("core_interface::TypeDef", TYPES),
    ("core_interface::Types", HOSTS),
    ("core_interface::ValType", TYPES),
    ("core_interface::WakerCall", HOSTS),
];
const HOSTS: &str =
    "a host has to learn how to serve something new, and the compiler says so; other fusers construct it";
const TYPES: &str = "the specification says what there is, and a host that converts values handles each";

fn api() -> Api {
    Api::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
}

#[test]
fn the_interface_is_the_one_that_is_written_down() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/public_api/api.txt");
    let actual = api().print();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&golden, &actual).unwrap();
    }
    let expected = std::fs::read_to_string(&golden).unwrap();
    let mut different = String::new();
    for line in actual.lines().filter(|line| !expected.lines().any(|known| known == *line)) {
        writeln!(different, "+{line}").unwrap();
    }
    for line in expected.lines().filter(|line| !actual.lines().any(|known| known == *line)) {
        writeln!(different, "-{line}").unwrap();
    }
    assert!(
        actual == expected,
        "the stable interface is not that of tests/public_api/api.txt; if that is meant, `BLESS=1` rewrites the file:\n{different}"
    );
}

#[test]
fn the_root_is_small() {
    let names = api().root_names();
    assert!(names.iter().any(|name| name == "Fuser") && !names.iter().any(|name| name == "unstable"), "{names:?}");
    assert!(
        names.len() <= MAX_NAMES,
        "{} names at the root, and at most {MAX_NAMES} are meant: {names:?}",
        names.len()
    );
}

/// Every other type of which a user sees the fields or variants may grow.
#[test]
fn types_may_grow_but_for_some_reasons() {
    let print = api().print();
    let sections = print.split("\n== meld_core::").skip(1);
    let exhaustive = sections.filter(|section| {
        let open = ["pub struct ", "pub enum "].iter().any(|item| section.lines().any(|line| line.starts_with(item)));
        let grows = ["#[non_exhaustive]", "#[private_fields]"].iter().any(|mark| section.contains(mark));
        open && !grows
    });
    let exhaustive: Vec<&str> = exhaustive.filter_map(|section| section.lines().next()).collect();
    assert_eq!(exhaustive, EXHAUSTIVE.map(|(name, _)| name));
}

#[test]
fn signatures_mention_what_is_public() {
    let leaks = api().leaks(&FOREIGN.map(|(name, _)| name));
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
}

#[test]
fn functions_that_can_fail_say_how_and_show_it() {
    let undocumented = api().undocumented();
    assert!(undocumented.is_empty(), "{}", undocumented.join("\n"));
}
