//! Commands and HTTP services of WASI, under wasmtime's own implementation.

use super::{Behaviour, Calls, Difference, Incomparable, Verdict};
use crate::wasi::{Invocation, Outcome, Request, Response, command, request};
use crate::{concurrent::Fault, differential::export_names, wasi_async};

/// Seconds that code may run.
const SECONDS: u64 = 60;

/// What a component is for WASI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `wasi:cli/run`, of 0.2 or of 0.3.
    Command { asynchronous: bool },
    /// `wasi:http/incoming-handler@0.2` or `wasi:http/handler@0.3`.
    Service { asynchronous: bool },
}

/// What `component` is for WASI, by what it exports.
pub(super) fn kind(component: &[u8]) -> Option<Kind> {
    let names = export_names(component).ok()?;
    names.iter().find_map(|name| {
        let (interface, version) = name.split_once('@')?;
        let asynchronous = version.starts_with("0.3");
        match interface {
            "wasi:cli/run" => Some(Kind::Command { asynchronous }),
            "wasi:http/incoming-handler" | "wasi:http/handler" => Some(Kind::Service { asynchronous }),
            _ => None,
        }
    })
}

pub(super) fn compare(kind: Kind, original: &[u8], fused: &[u8], calls: &Calls) -> Result<Verdict, Incomparable> {
    let (host, at) = match kind {
        Kind::Command { .. } => ("wasi-command", "run"),
        Kind::Service { .. } => ("wasi-http", "GET /"),
    };
    let run = |bytes: &[u8]| match kind {
        Kind::Command { asynchronous } => run_command(bytes, asynchronous, calls),
        Kind::Service { asynchronous } => run_service(bytes, asynchronous),
    };
    let (expected, found) = (run(original)?, run(fused)?);
    let same_trap = match (&expected.backtrace, &found.backtrace) {
        (Some(expected), Some(found)) => crate::trap::same_trap(crate::trap::cause(expected), found),
        _ => false,
    };
    let same = expected == found || same_trap && expected.host == found.host;
    let difference = (!same).then(|| Difference { at: at.to_owned(), original: expected, fused: found });
    Ok(Verdict { host, calls: 1, host_calls: 0, seed: calls.seed, stopped: None, difference })
}

fn run_command(bytes: &[u8], asynchronous: bool, calls: &Calls) -> Result<Behaviour, Incomparable> {
    let args: Vec<&str> = calls.args.iter().map(String::as_str).collect();
    let env: Vec<(&str, &str)> = calls.env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let outcome = if asynchronous {
        let invocation = wasi_async::Invocation { args: &args, env: &env, stdin: "" };
        match wasi_async::command(bytes, invocation, SECONDS) {
            Ok(outcome) => outcome,
            Err(Fault::Unfit(why)) => return Err(Incomparable::Host(why)),
            Err(fault) => return Ok(fault.into()),
        }
    } else {
        let folder = tempfile::tempdir().map_err(|error| Incomparable::Host(error.to_string()))?;
        let invocation = Invocation { args: &args, env: &env, folder: folder.path() };
        command(bytes, invocation).map_err(|error| Incomparable::Host(format!("{error:?}")))?
    };
    let Outcome { end, stdout, stderr } = outcome;
    let behaviour = match end {
        Ok(code) => Behaviour::of(format!("exits with {code}")),
        Err(trap) => Behaviour::trap(&trap),
    };
    Ok(Behaviour { host: vec![format!("stdout: {stdout}"), format!("stderr: {stderr}")], ..behaviour })
}

fn run_service(bytes: &[u8], asynchronous: bool) -> Result<Behaviour, Incomparable> {
    let asked = Request { method: "GET", target: "/", headers: &[], body: b"" };
    let answer = if asynchronous {
        match wasi_async::request(bytes, asked, SECONDS) {
            Ok(answer) => answer,
            Err(Fault::Unfit(why)) => return Err(Incomparable::Host(why)),
            Err(fault) => return Ok(fault.into()),
        }
    } else {
        request(bytes, asked).map_err(|error| Incomparable::Host(format!("{error:?}")))?
    };
    Ok(match answer {
        Ok(Response { status, headers, body }) => {
            let mut host: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
            host.push(String::from_utf8_lossy(&body).into_owned());
            Behaviour { host, ..Behaviour::of(format!("answers with {status}")) }
        }
        Err(why) => Behaviour::trap(&why),
    })
}
