//! Tables by which debuggers find units.
//!
//! In: the tables of the input, by address (DWARF 5, section 6.1.2) and by name (DWARF 4, section 6.1.1). Out: the same at the end of
//! those of the output. They come last, because they say where units and their entries are. `.debug_names` and the tables of GNU
//! are not carried over: they say what can be found without them.

use super::scope::ScopeDwarf;
use super::sections::{Slice, offset, overwrite, put};
use super::{Unmovable, unmovable};
use gimli::{EndianSlice, LittleEndian, Reader, SectionId};

/// What is in front of a set of a table.
struct LookupSet<'m> {
    contents: Slice<'m>,
    version: u16,
    /// Size of an offset.
    word: u8,
    /// Offset of the unit.
    unit: usize,
}

/// Takes the next set of a table.
fn next_set<'m>(rest: &mut Slice<'m>) -> Result<Option<LookupSet<'m>>, Unmovable> {
    if rest.is_empty() {
        return Ok(None);
    }
    let (length, format) = rest.read_initial_length()?;
    let mut contents = rest.split(length)?;
    let version = contents.read_u16()?;
    let unit = contents.read_offset(format)?;
    Ok(Some(LookupSet { contents, version, word: format.word_size(), unit }))
}

/// Begins a set: its length, which [`end_set`] writes, its version, and the place of its unit.
fn begin_set(set: &LookupSet<'_>, unit: usize, out: &mut Vec<u8>) -> Result<usize, Unmovable> {
    if set.word == 8 {
        out.extend([0xff; 4]);
    }
    let field = out.len();
    put(0, set.word, out);
    out.extend(set.version.to_le_bytes());
    out.extend_from_slice(&offset(unit, set.word)?[..usize::from(set.word)]);
    Ok(field)
}

fn end_set(set: &LookupSet<'_>, field: usize, out: &mut [u8]) {
    overwrite((out.len() - field - usize::from(set.word)) as u64, set.word, field, out);
}

/// Carries over the table of addresses.
pub(super) fn addresses(scope: &mut ScopeDwarf<'_, '_>) -> Result<(), Unmovable> {
    let mut rest = scope.source.slice(SectionId::DebugAranges);
    while let Some(mut set) = next_set(&mut rest)? {
        let size = set.contents.read_u8()?;
        let selector = set.contents.read_u8()?;
        if !matches!(size, 4 | 8) || selector != 0 {
            return Err(unmovable("a table of addresses has segments"));
        }
        // The pairs are aligned to twice the size of an address, from the beginning of the set.
        let front = if set.word == 8 { 12 } else { 4 } + 2 + usize::from(set.word) + 2;
        let padding = front.next_multiple_of(2 * usize::from(size)) - front;
        set.contents.skip(padding)?;
        let unit = scope.unit_place(set.unit)?;
        let mut pairs = Vec::new();
        while !set.contents.is_empty() {
            let (start, length) = (set.contents.read_address(size)?, set.contents.read_address(size)?);
            if (start, length) == (0, 0) {
                break;
            }
            pairs.extend(scope.addresses.range(start..start.saturating_add(length)));
        }
        let out = scope.out.of(SectionId::DebugAranges);
        let field = begin_set(&set, unit, out)?;
        out.extend([size, 0]);
        out.extend(std::iter::repeat_n(0, padding));
        for pair in pairs {
            put(pair.start, size, out);
            put(pair.end - pair.start, size, out);
        }
        out.extend(std::iter::repeat_n(0, 2 * usize::from(size)));
        end_set(&set, field, out);
    }
    Ok(())
}

/// Carries over a table of names.
pub(super) fn names(scope: &mut ScopeDwarf<'_, '_>, section: SectionId) -> Result<(), Unmovable> {
    let mut rest = scope.source.slice(section);
    while let Some(mut set) = next_set(&mut rest)? {
        let format = if set.word == 8 { gimli::Format::Dwarf64 } else { gimli::Format::Dwarf32 };
        let _old_length = set.contents.read_offset(format)?;
        let unit = scope.unit_place(set.unit)?;
        let length = scope.unit_length(set.unit)?;
        let mut out = Vec::new();
        let field = begin_set(&set, unit, &mut out)?;
        out.extend_from_slice(&offset(length, set.word)?[..usize::from(set.word)]);
        loop {
            let entry = set.contents.read_offset(format)?;
            if entry == 0 {
                break;
            }
            let place = scope.info_place(set.unit.saturating_add(entry))? - unit;
            out.extend_from_slice(&offset(place, set.word)?[..usize::from(set.word)]);
            let name: EndianSlice<'_, LittleEndian> = set.contents.read_null_terminated_slice()?;
            out.extend_from_slice(name.slice());
            out.push(0);
        }
        put(0, set.word, &mut out);
        end_set(&set, field, &mut out);
        scope.out.of(section).extend(out);
    }
    Ok(())
}
