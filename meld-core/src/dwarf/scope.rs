//! What is known of one instance while its DWARF is written.
//!
//! In: the DWARF of its module, and what became of its code and data. Out: [`ScopeDwarf`], which the writers of units, lines, lists and lookup tables
//! share: what they have written, and where that is.

use super::addresses::AddressMap;
use super::edit::Moves;
use super::expression::Meaning;
use super::sections::{DwarfSections, GuestDwarf, offset, overwrite};
use super::{Unmovable, unmovable};
use crate::maps::Map;
use gimli::{Abbreviations, Encoding, Reader, SectionId};
use std::rc::Rc;

/// Where in the output the parts are that all instances of a module have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct SharedParts {
    pub(super) abbreviations: usize,
    pub(super) strings: usize,
    pub(super) line_strings: usize,
}

impl SharedParts {
    /// Appends them.
    pub(super) fn append(source: &GuestDwarf<'_>, out: &mut DwarfSections) -> Self {
        let mut append = |id| {
            let section = out.of(id);
            let start = section.len();
            section.extend_from_slice(source.get(id));
            start
        };
        let [abbreviations, strings, line_strings] =
            [SectionId::DebugAbbrev, SectionId::DebugStr, SectionId::DebugLineStr].map(&mut append);
        Self { abbreviations, strings, line_strings }
    }
}

/// What the indices and addresses of an instance mean in the output.
pub(super) struct InstanceMeaning {
    /// By index in the module: the index in the output.
    pub(super) globals: Vec<Option<u32>>,
    /// What is added to addresses in memory.
    pub(super) base: u32,
}

/// What the root entry of a unit says about the others.
pub(super) struct UnitFacts {
    pub(super) encoding: Encoding,
    /// What lists count from.
    pub(super) base: u64,
    /// Where the unit's addresses begin in the table of addresses.
    pub(super) address_base: usize,
    pub(super) range_base: Option<usize>,
    pub(super) location_base: Option<usize>,
}

/// The DWARF of one instance on its way to the output.
pub(super) struct ScopeDwarf<'m, 'o> {
    pub(super) source: &'m GuestDwarf<'m>,
    pub(super) out: &'o mut DwarfSections,
    pub(super) shared: SharedParts,
    pub(super) addresses: AddressMap,
    meaning: InstanceMeaning,
    /// Where the copies of these sections begin in the output.
    pub(super) address_table: usize,
    pub(super) string_offsets: usize,
    /// Line programs that are there, by their places in the input.
    pub(super) lines: Map<usize, usize>,
    pub(super) abbreviations: Map<usize, Rc<Abbreviations>>,
    /// References to base types of the unit at hand: a section of the output, a place in it, how many bytes, and the offset in the unit.
    pub(super) types: Vec<(SectionId, usize, usize, usize)>,
    /// References to entries of any unit: places and sizes in the output, and offsets in the input.
    pub(super) references: Vec<(usize, u8, usize)>,
    /// Units that are there: where they begin in the input, how long they are in the output, and where their bytes are.
    pub(super) units: Vec<(usize, usize, Moves)>,
    /// How many entries of lists and rows of lines may still be looked at: what overlaps in the input would be there several times.
    left: usize,
}

impl<'m, 'o> ScopeDwarf<'m, 'o> {
    pub(super) fn new(
        source: &'m GuestDwarf<'m>,
        out: &'o mut DwarfSections,
        shared: SharedParts,
        addresses: AddressMap,
        meaning: InstanceMeaning,
        bytes: usize,
    ) -> Self {
        Self {
            source,
            out,
            shared,
            addresses,
            meaning,
            address_table: 0,
            string_offsets: 0,
            lines: Map::default(),
            abbreviations: Map::default(),
            types: Vec::new(),
            references: Vec::new(),
            units: Vec::new(),
            left: 4 * bytes + 1024,
        }
    }

    /// Appends offsets of strings, which are counted from where the strings are now.
    pub(super) fn append_string_offsets(&mut self) -> Result<(), Unmovable> {
        let input = self.source.get(SectionId::DebugStrOffsets);
        let out = self.out.of(SectionId::DebugStrOffsets);
        self.string_offsets = out.len();
        let start = out.len();
        out.extend_from_slice(input);
        let mut rest = self.source.slice(SectionId::DebugStrOffsets);
        while !rest.is_empty() {
            let (length, format) = rest.read_initial_length()?;
            let mut table = rest.split(length)?;
            if table.read_u16()? != 5 {
                return Err(unmovable("offsets of strings are not in the form of DWARF 5"));
            }
            table.skip(2)?;
            let word = format.word_size();
            while !table.is_empty() {
                let place = start + input.len() - rest.len() - table.len();
                let moved = table.read_offset(format)?.saturating_add(self.shared.strings);
                offset(moved, word)?;
                overwrite(moved as u64, word, place, out);
            }
        }
        Ok(())
    }

    /// Counts entries of lists and rows of lines.
    pub(super) fn work(&mut self, entries: usize) -> Result<(), Unmovable> {
        self.left = self
            .left
            .checked_sub(entries)
            .ok_or_else(|| unmovable("lists overlap, and would be there several times"))?;
        Ok(())
    }

    /// An address of the table of addresses in the input.
    pub(super) fn read_address(&self, unit: &UnitFacts, index: usize) -> Result<u64, Unmovable> {
        let mut rest = self.source.slice(SectionId::DebugAddr);
        rest.skip(self.address_place(unit, index)?)?;
        Ok(rest.read_address(unit.encoding.address_size)?)
    }

    /// Says what an address of the table is in the output.
    pub(super) fn write_address(&mut self, unit: &UnitFacts, index: usize, address: u64) -> Result<(), Unmovable> {
        self.read_address(unit, index)?;
        let place = self.address_table + self.address_place(unit, index)?;
        overwrite(address, unit.encoding.address_size, place, self.out.of(SectionId::DebugAddr));
        Ok(())
    }

    fn address_place(&self, unit: &UnitFacts, index: usize) -> Result<usize, Unmovable> {
        let place =
            index.checked_mul(unit.encoding.address_size.into()).and_then(|place| place.checked_add(unit.address_base));
        place.ok_or_else(|| unmovable("the index of an address is too large"))
    }

    /// The unit that begins at an offset in the input.
    fn unit_at(&self, unit: usize) -> Result<&(usize, usize, Moves), Unmovable> {
        let position = self.units.binary_search_by_key(&unit, |(start, ..)| *start);
        position.map(|position| &self.units[position]).map_err(|_| unmovable("a reference leads to no unit"))
    }

    /// Where a unit is in the output.
    pub(super) fn unit_place(&self, unit: usize) -> Result<usize, Unmovable> {
        self.unit_at(unit)?.2.place(unit).ok_or_else(|| unmovable("a reference leads to no unit"))
    }

    /// How long a unit is in the output.
    pub(super) fn unit_length(&self, unit: usize) -> Result<usize, Unmovable> {
        Ok(self.unit_at(unit)?.1)
    }

    /// Where an entry is in the output, by its offset in the section of the input.
    pub(super) fn info_place(&self, at: usize) -> Result<usize, Unmovable> {
        let unit = self.units.partition_point(|(start, ..)| *start <= at).checked_sub(1);
        let place = unit.and_then(|unit| self.units[unit].2.place(at));
        place.ok_or_else(|| unmovable("a reference leads to no unit"))
    }
}

impl Meaning for ScopeDwarf<'_, '_> {
    fn global(&self, index: u32) -> Option<u32> {
        self.meaning.globals.get(index as usize).copied().flatten()
    }

    fn base(&self) -> u32 {
        self.meaning.base
    }
}
