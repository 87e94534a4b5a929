//! What the fusion knows.
//!
//! In: the JSON that `meld fuse --report` or `--provenance` writes, or that `--embed-provenance` puts into a module. Out: calls between components,
//! in words, and where functions come from.

use anyhow::Result;
use serde::Deserialize;
use std::fmt;

/// A report or a provenance, as far as it is of use here.
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
    /// Index of the function that is called.
    target: Option<u32>,
    adapter_bytes: u64,
}

/// A function that the module defines.
#[derive(Deserialize)]
struct KnownFunction {
    kind: String,
    instance: Option<String>,
    /// Size of its body: a report says it.
    bytes: Option<u64>,
    /// Where its body is: a provenance says it.
    code: Option<(u64, u64)>,
    original: Option<KnownOriginal>,
}

/// What a function is in the input.
#[derive(Deserialize)]
struct KnownOriginal {
    index: u32,
    code: (u64, u64),
}

impl Known {
    pub(super) fn read(json: &[u8]) -> Result<Self> {
        Ok(serde_json::from_slice(json)?)
    }

    pub(super) fn has_functions(&self) -> bool {
        !self.functions.is_empty()
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

    /// Boundaries for which the function of this index is called.
    pub(super) fn of_function(&self, index: u32) -> impl Iterator<Item = &KnownBoundary> {
        self.boundaries.iter().filter(move |boundary| boundary.target == Some(index))
    }

    /// Whether this is about the module whose bodies have these sizes.
    pub(super) fn is_about(&self, mut sizes: impl ExactSizeIterator<Item = u64>) -> bool {
        let size = |function: &KnownFunction| function.bytes.or(function.code.map(|(start, end)| end - start));
        self.functions.len() == sizes.len() && self.functions.iter().all(|function| size(function) == sizes.next())
    }

    /// Where the function at this position among those that the module defines comes from.
    pub(super) fn function(&self, position: usize) -> Option<String> {
        let function = self.functions.get(position)?;
        let mut text = match (&*function.kind, &function.instance) {
            (_, Some(instance)) => format!("of the core instance {instance}"),
            ("adapter", None) => "an adapter, which meld made".to_owned(),
            ("runtime", None) => "of the runtime of meld, which adapters use".to_owned(),
            _ => "made by meld: a trap, or what instantiation does".to_owned(),
        };
        if let Some(KnownOriginal { index, code: (start, end) }) = &function.original {
            text.push_str(&format!("; in its core module function {index}, at {start:#x} to {end:#x}"));
        }
        Some(text)
    }
}

/// A component instance, as names of adapters have it.
fn side(path: &str) -> &str {
    if path.is_empty() { "root" } else { path }
}

impl fmt::Display for KnownBoundary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let KnownBoundary { caller, callee, function, lowering, adapter_bytes, .. } = self;
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
