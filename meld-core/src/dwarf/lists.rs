//! Range lists and location lists.
//!
//! In: a list of the input (DWARF 5, sections 2.17.3 and 2.6.2; DWARF 4 has the same in other sections). Out: the list at the end of
//! a section of the output, with absolute addresses, so that it does not matter what its unit counts from. Entries of which nothing is
//! in the output are left out.

use super::expression::{self, Purpose, Rewritten};
use super::scope::{ScopeDwarf, UnitFacts};
use super::sections::{Slice, offset, put};
use super::{Unmovable, is_tombstone, tombstone, unmovable};
use gimli::{
    Expression, LocationLists, LocationListsOffset, RangeLists, RangeListsOffset, RawLocListEntry, RawRngListEntry,
};
use gimli::{SectionId, constants};
use std::ops::Range;
use wasm_encoder::Encode;

/// What an entry of a list says about addresses.
enum Entry {
    /// What the entries behind it count from.
    Base(u64),
    /// Addresses that are counted from the base.
    Relative(Range<u64>),
    /// Addresses.
    Absolute(Range<u64>),
    /// All others.
    Default,
}

/// The place in the output of a list of ranges at `at`, which is in the section for the version of the unit.
pub(super) fn ranges(scope: &mut ScopeDwarf<'_, '_>, unit: &UnitFacts, at: usize) -> Result<usize, Unmovable> {
    let section = range_section(unit);
    let start = scope.out.of(section).len();
    let lists = RangeLists::new(
        gimli::DebugRanges::from(scope.source.slice(SectionId::DebugRanges)),
        gimli::DebugRngLists::from(scope.source.slice(SectionId::DebugRngLists)),
    );
    let mut entries = lists.raw_ranges(RangeListsOffset(at), unit.encoding)?;
    let mut list = List::new(unit);
    while let Some(entry) = entries.next()? {
        scope.work(1)?;
        let entry = match entry {
            RawRngListEntry::BaseAddress { addr } => Entry::Base(addr),
            RawRngListEntry::BaseAddressx { addr } => Entry::Base(scope.read_address(unit, addr.0)?),
            RawRngListEntry::AddressOrOffsetPair { begin, end } | RawRngListEntry::OffsetPair { begin, end } => {
                Entry::Relative(begin..end)
            }
            RawRngListEntry::StartEnd { begin, end } => Entry::Absolute(begin..end),
            RawRngListEntry::StartLength { begin, length } => Entry::Absolute(begin..begin.saturating_add(length)),
            RawRngListEntry::StartxEndx { begin, end } => {
                Entry::Absolute(scope.read_address(unit, begin.0)?..scope.read_address(unit, end.0)?)
            }
            RawRngListEntry::StartxLength { begin, length } => {
                let begin = scope.read_address(unit, begin.0)?;
                Entry::Absolute(begin..begin.saturating_add(length))
            }
        };
        if let Some(range) = list.next(entry, scope) {
            list.put(&range, [constants::DW_RLE_start_length.0], scope.out.of(section));
        }
    }
    list.end(scope.out.of(section));
    Ok(start)
}

/// The place in the output of a list of locations at `at`, which is in the section for the version of the unit.
pub(super) fn locations(scope: &mut ScopeDwarf<'_, '_>, unit: &UnitFacts, at: usize) -> Result<usize, Unmovable> {
    let section = location_section(unit);
    let start = scope.out.of(section).len();
    let lists = LocationLists::new(
        gimli::DebugLoc::from(scope.source.slice(SectionId::DebugLoc)),
        gimli::DebugLocLists::from(scope.source.slice(SectionId::DebugLocLists)),
    );
    let mut entries = lists.raw_locations(LocationListsOffset(at), unit.encoding)?;
    let mut list = List::new(unit);
    while let Some(entry) = entries.next()? {
        scope.work(1)?;
        let none = Expression(Slice::default());
        let (entry, data) = match entry {
            RawLocListEntry::BaseAddress { addr } => (Entry::Base(addr), none),
            RawLocListEntry::BaseAddressx { addr } => (Entry::Base(scope.read_address(unit, addr.0)?), none),
            RawLocListEntry::AddressOrOffsetPair { begin, end, data }
            | RawLocListEntry::OffsetPair { begin, end, data } => (Entry::Relative(begin..end), data),
            RawLocListEntry::StartEnd { begin, end, data } => (Entry::Absolute(begin..end), data),
            RawLocListEntry::StartLength { begin, length, data } => {
                (Entry::Absolute(begin..begin.saturating_add(length)), data)
            }
            RawLocListEntry::StartxEndx { begin, end, data } => {
                let range = scope.read_address(unit, begin.0)?..scope.read_address(unit, end.0)?;
                (Entry::Absolute(range), data)
            }
            RawLocListEntry::StartxLength { begin, length, data } => {
                let begin = scope.read_address(unit, begin.0)?;
                (Entry::Absolute(begin..begin.saturating_add(length)), data)
            }
            RawLocListEntry::DefaultLocation { data } => (Entry::Default, data),
        };
        let is_default = matches!(entry, Entry::Default);
        let range = list.next(entry, scope);
        if range.is_none() && !is_default {
            continue;
        }
        let rewritten = expression::rewrite(data.0, unit.encoding, Purpose::Location, scope)?;
        let expression = rewritten.unwrap_or_else(|| Rewritten { bytes: data.0.slice().to_vec(), types: Vec::new() });
        let out = scope.out.of(section);
        match range {
            Some(range) => list.put(&range, [constants::DW_LLE_start_length.0], out),
            None => out.push(constants::DW_LLE_default_location.0),
        }
        match unit.encoding.version {
            ..5 => {
                let length = u16::try_from(expression.bytes.len());
                out.extend(length.map_err(|_| unmovable("an expression is longer than 64 KiB"))?.to_le_bytes());
            }
            _ => expression.bytes.len().encode(out),
        }
        let place = out.len();
        out.extend_from_slice(&expression.bytes);
        for (at, length, target) in expression.types {
            scope.types.push((section, place + at, length, target));
        }
    }
    list.end(scope.out.of(section));
    Ok(start)
}

