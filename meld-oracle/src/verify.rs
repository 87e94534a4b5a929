//! Whether a fused artifact behaves as its original does.
//!
//! In: the bytes of both, and what to call. Out: a [`Verdict`]: how much was compared, and the first [`Difference`]. A core module is
//! made a component first, by the `component-type` section that it has. What is compared: results, whether a call traps and of which
//! kind, and every call of the host with its arguments, in order. Who the host is depends on the world: a command or a service of
//! WASI runs under wasmtime's WASI; anything else under a host that satisfies any import and answers by the seed ([`crate::host`]).

mod invoke;
mod recorded;
mod wasi;
mod wave;

use crate::concurrent::Fault;
use crate::host::NoStart;
use meld_core::Componentizer;
use serde::Serialize;
use wasmparser::Parser;

/// What to call, and how.
#[derive(Debug, Clone)]
pub struct Calls {
    /// Calls in WAVE, such as `words#split("a b")`. If there are none, calls are made up.
    pub invoke: Vec<String>,
    /// What answers and made-up arguments depend on.
    pub seed: u64,
    /// How often every function is called with made-up arguments.
    pub rounds: usize,
    /// Arguments of a WASI command, the program's name first.
    pub args: Vec<String>,
    /// Environment variables of a WASI command.
    pub env: Vec<(String, String)>,
}

impl Default for Calls {
    fn default() -> Self {
        Calls { invoke: Vec::new(), seed: 0, rounds: 20, args: vec!["program".to_owned()], env: Vec::new() }
    }
}

/// What came of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Who the host was: `recorded`, `wasi-command` or `wasi-http`.
    pub host: &'static str,
    /// How many calls were compared.
    pub calls: usize,
    /// How many calls of the host they made.
    pub host_calls: usize,
    /// The seed that calls and answers depend on.
    pub seed: u64,
    /// The call at which the fused artifact ran out of the time that it has: nothing was compared from there on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// The first difference. `None` if both behave the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<Difference>,
}

/// How the two differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Where: a call in WAVE, or the start.
    pub at: String,
    /// What the original does.
    pub original: Behaviour,
    /// What the fused artifact does.
    pub fused: Behaviour,
}

/// What a form does in one call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Behaviour {
    /// The result, or the cause of a trap.
    pub outcome: String,
    /// What the host saw, in order; from the first event that differs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub host: Vec<String>,
    /// The text of the trap with its frames.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backtrace: Option<String>,
}

impl Behaviour {
    fn trap(text: &str) -> Self {
        let outcome = format!("traps: {}", crate::trap::cause(text));
        Behaviour { outcome, host: Vec::new(), backtrace: Some(text.to_owned()) }
    }

    fn of(outcome: impl Into<String>) -> Self {
        Behaviour { outcome: outcome.into(), host: Vec::new(), backtrace: None }
    }
}

/// Why nothing could be compared.
#[derive(Debug)]
pub enum Incomparable {
    /// One of the two is neither a component nor a core module that says its world.
    Artifact(&'static str, String),
    /// A call that was asked for is none of the original's.
    Call(String, String),
    /// The original does not run under this host, or nothing of it can be called.
    Host(String),
}

impl std::fmt::Display for Incomparable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Incomparable::Artifact(which, why) => write!(f, "cannot run the {which}: {why}"),
            Incomparable::Call(call, why) => write!(f, "cannot call `{call}`: {why}"),
            Incomparable::Host(why) => write!(f, "nothing of the original can be compared under this host: {why}"),
        }
    }
}

impl std::error::Error for Incomparable {}

/// Runs both with the same calls and compares.
///
/// # Errors
///
/// [`Incomparable`] if the original cannot be run so. That the fused artifact cannot be run where the original can is a difference.
pub fn verify(original: &[u8], fused: &[u8], calls: &Calls) -> Result<Verdict, Incomparable> {
    let original = component("original", original)?;
    let fused = component("fused artifact", fused)?;
    match wasi::kind(&original) {
        Some(kind) if calls.invoke.is_empty() => wasi::compare(kind, &original, &fused, calls),
        _ => recorded::compare(&original, &fused, calls),
    }
}

/// The artifact as a component.
fn component(which: &'static str, bytes: &[u8]) -> Result<Vec<u8>, Incomparable> {
    let bytes = wat::parse_bytes(bytes).map_err(|error| Incomparable::Artifact(which, error.to_string()))?;
    if !Parser::is_core_wasm(&bytes) {
        return Ok(bytes.into_owned());
    }
    let made = Componentizer::new(which, bytes.as_ref()).componentize();
    made.map_err(|error| Incomparable::Artifact(which, crate::error_chain(&error)))
}

impl From<NoStart> for Behaviour {
    fn from(why: NoStart) -> Self {
        match why {
            NoStart::Trap(trap) => Behaviour::trap(&trap.0),
            NoStart::Unfit(why) => Behaviour::of(format!("cannot be instantiated: {why}")),
        }
    }
}

impl From<Fault> for Behaviour {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Trap(text) => Behaviour::trap(&text),
            other => Behaviour::of(other.to_string()),
        }
    }
}
