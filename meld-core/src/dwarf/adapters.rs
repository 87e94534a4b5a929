//! Lines of adapters.
//!
//! In: adapters, with their names and where the parts of their work begin. Out: a unit of its own (DWARF 5) behind those of the guests: each
//! adapter is a function, with a file of its name that no disk has. Its lines are the [`Step`]s, and their text is in the line program, as LLVM
//! puts sources there. So a backtrace through an adapter names the boundary, and says whether a value was being converted, and which way.
//! Rejected: one file with a line for each adapter. Without the file at hand, its lines would say nothing.

use super::sections::{DwarfSections, offset, put};
use super::{TracedAdapter, Unmovable};
use crate::synth::Step;
use gimli::{SectionId, constants};
use indexmap::IndexSet;
use wasm_encoder::Encode;

/// Where the files are said to be.
const FOLDER: &str = "/<meld>";
/// The unit's own file.
const UNIT: &str = "adapters";
const VERSION: u16 = 5;
const ADDRESS: u8 = 4;
/// `DW_LNCT_LLVM_source`.
const SOURCE: u16 = 0x2001;

/// Appends the unit of `adapters`, which are in the order of the output.
pub(super) fn append(adapters: &[(String, &TracedAdapter)], out: &mut DwarfSections) -> Result<(), Unmovable> {
    if adapters.is_empty() {
        return Ok(());
    }
    let files: IndexSet<&str> = adapters.iter().map(|(name, _)| name.as_str()).collect();
    let file = |name: &str| files.get_index_of(name).map_or(0, |position| position + 1) as u64;
    let lines = append_sized(&lines(adapters, &files, file), out.of(SectionId::DebugLine))?;
    let ranges = append_sized(&ranges(adapters), out.of(SectionId::DebugRngLists))? + RANGES_FRONT;
    let abbreviations = out.of(SectionId::DebugAbbrev).len();
    out.of(SectionId::DebugAbbrev).extend(abbreviations_of_unit());
    let mut unit = VERSION.to_le_bytes().to_vec();
    unit.extend([constants::DW_UT_compile.0, ADDRESS]);
    unit.extend_from_slice(&offset(abbreviations, 4)?[..4]);
    COMPILE_UNIT.encode(&mut unit);
    string(concat!("meld ", env!("CARGO_PKG_VERSION")), &mut unit);
    string(UNIT, &mut unit);
    string(FOLDER, &mut unit);
    unit.extend_from_slice(&offset(lines, 4)?[..4]);
    put(0, ADDRESS, &mut unit);
    unit.extend_from_slice(&offset(ranges, 4)?[..4]);
    for (name, adapter) in adapters {
        SUBPROGRAM.encode(&mut unit);
        string(name, &mut unit);
        put(adapter.output.start, ADDRESS, &mut unit);
        put(adapter.output.end - adapter.output.start, 4, &mut unit);
        file(name).encode(&mut unit);
        Step::Enter.line().encode(&mut unit);
    }
    unit.push(0);
    append_sized(&unit, out.of(SectionId::DebugInfo))?;
    Ok(())
}

/// Appends `contents` behind their length; gives back where that is.
fn append_sized(contents: &[u8], section: &mut Vec<u8>) -> Result<usize, Unmovable> {
    let start = section.len();
    section.extend_from_slice(&offset(contents.len(), 4)?[..4]);
    section.extend_from_slice(contents);
    Ok(start)
}

fn string(text: &str, out: &mut Vec<u8>) {
    out.extend(text.bytes().filter(|byte| *byte != 0));
    out.push(0);
}

const COMPILE_UNIT: u32 = 1;
const SUBPROGRAM: u32 = 2;

