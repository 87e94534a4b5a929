//! The sections of debug information.
//!
//! In: the custom sections of a module. Out: [`GuestDwarf`], the DWARF of that module to read, and [`DwarfSections`], that of the output to
//! append to. Both know sections by [`SectionId`]. What is not here is not carried over.

use super::{Unmovable, unmovable};
use gimli::{EndianSlice, LittleEndian, SectionId};

/// How gimli reads a section. WebAssembly is little-endian.
pub(super) type Slice<'m> = EndianSlice<'m, LittleEndian>;

/// The sections that are carried over, in the order in which they are written.
pub(super) const CARRIED: [SectionId; 14] = [
    SectionId::DebugAbbrev,
    SectionId::DebugInfo,
    SectionId::DebugLine,
    SectionId::DebugLineStr,
    SectionId::DebugStr,
    SectionId::DebugStrOffsets,
    SectionId::DebugAddr,
    SectionId::DebugRanges,
    SectionId::DebugRngLists,
    SectionId::DebugLoc,
    SectionId::DebugLocLists,
    SectionId::DebugAranges,
    SectionId::DebugPubNames,
    SectionId::DebugPubTypes,
];

/// The DWARF of a module of the input.
pub(super) struct GuestDwarf<'m> {
    sections: [&'m [u8]; CARRIED.len()],
}

impl<'m> GuestDwarf<'m> {
    /// The sections among the custom sections of a module.
    pub(super) fn new(customs: &[(&str, &'m [u8])]) -> Result<Self, Unmovable> {
        let mut sections: [&[u8]; CARRIED.len()] = [&[]; CARRIED.len()];
        for (section, id) in sections.iter_mut().zip(CARRIED) {
            let mut found = customs.iter().filter(|(name, _)| *name == id.name());
            if let Some((_, contents)) = found.next() {
                *section = contents;
            }
            if found.next().is_some() {
                return Err(unmovable(format!("there are two sections `{}`", id.name())));
            }
        }
        Ok(Self { sections })
    }

    /// The contents of a section, empty if there is none.
    pub(super) fn get(&self, id: SectionId) -> &'m [u8] {
        let position = CARRIED.iter().position(|carried| *carried == id);
        position.map_or(&[], |position| self.sections[position])
    }

    /// The same as gimli reads it.
    pub(super) fn slice(&self, id: SectionId) -> Slice<'m> {
        EndianSlice::new(self.get(id), LittleEndian)
    }
}

/// The DWARF of the output.
#[derive(Default)]
pub(super) struct DwarfSections {
    sections: [Vec<u8>; CARRIED.len()],
}

impl DwarfSections {
    /// A section, to read and to append to.
    pub(super) fn of(&mut self, id: SectionId) -> &mut Vec<u8> {
        let position = CARRIED.iter().position(|carried| *carried == id);
        &mut self.sections[position.expect("only sections that are carried over are asked for")]
    }

    /// How long each section is.
    pub(super) fn lengths(&self) -> [usize; CARRIED.len()] {
        self.sections.each_ref().map(Vec::len)
    }

    /// Takes back what was appended since the sections were so long.
    pub(super) fn truncate(&mut self, lengths: [usize; CARRIED.len()]) {
        for (section, length) in self.sections.iter_mut().zip(lengths) {
            section.truncate(length);
        }
    }

    /// All that have something in them, with their names.
    pub(super) fn finish(self) -> impl Iterator<Item = (&'static str, Vec<u8>)> {
        CARRIED.into_iter().map(SectionId::name).zip(self.sections).filter(|(_, contents)| !contents.is_empty())
    }
}

/// Appends `value` in `size` bytes.
pub(super) fn put(value: u64, size: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(&value.to_le_bytes()[..usize::from(size)]);
}

/// Writes `value` over the `size` bytes at `at`.
pub(super) fn overwrite(value: u64, size: u8, at: usize, out: &mut [u8]) {
    out[at..at + usize::from(size)].copy_from_slice(&value.to_le_bytes()[..usize::from(size)]);
}

/// An offset in a section of the output, in `size` bytes.
pub(super) fn offset(value: usize, size: u8) -> Result<[u8; 8], Unmovable> {
    match size {
        8 => Ok((value as u64).to_le_bytes()),
        _ if u32::try_from(value).is_ok() => Ok((value as u64).to_le_bytes()),
        _ => Err(unmovable("a section of the result would be longer than 4 GiB")),
    }
}
