//! What the report of a fusion knows.
//!
//! In: the JSON that `meld fuse --report` writes. Out: calls between components, in words, and where functions come from.

use anyhow::Result;
use serde::Deserialize;
use std::fmt;

/// A report, as far as it is of use here.
#[derive(Default, Deserialize)]
pub(super) struct Known {
    boundaries: Vec<KnownBoundary>,
    #[serde(default)]
    functions: Vec<KnownFunction>,
}

/// A lowered function or built-in that a component imports.
#[derive(Deserialize)]
pub(super) struct KnownBoundary {
    caller: String,
    callee: Option<String>,
    function: String,
    lowering: String,
    adapter_bytes: u64,
}

/// A function that the module defines.
#[derive(Deserialize)]
struct KnownFunction {
    kind: String,
    instance: Option<String>,
}

impl Known {
    pub(super) fn read(json: &[u8]) -> Result<Self> {
        Ok(serde_json::from_slice(json)?)
    }

    pub(super) fn is_there(&self) -> bool {
        !self.boundaries.is_empty() || !self.functions.is_empty()
    }

    /// Boundaries with `part` in the name of the function or of a side.
    pub(super) fn boundaries(&self, part: &str) -> Vec<&KnownBoundary> {
        let has = |name: &str| name.contains(part);
        let fits = |boundary: &&KnownBoundary| {
            has(&boundary.function) || has(&boundary.caller) || boundary.callee.as_deref().is_some_and(has)
        };
        self.boundaries.iter().filter(fits).collect()
    }

    /// Boundaries that the adapter of this name is for: `adapter FUNCTION CALLER->CALLEE`.
    pub(super) fn of_adapter(&self, name: &str) -> Vec<&KnownBoundary> {
        let is_its = |boundary: &&KnownBoundary| {
            let sides = format!("{}->{}", side(&boundary.caller), side(boundary.callee.as_deref().unwrap_or("host")));
            name == format!("adapter {} {sides}", boundary.function)
        };
        self.boundaries.iter().filter(is_its).collect()
    }

    /// Where the function at this position among those that the module defines comes from.
    pub(super) fn function(&self, position: usize) -> Option<String> {
        let function = self.functions.get(position)?;
        Some(match (&*function.kind, &function.instance) {
            (_, Some(instance)) => format!("of the core instance {instance}"),
            ("adapter", None) => "an adapter, which meld made".to_owned(),
            ("runtime", None) => "of the runtime of meld, which adapters use".to_owned(),
            _ => "made by meld: a trap, or what instantiation does".to_owned(),
        })
    }
}

/// A component instance, as names of adapters have it.
fn side(path: &str) -> &str {
    if path.is_empty() { "root" } else { path }
}

impl fmt::Display for KnownBoundary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let KnownBoundary { caller, callee, function, lowering, adapter_bytes } = self;
        let what = match &**lowering {
            "direct" => "a plain call, because nothing has to be converted",
            "scalar" => {
                "an adapter that checks numbers, keeps a flag or calls post-return, because no memory is needed"
            }
            "copy" => "an adapter that copies lists or spilled values from memory to memory",
            "copy-string" => "an adapter that copies strings, because both sides encode them alike",
            "transcode" => "an adapter that transcodes strings, because the sides encode them differently",
            "handles" => "an adapter that moves handles from one table to another",
            "host" => "a call of the host as it is",
            "host-adapter" => "a call of the host through an adapter that converts handles or keeps a flag",
            "builtin" => "a built-in of the canonical ABI, which the module carries out",
            "trap" => "a call that always traps, as in the input",
            "dead" => "in no code that is reachable, and not in the result",
            "kept" => "kept as it is in the input",
            other => other,
        };
        match callee {
            Some(callee) => write!(f, "{} calls `{function}` of {}", side(caller), side(callee))?,
            None => write!(f, "{} calls `{function}`", side(caller))?,
        }
        write!(f, ": {lowering}, {what}")?;
        match adapter_bytes {
            0 => Ok(()),
            bytes => write!(f, "; {bytes} bytes"),
        }
    }
}
