//! Linking, case by case.
//!
//! A case is a folder in `cases`: an input per `.wat` file, called by its file stem, in alphabetical order;
//! explicit links, one a line, in `links.txt`, if there are any; and what is expected: the root in text
//! in `root.expected`, or the error and what caused it in `error.expected`. `BLESS=1` rewrites these two.

use meld_core::Input;
use meld_core::options::LinkOverride;
use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/link/cases");
    let cases = entries(&folder);
    assert!(!cases.is_empty(), "no cases in {}", folder.display());
    let failures: Vec<String> = cases.iter().filter_map(|case| run(case)).collect();
    assert!(failures.is_empty(), "{}\n(BLESS=1 rewrites expectations)", failures.join("\n\n"));
}

/// What went wrong, if anything.
fn run(case: &Path) -> Option<String> {
    let files = entries(case);
    let inputs: Vec<Input<'_>> = files
        .iter()
        .filter(|file| file.extension().is_some_and(|e| e == "wat"))
        .map(|file| {
            let bytes = wat::parse_file(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
            Input { name: file.file_stem().unwrap().to_string_lossy().into_owned(), bytes: Cow::Owned(bytes) }
        })
        .collect();
    let links = fs::read_to_string(case.join("links.txt")).unwrap_or_default();
    let links: Vec<LinkOverride> = links.lines().map(link).collect();

    let (expected, other, found) = match meld_core::link::link(&inputs, &links) {
        Ok(root) => {
            let mut validator = wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all());
            if let Err(error) = validator.validate_all(&root) {
                return Some(format!("{}: the root is not valid: {error}", case.display()));
            }
            ("root.expected", "error.expected", wasmprinter::print_bytes(&root).unwrap())
        }
        Err(error) => ("error.expected", "root.expected", chain(&error)),
    };
    if std::env::var_os("BLESS").is_some() {
        fs::write(case.join(expected), &found).unwrap();
        let _ = fs::remove_file(case.join(other));
        return None;
    }
    let wanted = fs::read_to_string(case.join(expected)).unwrap_or_default();
    (wanted != found).then(|| format!("{}: {expected} is not\n{found}", case.display()))
}

fn link(line: &str) -> LinkOverride {
    let (import, provider) = line.split_once('=').expect("a link is `import=input` or `import=input#export`");
    let (input, export) = match provider.split_once('#') {
        Some((input, export)) => (input, Some(export.to_owned())),
        None => (provider, None),
    };
    LinkOverride { import: import.to_owned(), input: input.to_owned(), export }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = format!("{error}\n");
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(&format!("{error}\n"));
        source = error.source();
    }
    text
}
