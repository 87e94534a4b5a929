//! Line programs.
//!
//! In: a line program of the input (DWARF 5, section 6.2). Out: the same rows with the addresses that they have in the output, as a program
//! of its own behind the same header, so that files keep their numbers. Rows of code that is not there are left out. A sequence in the
//! output is in one body, and ends where the body or the sequence of the input ends.

use super::scope::ScopeDwarf;
use super::sections::{Slice, offset, put};
use super::{Unmovable, unmovable};
use gimli::{
    ColumnType, DebugLineOffset, EndianSlice, Format, LineEncoding, LineRow, LittleEndian, Reader, SectionId, constants,
};
use wasm_encoder::Encode;

/// The place in the output of the line program at `at`. `address_size` is that of the unit, for versions whose header does not say it.
pub(super) fn program(scope: &mut ScopeDwarf<'_, '_>, at: usize, address_size: u8) -> Result<usize, Unmovable> {
    if let Some(&known) = scope.lines.get(&at) {
        return Ok(known);
    }
    let input = scope.source.get(SectionId::DebugLine);
    let lines = gimli::DebugLine::from(scope.source.slice(SectionId::DebugLine));
    let program = lines.program(DebugLineOffset(at), address_size, None, None)?;
    let header = program.header().clone();
    if header.minimum_instruction_length() != 1 || header.maximum_operations_per_instruction() != 1 {
        return Err(unmovable("a line program counts instructions of more than one byte"));
    }
    let encoding = header.line_encoding();
    if encoding.line_range == 0 || header.opcode_base() < 10 {
        return Err(unmovable("a line program has fewer opcodes than DWARF 2"));
    }
    let word = header.format().word_size();
    let length_field = if header.format() == Format::Dwarf64 { at + 4 } else { at };
    let end = length_field + usize::from(word) + header.unit_length();
    let code = end - header.raw_program_buf().len();
    let start = scope.out.of(SectionId::DebugLine).len();
    scope.lines.insert(at, start);
    let mut bytes = input.get(at..code).ok_or_else(|| unmovable("a line program is cut off"))?.to_vec();
    if header.version() >= 5 {
        for (place, strings) in string_references(&bytes, word)? {
            let field = place..place + usize::from(word);
            let old = bytes[field.clone()].iter().rev().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
            let moved = match strings {
                LineStrings::Own => scope.shared.line_strings,
                LineStrings::OfAll => scope.shared.strings,
            };
            let new = offset((old as usize).saturating_add(moved), word)?;
            bytes[field].copy_from_slice(&new[..usize::from(word)]);
        }
    }
    let opcodes = Opcodes { encoding, base: header.opcode_base(), address_size: header.address_size() };
    let mut writer = RowWriter::new(opcodes, &mut bytes);
    // The body that the rows are in.
    let mut body: Option<usize> = None;
    let mut rows = program.rows();
    while let Some((_, row)) = rows.next_row()? {
        scope.work(1)?;
        let address = row.address();
        if row.end_sequence() {
            if let Some(position) = body.take() {
                let (_, end) = scope.addresses.ends(position);
                let mapped = scope.addresses.position(address).filter(|there| *there == position);
                let address = mapped.and_then(|position| scope.addresses.in_body(position, address));
                writer.end(address.or(end).unwrap_or_default());
            }
            continue;
        }
        let position = scope.addresses.position(address).filter(|position| address < scope.addresses.ends(*position).0);
        if body != position
            && let Some(left) = body.take()
        {
            writer.end(scope.addresses.ends(left).1.unwrap_or_default());
        }
        if let Some(position) = position
            && let Some(address) = scope.addresses.in_body(position, address)
        {
            body = Some(position);
            writer.row(row, address);
        }
    }
    // A sequence that does not end has no last address.
    if let Some(left) = body {
        writer.end(scope.addresses.ends(left).1.unwrap_or_default());
    }
    let field = length_field - at;
    let length = offset(bytes.len() - field - usize::from(word), word)?;
    bytes[field..field + usize::from(word)].copy_from_slice(&length[..usize::from(word)]);
    scope.out.of(SectionId::DebugLine).extend(bytes);
    Ok(start)
}

