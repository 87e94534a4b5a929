//! Where everything in a fused core module comes from, for certification and for tools.
//!
//! In: the inputs, the live module, what was emitted of it, and the report. Out: a [`Provenance`]: a value that serializes to the JSON that
//! `docs/provenance.md` describes, and for which `docs/provenance.schema.json` is the schema. It is as deterministic as the module, names no
//! path of a file, and says by hashes which bytes it is about.
//!
//! Rejected: the same in the report. Functions of a large composition are many, and who reads a report does not hash
//! ([ADR 57](../../docs/adr/0057-provenance-is-a-document-of-its-own.md)).

mod build;

use crate::report::{Area, Boundary, FunctionKind, MemoryReport};
use serde::Serialize;

pub(crate) use build::{build, digest};

/// Name of the custom section that holds a provenance, where one is asked for.
pub const SECTION: &str = "meld:provenance";

/// Where everything in a fused core module comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Provenance {
    /// [`Provenance::VERSION`].
    pub version: u32,
    /// The tool and its version.
    pub tool: Tool,
    /// The inputs, in their order.
    pub inputs: Vec<InputSource>,
    /// Hash of the contents of the code section that [`Provenance::functions`] is about.
    pub code_sha256: String,
    /// Every instance of a core module of the inputs, in the order of instantiation.
    pub modules: Vec<ModuleSource>,
    /// Every function that the fused module defines, in its order.
    pub functions: Vec<FunctionSource>,
    /// Every lowered function and built-in that a core instance imports, as in the report.
    pub boundaries: Vec<Boundary>,
    /// Every memory of the instantiated modules, as in the report.
    pub memories: Vec<MemoryReport>,
    /// The map of the one memory, as in the report; empty where there is no such memory.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub map: Vec<Area>,
}

/// A tool.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Tool {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

/// An input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct InputSource {
    /// What it is called, as in the report.
    pub name: String,
    /// How many bytes it has, as it was given: text is not translated first.
    pub bytes: usize,
    /// Hash of these bytes, in hexadecimal digits.
    pub sha256: String,
}

/// An instance of a core module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ModuleSource {
    /// Path of the core instance.
    pub instance: String,
    /// Path of the component instance that it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// How many bytes the core module has.
    pub bytes: usize,
    /// Hash of these bytes, in hexadecimal digits.
    pub sha256: String,
}

/// A function of the fused module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FunctionSource {
    /// Its index in the fused module.
    pub index: u32,
    /// Its name for people: the path of its instance comes first.
    pub name: String,
    /// Where it comes from.
    pub kind: FunctionKind,
    /// Where its body is in the fused module: offsets of the first byte and of the one after the last. The size in front of it does not count.
    pub code: (u64, u64),
    /// Path of the core instance of the input that it comes from; absent where it comes from none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// What it is in the core module of that instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original: Option<OriginalFunction>,
}

/// A function of a core module of the input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OriginalFunction {
    /// Its index in the module.
    pub index: u32,
    /// Where its body is in the module, as [`FunctionSource::code`] counts.
    pub code: (u64, u64),
}

impl Provenance {
    /// Changes when a field changes its meaning or goes away, not when one is added.
    pub const VERSION: u32 = 1;

    /// The provenance in JSON, in one line that ends in a line break.
    #[cfg(feature = "json")]
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string(self).expect("strings, numbers and lists have a form in JSON");
        json.push('\n');
        json
    }
}
