//! The command line, by example: a test is a file under `tests/cli/` that says in its head how it is run.
//!
//! `;; RUN: fuse % -t` runs `meld fuse FILE -t` and expects success; `;; FAIL: …` expects exit code 1, and
//! `;; USAGE: …` exit code 2. `%` is the file itself, `%tmp` an empty folder, `|` feeds one command's stdout
//! to the next one's stdin; the first one reads the file. What the last command prints is beside the file, in `FILE.stdout` and
//! `FILE.stderr`; a file that is absent means nothing is printed. Several directives need names:
//! `;; RUN[text]: …` has its output in `FILE.text.stdout`. After `FAIL` and `USAGE` the folder must still
//! be empty. `BLESS=1` rewrites what is expected. Each directive is a test of its own: `--test cli pair.wat.text` runs one.

use libtest_mimic::{Arguments, Trial};
use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output, Stdio};

/// One `RUN`, `FAIL` or `USAGE` line.
struct Directive {
    exit_code: i32,
    name: String,
    command: String,
}

fn main() -> ExitCode {
    let plain = |name: &str, test: fn()| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    };
    let mut trials = vec![
        plain("every_expectation_belongs_to_a_test", every_expectation_belongs_to_a_test),
        plain("silent_on_a_closed_pipe", silent_on_a_closed_pipe),
        plain("bad_bytes", bad_bytes),
        plain("a_failure_keeps_the_old_output", a_failure_keeps_the_old_output),
        plain("vectors_only_where_they_are_wanted", vectors_only_where_they_are_wanted),
    ];
    for path in examples() {
        for directive in directives(&path) {
            let name = format!("{}{}", file_name(&path), suffix(&directive));
            let path = path.clone();
            trials.push(Trial::test(name, move || {
                let message =
                    |message| format!("`{}`: {message}\n\nBLESS=1 rewrites what is expected", directive.command);
                run(&path, &directive).map_err(|error| message(error).into())
            }));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// The files of `tests/cli`.
fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
    let mut files: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Those that are tests.
fn examples() -> Vec<PathBuf> {
    let mut tests = files();
    tests.retain(|path| path.extension().is_some_and(|e| e == "wat"));
    assert!(!tests.is_empty());
    tests
}

fn file_name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).expect("a test has a name")
}

/// What the name of a directive adds to the name of its file.
fn suffix(directive: &Directive) -> String {
    if directive.name.is_empty() { String::new() } else { format!(".{}", directive.name) }
}

/// An expectation that no test reads would look like a test and be none.
fn every_expectation_belongs_to_a_test() {
    let expectation = |path: &Path, directive: &Directive| format!("{}{}", file_name(path), suffix(directive));
    let expected: BTreeSet<String> = examples()
        .iter()
        .flat_map(|path| directives(path).into_iter().map(|directive| expectation(path, &directive)))
        .flat_map(|name| [format!("{name}.stdout"), format!("{name}.stderr")])
        .collect();
    let is_expectation = |path: &&PathBuf| path.extension().is_some_and(|e| e == "stdout" || e == "stderr");
    for path in files().iter().filter(is_expectation) {
        assert!(expected.contains(file_name(path)), "{}: belongs to no test", path.display());
    }
}

fn directives(path: &Path) -> Vec<Directive> {
    let text = fs::read_to_string(path).unwrap();
    let mut directives = Vec::new();
    for line in text.lines().filter_map(|line| line.strip_prefix(";; ")) {
        for (keyword, exit_code) in [("RUN", 0), ("FAIL", 1), ("USAGE", 2)] {
            let Some(rest) = line.strip_prefix(keyword) else { continue };
            let (name, command) = match rest.strip_prefix('[').and_then(|rest| rest.split_once("]:")) {
                Some((name, command)) => (name, command),
                None => match rest.strip_prefix(':') {
                    Some(command) => ("", command),
                    None => continue,
                },
            };
            directives.push(Directive { exit_code, name: name.to_string(), command: command.trim().to_string() });
        }
    }
    let names: BTreeSet<_> = directives.iter().map(|directive| &directive.name).collect();
    assert!(!directives.is_empty(), "{}: no directive", path.display());
    assert_eq!(names.len(), directives.len(), "{}: two directives of one name", path.display());
    directives
}

