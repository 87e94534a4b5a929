//! Real WASI components from a stock toolchain, each composed from several, run by wasmtime before and after
//! `meld fuse --component`: same output, same files, same HTTP answers.

use meld_oracle::wasi::{Invocation, Outcome, Request, Response, command, request};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/wit_bindgen/fixtures").join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn fused(input: &[u8]) -> Vec<u8> {
    let mut fuser = meld_core::Fuser::new();
    fuser.input("input", input).component(true);
    finish(&fuser)
}

/// The same, with one shadow stack for all guests.
fn fused_on_one_stack(input: &[u8]) -> Vec<u8> {
    let mut fuser = meld_core::Fuser::new();
    fuser.input("input", input).component(true);
    let shared = fuser.options_mut().shared();
    shared.heap().every = Some(1 << 20);
    shared.common().stack = Some(meld_core::options::StackSize::Bytes(64 << 10));
    finish(&fuser)
}

fn finish(fuser: &meld_core::Fuser<'_>) -> Vec<u8> {
    let fused = fuser.fuse().unwrap_or_else(|error| panic!("{}", meld_oracle::error_chain(&error)));
    fused.component.expect("a component was asked for")
}

/// What a command printed, and the files that it left.
type Run = (Outcome, BTreeMap<String, String>);

fn run(component: &[u8], args: &[&str], env: &[(&str, &str)]) -> Run {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("ledger"), "ada 12\nbob -3\n\nada 30\n").expect("a file");
    let outcome = command(component, Invocation { args, env, folder: folder.path() }).expect("a command that runs");
    let entries = fs::read_dir(folder.path()).expect("the folder").map(|entry| entry.expect("an entry").path());
    let name = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned();
    let files = entries.map(|path| (name(&path), fs::read_to_string(&path).expect("text")));
    (outcome, files.collect())
}

#[test]
fn a_command_prints_reads_files_and_the_environment() {
    let input = fixture("wasi-command.wasm");
    let output = fused(&input);
    let on_one_stack = fused_on_one_stack(&input);
    let usd = [("LEDGER_CURRENCY", "USD")];
    /// Arguments, environment, exit status.
    type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], i32);
    let cases: [Case<'_>; 5] = [
        (&["ledger", "/ledger"], &[], 0),
        (&["ledger", "/ledger"], &usd, 0),
        (&["ledger", "/ledger", "/summary"], &usd, 0),
        (&["ledger", "/nothing"], &[], 1),
        (&["ledger"], &[], 1),
    ];
    for (args, env, code) in cases {
        let expected = run(&input, args, env);
        assert_eq!(expected.0.end, Ok(code), "{args:?}: the input itself fails");
        assert_eq!(run(&output, args, env), expected, "{args:?} {env:?}");
        assert_eq!(run(&on_one_stack, args, env), expected, "{args:?} {env:?} on one stack");
    }
    // What is compared is not nothing.
    let (outcome, files) = run(&output, cases[2].0, cases[2].1);
    assert_eq!(outcome.stdout, "ada            42 USD\nbob            -3 USD\ntotal          39 USD\n");
    assert_eq!(files["summary"], "2 names, total 39 USD\n");
}

#[test]
fn an_http_service_answers_as_before() {
    let input = fixture("wasi-http.wasm");
    let output = fused(&input);
    let long = "Meld! ".repeat(5000);
    let get = |target| Request { method: "GET", target, headers: &[], body: &[] };
    let cases = [
        (get("/"), 200),
        (get("/hello?ada"), 200),
        (get("/hello"), 400),
        (get("/private/hello"), 403),
        (Request { headers: &[("x-key", "open sesame")], ..get("/private/hello") }, 404),
        (Request { method: "POST", body: long.as_bytes(), ..get("/upload") }, 200),
        (Request { method: "POST", ..get("/upload") }, 200),
    ];
    for (case, status) in cases {
        let expected = request(&input, case).expect("a service that runs");
        assert_eq!(expected.as_ref().map(|r| r.status), Ok(status), "{case:?}: the input itself fails: {expected:?}");
        assert_eq!(request(&output, case).expect("a service that runs"), expected, "{case:?}");
    }
    let refused = request(&input, Request { method: "DELETE", ..get("/") }).expect("a service that runs");
    assert!(refused.is_err(), "{refused:?}");
    assert_eq!(request(&output, Request { method: "DELETE", ..get("/") }).expect("a service that runs"), refused);

    let Response { body, .. } = request(&output, get("/hello?ada")).expect("a service that runs").expect("an answer");
    assert_eq!(body, b"hello, ada\n");
}
