//! A fused module, read for people.
//!
//! In: the bytes of a core module, or of a component with core modules inside. Out: functions with their names and places, and the source
//! of an address by DWARF. Places are offsets in the file, as backtraces have them.

use super::boundaries::Known;
use addr2line::Context;
use addr2line::gimli::{Dwarf, EndianSlice, LittleEndian, SectionId};
use anyhow::{Result, bail};
use meld_core::provenance;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use wasmparser::{KnownCustom, Name, Parser, Payload, TypeRef};

type Slice<'a> = EndianSlice<'a, LittleEndian>;

/// A core module.
pub(super) struct FusedModule<'a> {
    /// The functions that it defines.
    pub(super) functions: Vec<Function>,
    imported: u32,
    /// Where the contents of its code section begin in the file.
    code: u64,
    lines: Context<Slice<'a>>,
    /// What the module says of itself, if it does.
    pub(super) provenance: Option<Known>,
}

/// A function.
pub(super) struct Function {
    pub(super) index: u32,
    pub(super) name: Option<String>,
    /// Where its body is in the file.
    pub(super) range: Range<u64>,
    /// Where its first instruction is.
    first: u64,
}

/// A module while it is read.
#[derive(Default)]
struct Reading<'a> {
    imported: u32,
    code: u64,
    bodies: Vec<(Range<u64>, u64)>,
    names: BTreeMap<u32, &'a str>,
    customs: BTreeMap<&'a str, &'a [u8]>,
}

impl<'a> FusedModule<'a> {
    /// The modules in `bytes` that have code.
    pub(super) fn read_all(bytes: &'a [u8]) -> Result<Vec<FusedModule<'a>>> {
        let mut modules = Vec::new();
        let mut open: Vec<Option<Reading<'a>>> = Vec::new();
        for payload in Parser::new(0).parse_all(bytes) {
            let payload = payload?;
            match payload {
                Payload::Version { encoding, .. } => {
                    open.push((encoding == wasmparser::Encoding::Module).then(Reading::default));
                    continue;
                }
                Payload::End(_) => {
                    if let Some(Some(reading)) = open.pop()
                        && !reading.bodies.is_empty()
                    {
                        modules.push(reading.finish()?);
                    }
                    continue;
                }
                _ => {}
            }
            if let Some(Some(reading)) = open.last_mut() {
                reading.take(payload)?;
            }
        }
        if modules.is_empty() {
            bail!("there is no code in the file");
        }
        Ok(modules)
    }

    /// The function whose body an address is in.
    pub(super) fn at(&self, address: u64) -> Option<&Function> {
        self.functions.iter().find(|function| function.range.contains(&address))
    }

    /// The position of a function among those that are defined.
    pub(super) fn defined(&self, function: &Function) -> usize {
        (function.index - self.imported) as usize
    }

    /// The address of the first instruction of a function.
    pub(super) fn first_address(&self, function: &Function) -> u64 {
        function.first
    }

    /// The source of an address, the innermost inlined function first: functions and places.
    pub(super) fn source(&self, address: u64) -> Result<Vec<(Option<String>, String)>> {
        let mut source = Vec::new();
        let mut frames = self.lines.find_frames(address - self.code).skip_all_loads()?;
        while let Some(frame) = frames.next()? {
            let Some(location) = frame.location else { continue };
            let Some(file) = location.file else { continue };
            let place = [location.line, location.column]
                .into_iter()
                .flatten()
                .fold(file.to_owned(), |place, number| format!("{place}:{number}"));
            let function = frame.function.map(|function| match function.demangle() {
                Ok(name) => name.into_owned(),
                Err(_) => String::from_utf8_lossy(function.name.slice()).into_owned(),
            });
            source.push((function, place));
        }
        Ok(source)
    }
}

impl<'a> Reading<'a> {
    fn take(&mut self, payload: Payload<'a>) -> Result<()> {
        match payload {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    self.imported += u32::from(matches!(import?.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)));
                }
            }
            Payload::CodeSectionStart { unchecked_range, .. } => self.code = unchecked_range.start,
            Payload::CodeSectionEntry(body) => {
                let first = body.get_operators_reader()?.original_position();
                self.bodies.push((body.range(), first));
            }
            Payload::CustomSection(section) => {
                if let KnownCustom::Name(names) = section.as_known() {
                    for name in names.into_iter().map_while(Result::ok) {
                        if let Name::Function(names) = name {
                            let names = names.into_iter().map_while(Result::ok);
                            self.names.extend(names.map(|naming| (naming.index, naming.name)));
                        }
                    }
                }
                self.customs.insert(section.name(), section.data());
            }
            _ => {}
        }
        Ok(())
    }

    fn finish(self) -> Result<FusedModule<'a>> {
        let Reading { imported, code, bodies, names, customs } = self;
        let load = |id: SectionId| -> addr2line::gimli::Result<Slice<'a>> {
            Ok(EndianSlice::new(customs.get(id.name()).copied().unwrap_or_default(), LittleEndian))
        };
        let lines = Context::from_dwarf(Dwarf::load(load)?)?;
        let functions = (imported..).zip(bodies).map(|(index, (range, first))| Function {
            index,
            name: names.get(&index).map(|name| (*name).to_owned()),
            range,
            first,
        });
        // A section that cannot be read says nothing.
        let provenance = customs.get(provenance::SECTION).and_then(|json| Known::read(json).ok());
        Ok(FusedModule { functions: functions.collect(), imported, code, lines, provenance })
    }
}