fn run(path: &Path, directive: &Directive) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let file = path.file_name().unwrap().to_str().unwrap();
    let commands: Vec<&str> = directive.command.split(" | ").collect();
    let mut stdin = fs::read(path).unwrap();
    for (i, command) in commands.iter().enumerate() {
        let args: Vec<String> = command
            .split_whitespace()
            .map(|arg| if arg == "%" { file.to_string() } else { arg.replace("%tmp", folder.path().to_str().unwrap()) })
            .collect();
        let mut meld = meld();
        // Messages name the file as it was given, so it is given without folders.
        let output = execute(meld.args(args).current_dir(path.parent().unwrap()), &stdin);
        let expected = if i + 1 == commands.len() { directive.exit_code } else { 0 };
        if output.status.code() != Some(expected) {
            let stderr = String::from_utf8_lossy(&output.stderr);
            return Err(format!("{}, expected exit code {expected}\n{stderr}", output.status));
        }
        if i + 1 < commands.len() {
            stdin = output.stdout;
            continue;
        }
        for (stream, printed) in [("stdout", output.stdout), ("stderr", output.stderr)] {
            let expectation = path.with_file_name(format!("{file}{}.{stream}", suffix(directive)));
            let printed = String::from_utf8_lossy(&printed).replace(folder.path().to_str().unwrap(), "%tmp");
            compare(&expectation, &printed)?;
        }
    }
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    if directive.exit_code != 0 && !left.is_empty() {
        return Err(format!("left behind: {left:?}"));
    }
    Ok(())
}

fn compare(expectation: &Path, printed: &str) -> Result<(), String> {
    if std::env::var_os("BLESS").is_some() {
        if !printed.is_empty() {
            fs::write(expectation, printed).unwrap();
        } else if expectation.exists() {
            fs::remove_file(expectation).unwrap();
        }
        return Ok(());
    }
    let expected = if expectation.exists() { fs::read_to_string(expectation).unwrap() } else { String::new() };
    if expected == printed {
        return Ok(());
    }
    Err(format!("{} differs; printed:\n{printed}", expectation.file_name().unwrap().display()))
}

fn meld() -> Command {
    let mut meld = Command::new(env!("CARGO_BIN_EXE_meld"));
    meld.env("COLUMNS", "100");
    meld
}

fn execute(command: &mut Command, stdin: &[u8]) -> Output {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("meld starts");
    // A command that fails before it reads closes its stdin: that is its right.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    child.wait_with_output().unwrap()
}

/// The reader went away before anything was written: no message, no panic.
fn silent_on_a_closed_pipe() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = meld().args(["completion", "bash"]).stdout(writer).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(1));
}

/// Bytes that cannot stand in a `.wat` file: cut off, corrupt, and no WebAssembly at all.
fn bad_bytes() {
    let good = wat::parse_str("(component (core module (func (export \"f\") (result i32) (i32.const 1))))").unwrap();
    let mut corrupt = good.clone();
    corrupt[9] = 0xff;
    let bad: [(&str, &[u8]); 5] = [
        ("empty", b""),
        ("random", &[0xde, 0xad, 0xbe, 0xef, 0, 1, 2, 3]),
        ("magic-only", b"\0asm"),
        ("cut-off", &good[..good.len() - 3]),
        ("corrupt", &corrupt),
    ];
    for (name, bytes) in bad {
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join(format!("{name}.wasm"));
        fs::write(&input, bytes).unwrap();
        let output = execute(meld().arg("fuse").arg(&input).arg("-o").arg(folder.path().join("out.wasm")), b"");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{name}: {stderr}");
        assert!(stderr.starts_with("error: "), "{name}: {stderr}");
        assert!(stderr.contains(name), "the message does not name the input `{name}`: {stderr}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "{name}: something was left behind");
    }
}

/// An output that exists and cannot be replaced keeps its contents when the fusion fails.
fn a_failure_keeps_the_old_output() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.wasm");
    fs::write(&out, "before").unwrap();
    let output = execute(meld().args(["fuse", "-", "-o"]).arg(&out), b"(component");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(fs::read_to_string(&out).unwrap(), "before");
}

/// Strings are copied by vector instructions, unless these are not wanted.
fn vectors_only_where_they_are_wanted() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/shout");
    for (flag, vectors) in [(None, true), (Some("--no-simd"), false)] {
        let inputs = ["greeter.wat", "shouter.wat"].map(|name| folder.join(name));
        let output = execute(meld().args(["fuse", "-t"]).args(flag).args(inputs), b"");
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(String::from_utf8_lossy(&output.stdout).contains("v128"), vectors, "{flag:?}");
    }
}
