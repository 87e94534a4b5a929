//! Line programs with a row for each instruction, written and read.
//!
//! In: a component. Out: the same with debug information in each of its core modules, and the names of the instructions by file and
//! line; and of a core module, its instructions with their lines.

use gimli::write::{Address, AttributeValue, EndianVec, LineProgram, LineString, Range, RangeList, Unit};
use gimli::{Encoding, EndianSlice, Format, LineEncoding, LittleEndian, constants};
use std::collections::BTreeMap;
use wasm_encoder::reencode::{self, Reencode, ReencodeComponent};
use wasm_encoder::{Component, CustomSection, Module, ModuleSection};
use wasmparser::{FunctionBody, Operator, Parser, Payload};

/// The component with rows; and the names of instructions, by file, which is a module, and by line. Behind the last instruction of a function
/// there is a line without one.
pub(crate) fn with_rows(component: &[u8], version: u16) -> (Vec<u8>, Vec<Vec<String>>) {
    let mut with = WithRows { version, files: Vec::new() };
    let mut out = Component::new();
    with.parse_component(&mut out, Parser::new(0), component).expect("what is valid is read");
    (out.finish(), with.files)
}

struct WithRows {
    version: u16,
    files: Vec<Vec<String>>,
}

impl Reencode for WithRows {
    type Error = std::convert::Infallible;
}

impl ReencodeComponent for WithRows {
    fn parse_component_submodule(
        &mut self,
        component: &mut Component,
        parser: Parser,
        bytes: &[u8],
    ) -> Result<(), reencode::Error<Self::Error>> {
        self.push_depth();
        let mut module = Module::new();
        reencode::utils::parse_core_module(self, &mut module, parser, bytes)?;
        let lines = lines(module.as_slice());
        for (name, data) in dwarf(module.as_slice(), self.files.len(), self.version) {
            module.section(&CustomSection { name: name.into(), data: data.into() });
        }
        self.files.push(lines);
        component.section(&ModuleSection(&module));
        self.pop_depth();
        Ok(())
    }
}

/// Where the contents of the code section are, and the bodies.
fn bodies(module: &[u8]) -> (u64, Vec<FunctionBody<'_>>) {
    let (mut start, mut bodies) = (0, Vec::new());
    for payload in Parser::new(0).parse_all(module) {
        match payload.expect("what is valid is read") {
            Payload::CodeSectionStart { unchecked_range, .. } => start = unchecked_range.start,
            Payload::CodeSectionEntry(body) => bodies.push(body),
            _ => {}
        }
    }
    (start, bodies)
}

/// Instructions and where they are.
fn operators<'a>(body: &FunctionBody<'a>) -> Vec<(Operator<'a>, u64)> {
    let reader = body.get_operators_reader().expect("what is valid is read");
    reader.into_iter_with_offsets().collect::<Result<_, _>>().expect("what is valid is read")
}

/// The name of an instruction: what it does, and what of it does not depend on indices.
fn name(operator: &Operator<'_>) -> String {
    match operator {
        Operator::I32Const { value } => format!("i32_const {value}"),
        Operator::I64Const { value } => format!("i64_const {value}"),
        Operator::LocalGet { local_index } => format!("local_get {local_index}"),
        Operator::LocalSet { local_index } => format!("local_set {local_index}"),
        other => {
            let debug = format!("{other:?}");
            let variant: String = debug.chars().take_while(|c| c.is_ascii_alphanumeric()).collect();
            match variant.as_str() {
                "CallIndirect" | "ReturnCallIndirect" => "call_indirect".to_owned(),
                "MemorySize" | "MemoryGrow" | "MemoryCopy" | "MemoryFill" | "MemoryInit" => format!("memory_{variant}"),
                "GlobalGet" | "GlobalSet" => format!("global_{variant}"),
                _ => variant,
            }
        }
    }
}

/// The names of a module's instructions. There is no line 0.
fn lines(module: &[u8]) -> Vec<String> {
    let mut lines = vec![String::new()];
    for body in bodies(module).1 {
        lines.extend(operators(&body).iter().map(|(operator, _)| name(operator)));
        lines.push(String::new());
    }
    lines
}