impl Function {
    /// The name, demangled.
    pub(super) fn shown(&self) -> String {
        let Some(name) = &self.name else { return "it has no name".to_owned() };
        if let Ok(name) = rustc_demangle::try_demangle(name) {
            return format!("{name:#}");
        }
        let symbol = cpp_demangle::Symbol::new(name).ok().and_then(|symbol| symbol.demangle().ok());
        symbol.unwrap_or_else(|| name.clone())
    }

    /// Whether this is its name, with or without the path of its instance.
    pub(super) fn is_called(&self, what: &str) -> bool {
        let Some(name) = &self.name else { return false };
        name == what || name.rsplit_once("::").is_some_and(|(_, name)| name == what) || self.shown() == what
    }

    /// Whether this is a part of its name.
    pub(super) fn may_be_called(&self, what: &str) -> bool {
        self.name.as_ref().is_some_and(|name| name.contains(what)) || self.shown().contains(what)
    }

    /// Where it comes from, as far as its name says: anyone may have given it.
    pub(super) fn origin(&self) -> Option<String> {
        let name = self.name.as_deref()?;
        let words: Vec<&str> = name.split(' ').collect();
        let sides = |sides: &str| sides.split_once("->").map(|(from, to)| (from.to_owned(), to.to_owned()));
        let origin: Option<Cow<'_, str>> = match *words {
            ["adapter", function, between] => sides(between).map(|(caller, callee)| {
                format!("the adapter for calls of `{function}` of {callee} by {caller}").into()
            }),
            ["shim" | "edge", function, between] => sides(between).map(|(caller, callee)| {
                format!("the adapter for calls of `{function}` of {callee} by {caller}").into()
            }),
            ["memory.copy" | "memory.fill" | "memory.init", ..] => {
                Some("made by meld: what takes the place of an instruction in one memory".into())
            }
            _ if name.starts_with("cabi-trap:") => Some("what traps where the canonical ABI says so".into()),
            _ if name.starts_with("runtime/") => Some("of the runtime of meld, which adapters use".into()),
            _ => match name.rsplit_once("::") {
                Some((path, _)) if !name.starts_with('_') => Some(format!("of the core instance {path}").into()),
                _ => name.split_once('.').map(|(_, path)| format!("of the core instance {path}").into()),
            },
        };
        origin.map(|origin| format!("{origin}, as its name says"))
    }
}
