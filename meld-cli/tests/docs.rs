//! What the documents list is what there is: flags and commands in the README, fields of the report in its page.
//!
//! In: the help of each command, and reports in which every field occurs. Out: both lists are complete, and name
//! nothing that is gone.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn meld(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_meld")).args(args).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The words of a text that begin with two hyphens.
fn flags(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    words.filter(|word| word.strip_prefix("--").is_some_and(|name| name.starts_with(char::is_alphabetic))).collect()
}

/// The options that the help of a command lists: each begins a line.
fn options(help: &str) -> BTreeSet<&str> {
    let lines = help.lines().filter(|line| line.trim_start().starts_with('-'));
    let named = lines.filter_map(|line| flags(line).into_iter().next());
    named.filter(|flag| !["--help", "--version"].contains(flag)).collect()
}

#[test]
fn the_readme_lists_every_option() {
    let readme = read("README.md");
    let start = readme.find("## The command").expect("the section is there");
    let section = &readme[start..];
    let section = &section[..section.find("Exit codes").expect("it ends with the exit codes")];
    let fuse = meld(&["fuse", "--help"]);
    let (new, inspect) = (meld(&["new", "--help"]), meld(&["inspect", "--help"]));
    let fuse = options(&fuse);
    assert!(fuse.contains("--address-rebase") && fuse.contains("--output"), "{fuse:?}");
    let known: BTreeSet<&str> = fuse.iter().copied().chain(options(&new)).chain(options(&inspect)).collect();
    let listed = flags(section);
    let missing: Vec<_> = fuse.difference(&listed).collect();
    assert!(missing.is_empty(), "the README does not list {missing:?}");
    let gone: Vec<_> = listed.difference(&known).collect();
    assert!(gone.is_empty(), "the README lists {gone:?}, and there are none such");
}

/// The paths of all fields of a value: `boundaries[].caller`.
fn fields(value: &serde_json::Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(fields_of) => {
            for (name, value) in fields_of {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                fields(value, &path, found);
            }
        }
        serde_json::Value::Array(values) => {
            found.insert(format!("{path}[]"));
            for value in values.iter().filter(|value| value.is_object()) {
                fields(value, &format!("{path}[]"), found);
            }
        }
        _ => _ = found.insert(path.to_owned()),
    }
}

/// The fields in the table of `docs/report.md`: one that begins with a dot belongs to the last one that does not.
fn documented(page: &str) -> BTreeSet<String> {
    let mut documented = BTreeSet::new();
    let mut list = String::new();
    for row in page.lines().take_while(|line| !line.starts_with("## ")).filter(|line| line.starts_with("| `")) {
        let cell = row.split('|').nth(1).expect("a row has a first cell");
        for name in cell.split('`').skip(1).step_by(2) {
            if name.starts_with('.') {
                documented.insert(format!("{list}{name}"));
            } else {
                list = name.to_owned();
                documented.insert(name.to_owned());
            }
        }
    }
    documented
}

#[test]
fn the_reports_page_lists_every_field() {
    let fixtures = "tests/wit_bindgen/fixtures";
    let folder = tempfile::tempdir().unwrap();
    // A memory with a maximum.
    let bounded = folder.path().join("bounded.wat");
    std::fs::write(&bounded, "(component (core module $m (memory 1 2)) (core instance (instantiate $m)))").unwrap();
    let commands: [&[&str]; 5] = [
        // Windows and resources, and an assumption.
        &["--memory", "shared", "--pack=assume-heap-base", &format!("{fixtures}/station-arena.wasm")],
        &["--component", &format!("{fixtures}/strings.wasm")],
        &["meld-cli/tests/cli/left-out.wat"],
        &[bounded.to_str().unwrap()],
        // A link that nearly fits.
        &["meld-cli/tests/cli/open.wat", "meld-cli/tests/cli/inputs/older.wat"],
    ];
    let mut found = BTreeSet::new();
    let out = folder.path().join("out.wasm");
    for command in commands {
        let args = [&["fuse", "--report", "-", "-o", out.to_str().unwrap()], command].concat();
        fields(&serde_json::from_str(&meld(&args)).expect("a report is JSON"), "", &mut found);
    }
    assert_eq!(documented(&read("docs/report.md")), found);
}