/// A section of strings that a line program mentions.
#[derive(Clone, Copy)]
enum LineStrings {
    /// `.debug_line_str`
    Own,
    /// `.debug_str`
    OfAll,
}

/// Where in the header of a program of version 5 there are offsets in the sections of strings, and in which.
fn string_references(header: &[u8], word: u8) -> Result<Vec<(usize, LineStrings)>, Unmovable> {
    let mut rest: Slice<'_> = EndianSlice::new(header, LittleEndian);
    let mut places = Vec::new();
    // Length, version, sizes of addresses and selectors, length of the header, and numbers up to the base of opcodes.
    rest.skip(if word == 8 { 12 } else { 4 } + 2 + 2 + usize::from(word) + 5)?;
    let opcodes = rest.read_u8()?;
    rest.skip(usize::from(opcodes.saturating_sub(1)))?;
    for _ in 0..2 {
        let formats = rest.read_u8()?;
        let mut forms = Vec::new();
        for _ in 0..formats {
            rest.read_uleb128()?;
            forms.push(constants::DwForm(rest.read_uleb128_u16()?));
        }
        let count = rest.read_uleb128()?;
        if forms.is_empty() && count > 0 {
            return Err(unmovable("a line program has files without a form"));
        }
        for _ in 0..count {
            for form in &forms {
                let place = header.len() - rest.len();
                let size = match *form {
                    constants::DW_FORM_line_strp => {
                        places.push((place, LineStrings::Own));
                        usize::from(word)
                    }
                    constants::DW_FORM_strp => {
                        places.push((place, LineStrings::OfAll));
                        usize::from(word)
                    }
                    constants::DW_FORM_string => {
                        rest.read_null_terminated_slice()?;
                        0
                    }
                    constants::DW_FORM_udata => {
                        rest.read_uleb128()?;
                        0
                    }
                    constants::DW_FORM_data1 => 1,
                    constants::DW_FORM_data2 => 2,
                    constants::DW_FORM_data4 => 4,
                    constants::DW_FORM_data8 => 8,
                    constants::DW_FORM_data16 => 16,
                    constants::DW_FORM_block => rest.read_uleb128()? as usize,
                    form => return Err(unmovable(format!("a line program names files by {form}"))),
                };
                rest.skip(size)?;
            }
        }
    }
    Ok(places)
}

/// How rows are written.
struct Opcodes {
    encoding: LineEncoding,
    base: u8,
    address_size: u8,
}

impl Opcodes {
    /// The opcode that advances both at once and makes a row.
    fn special(&self, lines: i64, bytes: u64) -> Option<u8> {
        let line = u64::try_from(lines.checked_sub(self.encoding.line_base.into())?).ok()?;
        let range = u64::from(self.encoding.line_range);
        let opcode = line.checked_add(range.checked_mul(bytes)?)?.checked_add(self.base.into())?;
        (line < range).then(|| u8::try_from(opcode).ok())?
    }
}

/// What a line program remembers between rows.
struct Registers {
    address: u64,
    line: u64,
    file: u64,
    column: u64,
    isa: u64,
    is_stmt: bool,
}

/// Writes the rows of a program.
struct RowWriter<'o> {
    opcodes: Opcodes,
    out: &'o mut Vec<u8>,
    /// `None` between sequences.
    registers: Option<Registers>,
}

impl<'o> RowWriter<'o> {
    fn new(opcodes: Opcodes, out: &'o mut Vec<u8>) -> Self {
        Self { opcodes, out, registers: None }
    }

