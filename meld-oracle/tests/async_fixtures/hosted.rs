//! What the fixtures that need a host of WASI 0.3 must do.
//!
//! In: the name of a fixture, and a form of it. Out: nothing, or the first difference to what is written down here.

use meld_oracle::wasi::{Outcome, Request, Response};
use meld_oracle::wasi_async::{Invocation, command, request};
use std::fmt::Debug;

/// Runs `component`, a form of the fixture `name`, if that needs a host.
pub(crate) fn run(name: &str, component: &[u8], seconds: u64) -> Option<Result<(), String>> {
    match name {
        "async-command" => Some(the_command(component, seconds)),
        "async-service" => Some(the_service(component, seconds)),
        _ => None,
    }
}

fn same<T: PartialEq + Debug>(what: &str, found: &T, expected: &T) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what}: {found:?}, expected {expected:?}")) }
}

fn the_command(component: &[u8], seconds: u64) -> Result<(), String> {
    let lines = |count: usize| (1..=count).map(|n| format!("line {n}\n")).collect::<String>();
    let numbered = |count: usize| (1..=count).map(|n| format!("{n}: line {n}\n")).collect::<String>();
    let cases: [(&[&str], String, Outcome); 6] = [
        (&["command", "number"], lines(3), printed(&numbered(3))),
        (&["command", "number"], lines(2000), printed(&numbered(2000))),
        (&["command", "number"], String::new(), printed("")),
        (&["command", "count"], "one two\nthree\n".to_owned(), printed("2 lines, 3 words, 14 bytes\n")),
        (&["command", "wait"], String::new(), printed("first\nsecond\n")),
        (
            &["command", "sort"],
            String::new(),
            Outcome { end: Ok(1), stdout: String::new(), stderr: "sort is not a filter (mood: merry)\n".to_owned() },
        ),
    ];
    for (args, stdin, expected) in cases {
        let invocation = Invocation { args, env: &[("MOOD", "merry")], stdin: &stdin };
        let found = command(component, invocation, seconds).map_err(|fault| format!("{args:?}: {fault}"))?;
        same(&format!("{args:?}"), &found, &expected)?;
    }
    Ok(())
}

fn printed(stdout: &str) -> Outcome {
    Outcome { end: Ok(0), stdout: stdout.to_owned(), stderr: String::new() }
}

fn the_service(component: &[u8], seconds: u64) -> Result<(), String> {
    let ask = |method: &str, target: &str, body: &[u8]| {
        let asked = Request { method, target, headers: &[], body };
        request(component, asked, seconds).map_err(|fault| format!("{method} {target}: {fault}"))
    };
    let page = |status: u16, body: &str| -> Result<Response, String> {
        let headers =
            [("content-length", body.len().to_string()), ("content-type", "text/plain; charset=utf-8".into())];
        let headers = headers.map(|(name, value)| (name.to_owned(), value)).to_vec();
        Ok(Response { status, headers, body: body.as_bytes().to_vec() })
    };
    for (target, expected) in [
        ("/", page(200, "an asynchronous page\n")),
        ("/hello?meld", page(200, "hello, meld\n")),
        ("/hello", page(400, "hello whom?\n")),
        ("/nowhere", page(404, "no /nowhere here\n")),
    ] {
        same(target, &ask("GET", target, b"")?, &expected)?;
    }
    for body in [&b""[..], b"some text", &b"0123456789abcdef".repeat(10_000)] {
        let expected = Ok(Response { status: 200, headers: Vec::new(), body: body.to_ascii_uppercase() });
        same("an upload", &ask("POST", "/", body)?, &expected)?;
    }
    match ask("DELETE", "/", b"")? {
        Err(code) if code.contains("Delete") => Ok(()),
        other => Err(format!("DELETE: {other:?}")),
    }
}
