//! `meld verify` as a user runs it.
//!
//! In: compositions, fused in several forms by the command, and one with a fault. Out: exit codes, and what the command prints. The command has
//! an engine in it then, so this is built only with the feature `verify`.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// Runs the command in the root of the repository.
fn meld(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_meld"));
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).args(args).output().expect("meld starts")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("it prints text")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("it prints text")
}

/// Fuses, and gives back the path of the result.
fn fuse(folder: &TempDir, name: &str, args: &[&str]) -> String {
    let path = folder.path().join(name);
    let path = path.to_str().expect("a temporary folder has such a name").to_owned();
    let output = meld(&[&["fuse", "-o", &path], args].concat());
    assert!(output.status.success(), "{args:?}: {}", stderr(&output));
    path
}

const GREETER: &str = "examples/shout/greeter.wat";
const SHOUTER: &str = "examples/shout/shouter.wat";

/// A copy of the shouter that makes the wrong letters upper case.
fn spoiled(folder: &TempDir) -> PathBuf {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(SHOUTER)).unwrap();
    let wrong = text.replace("i32.const 97", "i32.const 98");
    assert_ne!(wrong, text);
    let path = folder.path().join("shouter.wat");
    std::fs::write(&path, wrong).unwrap();
    path
}

#[test]
fn every_form_behaves_as_the_original() {
    let folder = tempfile::tempdir().unwrap();
    let original = fuse(&folder, "greeting.wasm", &["--component", GREETER, SHOUTER]);
    let one = ["--memory", "shared", "--address-rebase", "--heap", "1M"];
    let forms = [
        fuse(&folder, "core.wasm", &[&original]),
        fuse(&folder, "small.wasm", &[&["--component", &original], &one[..]].concat()),
        fuse(&folder, "small.core.wasm", &[&[original.as_str()], &one[..]].concat()),
    ];
    for form in &forms {
        let output = meld(&["verify", &original, form]);
        assert!(output.status.success(), "{form}: {}", stderr(&output));
        assert!(stdout(&output).starts_with("both behave the same in 20 calls, in which the host saw "), "{form}");
        let output = meld(&["verify", &original, form, "--invoke", r#"greet("banana")"#, "--json"]);
        assert!(output.status.success(), "{form}: {}", stderr(&output));
        let verdict: Value = serde_json::from_str(&stdout(&output)).unwrap();
        assert_eq!((&verdict["calls"], &verdict["difference"]), (&Value::from(1), &Value::Null), "{verdict}");
    }
}

#[test]
fn a_fault_is_found_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let original = fuse(&folder, "greeting.wasm", &["--component", GREETER, SHOUTER]);
    let wrong = fuse(&folder, "wrong.wasm", &["--component", GREETER, spoiled(&folder).to_str().unwrap()]);
    let invoke = ["--invoke", r#"greet("banana")"#];
    let output = meld(&[&["verify", &original, &wrong], &invoke[..]].concat());
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    assert!(text.starts_with("at greet(\"banana\")\noriginal returns "), "{text}");
    assert!(text.contains("\nfused returns "), "{text}");
    assert!(stderr(&output).contains("error: the fused artifact behaves differently at greet(\"banana\")"));
    let output = meld(&[&["verify", "--json", &original, &wrong], &invoke[..]].concat());
    assert_eq!(output.status.code(), Some(1));
    let verdict: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let difference = &verdict["difference"];
    assert_ne!(difference["original"]["outcome"], difference["fused"]["outcome"], "{verdict}");
    // With made-up calls, too.
    assert_eq!(meld(&["verify", &original, &wrong]).status.code(), Some(1));
}

#[test]
fn commands_of_wasi_run_under_wasi() {
    let folder = tempfile::tempdir().unwrap();
    let original = "tests/wit_bindgen/fixtures/wasi-command.wasm";
    let fused = fuse(&folder, "fused.wasm", &["--component", original]);
    let output = meld(&["verify", original, &fused, "--arg", "one", "--env", "NAME=value"]);
    assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
    assert!(stdout(&output).contains("host: wasi"), "{}", stdout(&output));
}

#[test]
fn what_cannot_be_compared_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let original = fuse(&folder, "greeting.wasm", &["--component", GREETER, SHOUTER]);
    let errors: [(&[&str], i32); 4] = [
        (&["verify", &original], 2),
        (&["verify", &original, "no-such-file.wasm"], 1),
        (&["verify", &original, &original, "--invoke", "nobody()"], 1),
        (&["verify", &original, &original, "--invoke", "greet(1)"], 1),
    ];
    for (args, code) in errors {
        let output = meld(args);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}", stderr(&output));
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{args:?}");
    }
}