    /// A row that is `row`, but for its address.
    fn row(&mut self, row: &LineRow, address: u64) {
        let Opcodes { encoding, address_size, base } = self.opcodes;
        // Addresses of a sequence ascend. If they do not, the rest is a sequence of its own.
        if let Some(was) = self.registers.as_ref().map(|registers| registers.address).filter(|was| *was > address) {
            self.end(was);
        }
        let out = &mut *self.out;
        let was = self.registers.get_or_insert_with(|| {
            extended(constants::DW_LNE_set_address, |out| put(address, address_size, out), out);
            Registers { address, line: 1, file: 1, column: 0, isa: 0, is_stmt: encoding.default_is_stmt }
        });
        let column = match row.column() {
            ColumnType::LeftEdge => 0,
            ColumnType::Column(column) => column.get(),
        };
        if was.file != row.file_index() {
            out.push(constants::DW_LNS_set_file.0);
            row.file_index().encode(out);
        }
        if was.column != column {
            out.push(constants::DW_LNS_set_column.0);
            column.encode(out);
        }
        if was.is_stmt != row.is_stmt() {
            out.push(constants::DW_LNS_negate_stmt.0);
        }
        if was.isa != row.isa() && base > constants::DW_LNS_set_isa.0 {
            out.push(constants::DW_LNS_set_isa.0);
            row.isa().encode(out);
        }
        if row.discriminator() != 0 {
            extended(constants::DW_LNE_set_discriminator, |out| row.discriminator().encode(out), out);
        }
        let marks = [
            (row.basic_block(), constants::DW_LNS_set_basic_block),
            (row.prologue_end(), constants::DW_LNS_set_prologue_end),
            (row.epilogue_begin(), constants::DW_LNS_set_epilogue_begin),
        ];
        for (_, mark) in marks.into_iter().filter(|(set, mark)| *set && mark.0 < base) {
            out.push(mark.0);
        }
        let line = row.line().map_or(0, u64::from);
        let lines = line.wrapping_sub(was.line).cast_signed();
        let bytes = address - was.address;
        match self.opcodes.special(lines, bytes) {
            Some(opcode) => out.push(opcode),
            None => {
                let mut rest = lines;
                if self.opcodes.special(rest, 0).is_none() {
                    out.push(constants::DW_LNS_advance_line.0);
                    rest.encode(out);
                    rest = 0;
                }
                match self.opcodes.special(rest, bytes) {
                    Some(opcode) => out.push(opcode),
                    None => {
                        out.push(constants::DW_LNS_advance_pc.0);
                        bytes.encode(out);
                        match self.opcodes.special(rest, 0) {
                            Some(opcode) => out.push(opcode),
                            None => out.push(constants::DW_LNS_copy.0),
                        }
                    }
                }
            }
        }
        *was = Registers { address, line, file: row.file_index(), column, isa: row.isa(), is_stmt: row.is_stmt() };
    }

    /// Ends the sequence at an address.
    fn end(&mut self, address: u64) {
        if let Some(was) = self.registers.take() {
            self.out.push(constants::DW_LNS_advance_pc.0);
            address.saturating_sub(was.address).encode(self.out);
            extended(constants::DW_LNE_end_sequence, |_| {}, self.out);
        }
    }
}

fn extended(opcode: constants::DwLne, operand: impl FnOnce(&mut Vec<u8>), out: &mut Vec<u8>) {
    let mut bytes = vec![opcode.0];
    operand(&mut bytes);
    out.push(0);
    bytes.len().encode(out);
    out.extend(bytes);
}

#[cfg(test)]
mod tests {
    use super::Opcodes;
    use gimli::LineEncoding;

    #[test]
    fn special_opcodes_are_those_of_the_standard() {
        let encoding = LineEncoding { line_base: -5, line_range: 14, ..LineEncoding::default() };
        let opcodes = Opcodes { encoding, base: 13, address_size: 4 };
        assert_eq!(opcodes.special(0, 0), Some(18));
        assert_eq!(opcodes.special(-5, 0), Some(13));
        assert_eq!(opcodes.special(8, 0), Some(26));
        assert_eq!(opcodes.special(9, 0), None);
        assert_eq!(opcodes.special(1, 3), Some(61));
        assert_eq!(opcodes.special(1, 17), None);
    }
}
