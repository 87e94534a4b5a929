//! Tests by folder: each `tests/filetests/STAGE/NAME.wat` is run up to STAGE, and what the stage prints must
//! be what `NAME.txt` beside it says. An error is an expectation too. `BLESS=1` rewrites expectations.
//!
//! To add a stage, add a folder, a function that prints the stage, and a `#[test]` below.

use meld_core::{Fuser, Pass, Stage};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn parse() {
    run_folder("parse", Stage::Parse);
}

#[test]
fn dfg() {
    run_folder("dfg", Stage::Dfg);
}

#[test]
fn adapter() {
    run_folder("adapter", Stage::Adapters);
}

#[test]
fn merged() {
    run_folder("merged", Stage::After(Pass::Start));
}

/// Runs all cases of a folder and reports all that are wrong.
fn run_folder(folder: &str, stage: Stage) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/filetests").join(folder);
    let cases = files(&folder, "wat");
    assert!(!cases.is_empty(), "no cases in {}", folder.display());
    let mut wrong = Vec::new();
    for case in &cases {
        let wasm = wat::parse_file(case).unwrap_or_else(|error| panic!("{error}"));
        let actual = match Fuser::new().input("input", wasm).inspect(stage) {
            Ok(print) => print.to_string(),
            Err(error) => chain(&error),
        };
        let expectation = case.with_extension("txt");
        if std::env::var_os("BLESS").is_some() {
            fs::write(&expectation, &actual).expect("the source tree is writable when blessing");
            continue;
        }
        match fs::read_to_string(&expectation) {
            Ok(expected) if expected == actual => {}
            Ok(expected) => wrong.push(format!("{}:\n{}", case.display(), difference(&expected, &actual))),
            Err(error) => wrong.push(format!("{}: {error}", expectation.display())),
        }
    }
    for expectation in files(&folder, "txt") {
        if !expectation.with_extension("wat").exists() {
            wrong.push(format!("{}: an expectation without a case", expectation.display()));
        }
    }
    assert!(wrong.is_empty(), "{}\n\nBLESS=1 accepts what is printed now", wrong.join("\n"));
}

/// Files of `folder` with an extension, sorted.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.map(|entry| entry.expect("a readable folder").path());
    let mut paths: Vec<_> = paths.filter(|path| path.extension().is_some_and(|it| it == extension)).collect();
    paths.sort();
    paths
}

/// An error and its causes, a line each.
fn chain(error: &dyn Error) -> String {
    let mut text = format!("error: {error}\n");
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!("  {error}\n");
        cause = error.source();
    }
    text
}

/// The first lines in which two texts differ.
fn difference(expected: &str, actual: &str) -> String {
    let same = expected.lines().zip(actual.lines()).take_while(|(expected, actual)| expected == actual).count();
    let excerpt = |sign: &str, text: &str| -> String {
        text.lines().skip(same).take(8).map(|line| format!("  {sign} {line}\n")).collect()
    };
    format!("  from line {}\n{}{}", same + 1, excerpt("-", expected), excerpt("+", actual))
}