/// The debug information of a module, which is the file `file`.
fn dwarf(module: &[u8], file: usize, version: u16) -> Vec<(&'static str, Vec<u8>)> {
    let encoding = Encoding { format: Format::Dwarf32, version, address_size: 4 };
    let mut dwarf = gimli::write::Dwarf::new();
    // Version 5 has three places for names of files.
    let mut string = |text: String| match (version, file % 3) {
        (5, 1) => LineString::StringRef(dwarf.strings.add(text)),
        (5, 2) => LineString::LineStringRef(dwarf.line_strings.add(text)),
        _ => LineString::String(text.into_bytes()),
    };
    let name = file.to_string();
    let mut program =
        LineProgram::new(encoding, LineEncoding::default(), string("/".into()), None, string(name.clone()), None);
    let directory = program.default_directory();
    let id = program.add_file(string(name.clone()), directory, None);
    let (start, bodies) = bodies(module);
    let mut line = 1;
    let mut functions = Vec::new();
    for body in &bodies {
        let range = body.range().start - start..body.range().end - start;
        program.begin_sequence(Some(Address::Constant(range.start)));
        for (_, offset) in operators(body) {
            let row = program.row();
            (row.address_offset, row.file, row.line) = (offset - start - range.start, id, line);
            program.generate_row();
            line += 1;
        }
        line += 1;
        program.end_sequence(range.end - range.start);
        functions.push(range);
    }
    let unit = dwarf.units.add(Unit::new(encoding, program));
    let unit = dwarf.units.get_mut(unit);
    let ranges = functions
        .iter()
        .map(|range| Range::StartLength { begin: Address::Constant(range.start), length: range.end - range.start });
    let ranges = unit.ranges.add(RangeList(ranges.collect()));
    let root = unit.root();
    unit.get_mut(root).set(constants::DW_AT_name, AttributeValue::String(name.into_bytes()));
    unit.get_mut(root).set(constants::DW_AT_low_pc, AttributeValue::Address(Address::Constant(0)));
    unit.get_mut(root).set(constants::DW_AT_ranges, AttributeValue::RangeListRef(ranges));
    for range in functions {
        let entry = unit.add(root, constants::DW_TAG_subprogram);
        unit.get_mut(entry).set(constants::DW_AT_low_pc, AttributeValue::Address(Address::Constant(range.start)));
        unit.get_mut(entry).set(constants::DW_AT_high_pc, AttributeValue::Udata(range.end - range.start));
    }
    let mut sections = gimli::write::Sections::new(EndianVec::new(LittleEndian));
    dwarf.write(&mut sections).expect("what is made here is written");
    let mut customs = Vec::new();
    sections
        .for_each(|id, data| -> gimli::Result<()> {
            if !data.slice().is_empty() {
                customs.push((id.name(), data.slice().to_vec()));
            }
            Ok(())
        })
        .expect("nothing fails");
    customs
}

/// An instruction of the output.
#[derive(Debug)]
pub(crate) struct Instruction {
    pub(crate) name: String,
    /// Its file and line.
    pub(crate) line: Option<(usize, usize)>,
}

/// A core module with lines.
pub(crate) struct Output {
    /// The instructions of each function that has lines, to its end.
    pub(crate) functions: Vec<Vec<Instruction>>,
}

impl Output {
    /// Reads a module. It is an error if the ranges in its debug information are not those of functions.
    pub(crate) fn read(module: &[u8]) -> Result<Output, String> {
        let mut customs: BTreeMap<&str, &[u8]> = BTreeMap::new();
        for payload in Parser::new(0).parse_all(module) {
            if let Payload::CustomSection(section) = payload.map_err(|error| error.to_string())? {
                customs.insert(section.name(), section.data());
            }
        }
        let load = |id: gimli::SectionId| -> gimli::Result<_> {
            Ok(EndianSlice::new(customs.get(id.name()).copied().unwrap_or_default(), LittleEndian))
        };
        let dwarf = gimli::Dwarf::load(load).map_err(|error| error.to_string())?;
        // By address: a line, or the end of lines.
        let mut rows: BTreeMap<u64, Option<(usize, usize)>> = BTreeMap::new();
        let mut ranges = Vec::new();
        let mut read = || -> gimli::Result<()> {
            let mut units = dwarf.units();
            while let Some(header) = units.next()? {
                let unit = dwarf.unit(header)?;
                let mut entries = unit.entries();
                while let Some(entry) = entries.next_dfs()? {
                    let mut found = dwarf.die_ranges(&unit, entry)?;
                    while let Some(range) = found.next()? {
                        ranges.push(range);
                    }
                }
                let Some(name) = &unit.name else { continue };
                let file: Option<usize> = String::from_utf8_lossy(name.slice()).parse().ok();
                let Some((program, file)) = unit.line_program.clone().zip(file) else { continue };
                let mut lines = program.rows();
                while let Some((_, row)) = lines.next_row()? {
                    let line = row.line().filter(|_| !row.end_sequence()).map(|line| (file, line.get() as usize));
                    match line {
                        // A sequence may begin where another ends.
                        None => _ = rows.entry(row.address()).or_insert(None),
                        Some(_) => _ = rows.insert(row.address(), line),
                    }
                }
            }
            Ok(())
        };
        read().map_err(|error| error.to_string())?;
        let (start, bodies) = bodies(module);
        let is_body = |range: &gimli::Range| {
            bodies.iter().any(|body| (body.range().start - start..body.range().end - start) == (range.begin..range.end))
        };
        // What is not in the output has the address that linkers give to such functions.
        ranges.retain(|range| range.begin != u64::from(u32::MAX));
        if let Some(range) = ranges.iter().find(|range| !is_body(range)) {
            return Err(format!("{range:?} is no function"));
        }
        let line = |offset: u64| rows.range(..=offset - start).next_back().and_then(|(_, line)| *line);
        let functions = bodies.iter().map(|body| {
            let instruction =
                |(operator, offset): (Operator<'_>, u64)| Instruction { name: name(&operator), line: line(offset) };
            operators(body).into_iter().map(instruction).collect()
        });
        Ok(Output { functions: functions.collect() })
    }
}

/// The core modules of a component that have debug information.
pub(crate) fn modules(component: &[u8]) -> Vec<Vec<u8>> {
    let mut modules = Vec::new();
    for payload in Parser::new(0).parse_all(component) {
        if let Payload::ModuleSection { unchecked_range, .. } = payload.expect("what is valid is read") {
            let bytes = &component[unchecked_range.start as usize..unchecked_range.end as usize];
            let has_lines = |payload: Result<Payload<'_>, _>| matches!(payload, Ok(Payload::CustomSection(section)) if section.name() == ".debug_line");
            if Parser::new(0).parse_all(bytes).any(has_lines) {
                modules.push(bytes.to_vec());
            }
        }
    }
    modules
}
