//! Inputs that are no components, but something that people have at hand beside them.
//!
//! In: the bytes of an input. Out: what they are, where they are something known, with the way to a component in its text.
//! Bytes are looked at only where they are no component: by their first bytes, by the sections of a core module, and text
//! by its first declaration. A component that only holds WIT is one that has the section in which WIT packages say so.

use std::fmt;
use wasmparser::{Encoding, KnownCustom, Parser, Payload};

/// Something that is no component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Foreign {
    /// Compressed by gzip.
    Gzip,
    /// Compressed by zstd.
    Zstd,
    /// A zip archive.
    Zip,
    /// An ELF file, such as wasmtime's precompiled modules and components are.
    Elf,
    /// A document in WIT.
    WitText,
    /// A composition in WAC.
    Wac,
    /// A component in the binary format that holds a WIT package and no code.
    WitPackage,
    /// A core module that meld has made.
    FusedModule,
    /// A core module that imports functions of WASI 0.1.
    Wasip1,
    /// A core module that does not say its world in a `component-type` section.
    CoreModule,
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "compressed by gzip; decompress it first (`gunzip`)",
            Self::Zstd => "compressed by zstd; decompress it first (`unzstd`)",
            Self::Zip => "a zip archive; give the component that is inside",
            Self::Elf => {
                "an ELF file: native code, as `wasmtime compile` writes it; give the component that it was compiled from"
            }
            Self::WitText => {
                "a document in WIT, which describes components and is none; give a component that was built against it"
            }
            Self::Wac => {
                "a composition in WAC; compose it with `wac compose` and give the result, or give the components that it \
                 names: they are linked by the names of their imports and exports"
            }
            Self::WitPackage => {
                "a WIT package in the binary format, which describes components and has no code; give a component that was \
                 built against it"
            }
            Self::FusedModule => {
                "a core module that meld has fused already; give the components that it was made of, or a component that \
                 meld made of them"
            }
            Self::Wasip1 => {
                "a core module that imports WASI 0.1 (`wasi_snapshot_preview1`), not a component; build it for `wasm32-wasip2`, \
                 or make a component of it first, with an adapter for `wasi_snapshot_preview1`"
            }
            Self::CoreModule => {
                "a core module, and has no `component-type` section that says its world; embed one with a binding \
                 generator or `wasm-tools component embed`, then make a component of it"
            }
        })
    }
}

/// What bytes are that do not begin like WebAssembly, binary or text.
pub(crate) fn unlike_wasm(bytes: &[u8]) -> Option<Foreign> {
    match bytes {
        [0x1f, 0x8b, ..] => Some(Foreign::Gzip),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Foreign::Zstd),
        [b'P', b'K', 3, 4, ..] => Some(Foreign::Zip),
        [0x7f, b'E', b'L', b'F', ..] => Some(Foreign::Elf),
        _ => text(std::str::from_utf8(bytes).ok()?),
    }
}

/// WIT and WAC begin with the same declaration. Composing is what only WAC can do.
fn text(text: &str) -> Option<Foreign> {
    let text = without_comments(text);
    let word = |word: &str| text.split(|c: char| !c.is_alphanumeric() && c != '-').any(|found| found == word);
    let first = text.split_whitespace().next()?;
    if word("let") && word("new") {
        return Some(Foreign::Wac);
    }
    let declares =
        ["package", "interface", "world", "@since", "@unstable"].iter().any(|known| first.starts_with(known));
    (declares && text.contains([';', '{'])).then_some(Foreign::WitText)
}

fn without_comments(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("//").into_iter().chain(rest.find("/*")).min() {
        kept.push_str(&rest[..start]);
        let (end, len) = if rest[start..].starts_with("//") { ("\n", 1) } else { ("*/", 2) };
        rest = rest[start..].find(end).map_or("", |found| &rest[start + found + len..]);
        kept.push(' ');
    }
    kept + rest
}

/// A WebAssembly binary that is no component with code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recognized {
    /// A core module that says its world in a `component-type` section: it can be made a component.
    TypedModule,
    /// Anything else.
    Foreign(Foreign),
}

/// What a WebAssembly binary is, if it is no component with code. Whatever cannot be read is left to the validator.
pub(crate) fn binary(bytes: &[u8]) -> Option<Recognized> {
    let mut module = false;
    let mut found = Foreign::CoreModule;
    let mut typed = false;
    let mut says_wit = false;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.ok()? {
            Payload::Version { encoding: Encoding::Module, .. } => module = true,
            // Code inside: whatever sections say, there is something to fuse.
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => return None,
            Payload::ImportSection(section) if module => {
                let mut imports = section.into_imports().map_while(Result::ok);
                if found == Foreign::CoreModule && imports.any(|import| import.module == "wasi_snapshot_preview1") {
                    found = Foreign::Wasip1;
                }
            }
            Payload::CustomSection(section) => match section.as_known() {
                KnownCustom::Producers(fields) if module => {
                    let mut values = fields.into_iter().map_while(Result::ok).flat_map(|field| field.values);
                    if values.any(|value| value.is_ok_and(|value| value.name == "meld")) {
                        found = Foreign::FusedModule;
                    }
                }
                _ if module && section.name().starts_with("component-type") => typed = true,
                _ => says_wit |= !module && section.name() == "wit-component-encoding",
            },
            _ => {}
        }
    }
    match (module, typed, found) {
        (true, true, Foreign::CoreModule) => Some(Recognized::TypedModule),
        (true, ..) => Some(Recognized::Foreign(found)),
        (false, ..) => says_wit.then_some(Recognized::Foreign(Foreign::WitPackage)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn magic_numbers_and_text() {
        for (bytes, expected) in [
            (&b"\x1f\x8b\x08\0"[..], Some(Foreign::Gzip)),
            (b"\x28\xb5\x2f\xfd\x04", Some(Foreign::Zstd)),
            (b"PK\x03\x04", Some(Foreign::Zip)),
            (b"\x7fELF\x02", Some(Foreign::Elf)),
            (b"package a:b;\nworld w {}", Some(Foreign::WitText)),
            (b"// let x = new y;\n/* new */ package a:b@1.0.0;\ninterface i { f: func(); }", Some(Foreign::WitText)),
            (b"interface i { f: func(); }", Some(Foreign::WitText)),
            (b"package a:b;\nlet x = new c:d { ... };\nexport x...;", Some(Foreign::Wac)),
            (b"hello", None),
            (b"package", None),
            (b"\xff\xfe", None),
            (b"", None),
        ] {
            assert_eq!(unlike_wasm(bytes), expected, "{}", String::from_utf8_lossy(bytes));
        }
    }
}