/// Where the ranges of a unit are.
pub(super) fn range_section(unit: &UnitFacts) -> SectionId {
    if unit.encoding.version < 5 { SectionId::DebugRanges } else { SectionId::DebugRngLists }
}

/// Where the locations of a unit are.
pub(super) fn location_section(unit: &UnitFacts) -> SectionId {
    if unit.encoding.version < 5 { SectionId::DebugLoc } else { SectionId::DebugLocLists }
}

/// A list in the making.
struct List {
    size: u8,
    version: u16,
    base: u64,
    /// Whether the base has been written, from which DWARF 4 counts.
    based: bool,
}

impl List {
    fn new(unit: &UnitFacts) -> Self {
        let UnitFacts { encoding, base, .. } = *unit;
        Self { size: encoding.address_size, version: encoding.version, base, based: false }
    }

    /// The addresses of an entry in the output, if there are any.
    fn next(&mut self, entry: Entry, scope: &ScopeDwarf<'_, '_>) -> Option<Range<u64>> {
        match entry {
            Entry::Base(base) => {
                self.base = base;
                None
            }
            Entry::Relative(_) if is_tombstone(self.base, self.size) => None,
            Entry::Relative(range) => {
                let base = self.base;
                scope.addresses.range(range.start.checked_add(base)?..range.end.checked_add(base)?)
            }
            Entry::Absolute(range) => scope.addresses.range(range),
            Entry::Default => None,
        }
    }

    /// Writes the addresses of an entry; `kind` is its kind in DWARF 5.
    fn put(&mut self, range: &Range<u64>, kind: [u8; 1], out: &mut Vec<u8>) {
        if self.version < 5 {
            if !std::mem::replace(&mut self.based, true) {
                put(tombstone(self.size), self.size, out);
                put(0, self.size, out);
            }
            put(range.start, self.size, out);
            put(range.end, self.size, out);
        } else {
            out.extend(kind);
            put(range.start, self.size, out);
            (range.end - range.start).encode(out);
        }
    }

    fn end(&self, out: &mut Vec<u8>) {
        match self.version {
            ..5 => out.extend(std::iter::repeat_n(0, 2 * usize::from(self.size))),
            _ => out.push(0),
        }
    }
}

/// The lists of a unit that are known by their positions in a table (DWARF 5, sections 7.28 and 7.29).
pub(super) struct Table {
    section: SectionId,
    /// Where it begins in the output: at its header.
    start: usize,
    /// Where in the output its positions are counted from.
    pub(super) base: usize,
}

impl Table {
    /// Begins a table with the lists of the one of the input with this base, which may have none.
    pub(super) fn begin(
        scope: &mut ScopeDwarf<'_, '_>,
        unit: &UnitFacts,
        section: SectionId,
        old_base: Option<usize>,
        list: fn(&mut ScopeDwarf<'_, '_>, &UnitFacts, usize) -> Result<usize, Unmovable>,
    ) -> Result<Self, Unmovable> {
        let word = unit.encoding.format.word_size();
        let input = scope.source.get(section);
        let field = |at: Option<usize>, size: usize| {
            let bytes = at.and_then(|at| input.get(at..at.checked_add(size)?));
            bytes.map(|bytes| bytes.iter().rev().fold(0u64, |value, byte| value << 8 | u64::from(*byte)))
        };
        let short = || unmovable(format!("`{}` ends in a table", section.name()));
        let count = match old_base {
            Some(base) => field(base.checked_sub(4), 4).ok_or_else(short)? as usize,
            None => 0,
        };
        scope.work(count)?;
        let out = scope.out.of(section);
        let start = out.len();
        if word == 8 {
            out.extend([0xff; 4]);
        }
        put(0, word, out);
        out.extend(5u16.to_le_bytes());
        out.extend([unit.encoding.address_size, 0]);
        out.extend((count as u32).to_le_bytes());
        let base = out.len();
        out.resize(base + count * usize::from(word), 0);
        for index in 0..count {
            let entry = base + index * usize::from(word);
            let at = old_base.map(|base| base + index * usize::from(word));
            let old = field(at, usize::from(word)).ok_or_else(short)? as usize;
            let old = old_base.unwrap_or_default().checked_add(old).ok_or_else(short)?;
            let place = list(scope, unit, old)?;
            let place = offset(place - base, word)?;
            scope.out.of(section)[entry..entry + usize::from(word)].copy_from_slice(&place[..usize::from(word)]);
        }
        Ok(Self { section, start, base })
    }

    /// Ends the table: what has been appended since belongs to it.
    pub(super) fn end(self, scope: &mut ScopeDwarf<'_, '_>, unit: &UnitFacts) -> Result<(), Unmovable> {
        let word = unit.encoding.format.word_size();
        let out = scope.out.of(self.section);
        let field = self.start + if word == 8 { 4 } else { 0 };
        let length = offset(out.len() - field - usize::from(word), word)?;
        out[field..field + usize::from(word)].copy_from_slice(&length[..usize::from(word)]);
        Ok(())
    }
}
