//! The sections of a binary.
//!
//! In: a core module or a component. Out: name and size of each of its own sections; those of what is nested in it are not among them.

use serde_json::{Value, json};
use std::fmt;
use wasmparser::{BinaryReaderError, Parser, Payload};

/// A section.
pub(super) struct SectionSize {
    /// Its name in the specification; a custom section also has its own.
    name: String,
    /// Size of the contents, in bytes.
    bytes: usize,
}

impl SectionSize {
    pub(super) fn json(&self) -> Value {
        json!({ "name": self.name, "bytes": self.bytes })
    }
}

impl fmt::Display for SectionSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "section {}: {} bytes", self.name, self.bytes)
    }
}

/// The sections of `binary`, in order.
///
/// # Errors
///
/// The reader's, if `binary` is none.
pub(super) fn sections(binary: &[u8]) -> Result<Vec<SectionSize>, BinaryReaderError> {
    let mut sections = Vec::new();
    // Modules and components that are open inside of the outermost one.
    let mut nested = 0;
    for payload in Parser::new(0).parse_all(binary) {
        let payload = payload?;
        if nested == 0
            && let Some(section) = section(&payload)
        {
            sections.push(section);
        }
        match payload {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => nested += 1,
            // The last one is that of the outermost.
            Payload::End(_) if nested > 0 => nested -= 1,
            _ => {}
        }
    }
    Ok(sections)
}

fn section(payload: &Payload<'_>) -> Option<SectionSize> {
    let (id, range) = payload.as_section()?;
    let name = match payload {
        Payload::CustomSection(custom) => {
            return Some(SectionSize { name: format!("custom `{}`", custom.name()), bytes: custom.data().len() });
        }
        Payload::ModuleSection { .. } => "core module",
        Payload::InstanceSection(_) => "core instance",
        Payload::CoreTypeSection(_) => "core type",
        Payload::ComponentSection { .. } => "component",
        Payload::ComponentInstanceSection(_) => "instance",
        Payload::ComponentAliasSection(_) => "alias",
        Payload::ComponentTypeSection(_) => "type",
        Payload::ComponentCanonicalSection(_) => "canon",
        Payload::ComponentStartSection { .. } => "start",
        Payload::ComponentImportSection(_) => "import",
        Payload::ComponentExportSection(_) => "export",
        _ => core_section(id)?,
    };
    Some(SectionSize { name: name.to_owned(), bytes: (range.end - range.start) as usize })
}

/// The name of a section of a core module.
fn core_section(id: u8) -> Option<&'static str> {
    let names = [
        "custom",
        "type",
        "import",
        "function",
        "table",
        "memory",
        "global",
        "export",
        "start",
        "element",
        "code",
        "data",
        "data count",
        "tag",
    ];
    names.get(usize::from(id)).copied()
}