/// What the entries of the unit have in them.
fn abbreviations_of_unit() -> Vec<u8> {
    use constants::*;
    let unit = [
        (DW_AT_producer, DW_FORM_string),
        (DW_AT_name, DW_FORM_string),
        (DW_AT_comp_dir, DW_FORM_string),
        (DW_AT_stmt_list, DW_FORM_sec_offset),
        (DW_AT_low_pc, DW_FORM_addr),
        (DW_AT_ranges, DW_FORM_sec_offset),
    ];
    let subprogram = [
        (DW_AT_name, DW_FORM_string),
        (DW_AT_low_pc, DW_FORM_addr),
        (DW_AT_high_pc, DW_FORM_data4),
        (DW_AT_decl_file, DW_FORM_udata),
        (DW_AT_decl_line, DW_FORM_udata),
        (DW_AT_artificial, DW_FORM_flag_present),
    ];
    let mut out = Vec::new();
    let entries = [
        (COMPILE_UNIT, DW_TAG_compile_unit, DW_CHILDREN_yes, &unit),
        (SUBPROGRAM, DW_TAG_subprogram, DW_CHILDREN_no, &subprogram),
    ];
    for (code, tag, children, attributes) in entries {
        code.encode(&mut out);
        u32::from(tag.0).encode(&mut out);
        out.push(children.0);
        for (name, form) in attributes {
            u32::from(name.0).encode(&mut out);
            u32::from(form.0).encode(&mut out);
        }
        out.extend([0, 0]);
    }
    out.push(0);
    out
}

/// Where the list of ranges begins, behind the length, the version, sizes of addresses and selectors and the number of lists.
const RANGES_FRONT: usize = 4 + 2 + 2 + 4;

/// The ranges of the unit.
fn ranges(adapters: &[(String, &TracedAdapter)]) -> Vec<u8> {
    let mut out = VERSION.to_le_bytes().to_vec();
    out.extend([ADDRESS, 0]);
    put(0, 4, &mut out);
    for (_, adapter) in adapters {
        out.push(constants::DW_RLE_start_length.0);
        put(adapter.output.start, ADDRESS, &mut out);
        (adapter.output.end - adapter.output.start).encode(&mut out);
    }
    out.push(constants::DW_RLE_end_of_list.0);
    out
}

/// How many operands standard opcodes have, from 1.
const OPERANDS: [u8; 12] = [0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1];

/// The line program, without its length.
fn lines(adapters: &[(String, &TracedAdapter)], files: &IndexSet<&str>, file: impl Fn(&str) -> u64) -> Vec<u8> {
    use constants::*;
    // From the size of an instruction to the names of files.
    let mut header = vec![1, 1, 1, -1i8 as u8, 4, OPERANDS.len() as u8 + 1];
    header.extend(OPERANDS);
    let format = |formats: &[(u16, DwForm)], header: &mut Vec<u8>| {
        header.push(formats.len() as u8);
        for (content, form) in formats {
            u32::from(*content).encode(header);
            u32::from(form.0).encode(header);
        }
    };
    format(&[(DW_LNCT_path.0, DW_FORM_string)], &mut header);
    1u32.encode(&mut header);
    string(FOLDER, &mut header);
    let of_files =
        [(DW_LNCT_path.0, DW_FORM_string), (DW_LNCT_directory_index.0, DW_FORM_udata), (SOURCE, DW_FORM_string)];
    format(&of_files, &mut header);
    (files.len() + 1).encode(&mut header);
    for name in std::iter::once(UNIT).chain(files.iter().copied()) {
        string(name, &mut header);
        0u32.encode(&mut header);
        let text: String = match name {
            UNIT => String::new(),
            name => Step::ALL.iter().map(|step| format!("{name}: {}\n", step.text())).collect(),
        };
        string(&text, &mut header);
    }
    let mut out = VERSION.to_le_bytes().to_vec();
    out.extend([ADDRESS, 0]);
    put(header.len() as u64, 4, &mut out);
    out.extend(header);
    for (name, adapter) in adapters {
        let (start, end) = (adapter.output.start, adapter.output.end);
        out.extend([0, 1 + ADDRESS, DW_LNE_set_address.0]);
        put(start, ADDRESS, &mut out);
        out.push(DW_LNS_set_file.0);
        file(name).encode(&mut out);
        let (mut at, mut line) = (0, 1);
        let mut rows = vec![(0, Step::Enter)];
        rows.extend(&adapter.rows);
        for (position, (place, step)) in rows.iter().enumerate() {
            // A part without instructions has no row.
            if rows.get(position + 1).is_some_and(|(next, _)| next == place) {
                continue;
            }
            out.push(DW_LNS_advance_pc.0);
            (place - at).encode(&mut out);
            out.push(DW_LNS_advance_line.0);
            (i64::from(step.line()) - line).encode(&mut out);
            out.push(DW_LNS_copy.0);
            (at, line) = (*place, i64::from(step.line()));
        }
        out.push(DW_LNS_advance_pc.0);
        (end - start - at).encode(&mut out);
        out.extend([0, 1, DW_LNE_end_sequence.0]);
    }
    out
}
