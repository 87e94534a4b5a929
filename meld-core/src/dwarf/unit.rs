//! Units.
//!
//! In: a unit of the input: a header, and entries whose attributes have forms (DWARF 5, section 7.5). Out: the same bytes at the end of
//! the section of the output, with those attributes replaced that mention an address, a place in another section, or a location. Nearly all are
//! replaced by as many bytes; where one is not, references within the unit are corrected. So whatever else an entry has is kept, known
//! or not.
//!
//! The range of an entry is the range of its code in the output. An entry whose code is not there has the address that linkers give to
//! such code. A unit counts from nothing in the output but from 0, or from its only range: its lists have absolute addresses.
//!
//! Refused: macros, DWARF that is partly in other files, and sections that are mentioned by attributes that gimli does not know.

use super::edit::Edit;
use super::expression::{self, Purpose, Rewritten};
use super::lists::{self, Table};
use super::scope::{ScopeDwarf, UnitFacts};
use super::sections::{Slice, offset, overwrite};
use super::{Unmovable, lines, tombstone, unmovable};
use crate::maps::Map;
use gimli::{
    Attribute, AttributeValue, DebugAbbrev, DebugInfoOffset, DwAt, DwForm, Encoding, Format, SectionId, UnitHeader,
    UnitType, constants,
};
use std::ops::Range;
use std::rc::Rc;
use wasm_encoder::Encode;

/// A list: of ranges or of locations.
type Append = fn(&mut ScopeDwarf<'_, '_>, &UnitFacts, usize) -> Result<usize, Unmovable>;

/// Lists of one kind.
struct UnitLists {
    section: SectionId,
    append: Append,
    old_base: Option<usize>,
    table: Option<Table>,
    /// Lists that are there, by their places in the input.
    known: Map<usize, usize>,
}

impl UnitLists {
    /// The place in the output of the list at `at`.
    fn place(&mut self, scope: &mut ScopeDwarf<'_, '_>, unit: &UnitFacts, at: usize) -> Result<usize, Unmovable> {
        self.base(scope, unit)?;
        if let Some(&known) = self.known.get(&at) {
            return Ok(known);
        }
        let place = (self.append)(scope, unit, at)?;
        self.known.insert(at, place);
        Ok(place)
    }

    /// What the unit's positions of lists are counted from in the output.
    fn base(&mut self, scope: &mut ScopeDwarf<'_, '_>, unit: &UnitFacts) -> Result<usize, Unmovable> {
        if unit.encoding.version >= 5 && self.table.is_none() {
            self.table = Some(Table::begin(scope, unit, self.section, self.old_base, self.append)?);
        }
        Ok(self.table.as_ref().map_or(0, |table| table.base))
    }

    fn end(self, scope: &mut ScopeDwarf<'_, '_>, unit: &UnitFacts) -> Result<(), Unmovable> {
        self.table.map_or(Ok(()), |table| table.end(scope, unit))
    }
}

/// Appends the unit with this header.
pub(super) fn append<'m>(scope: &mut ScopeDwarf<'m, '_>, header: &UnitHeader<Slice<'m>>) -> Result<(), Unmovable> {
    if !matches!(header.type_(), UnitType::Compilation | UnitType::Partial | UnitType::Type { .. }) {
        return Err(unmovable("a unit is partly in another file"));
    }
    let at = header.debug_abbrev_offset().0;
    let abbreviations = match scope.abbreviations.get(&at) {
        Some(known) => known.clone(),
        None => {
            let section = DebugAbbrev::from(scope.source.slice(SectionId::DebugAbbrev));
            let parsed = Rc::new(header.abbreviations(&section)?);
            scope.abbreviations.insert(at, parsed.clone());
            parsed
        }
    };
    let facts = facts(scope, header, &abbreviations)?;
    // The section is apart while the unit is written: lists are appended to others in between.
    let mut info = std::mem::take(scope.out.of(SectionId::DebugInfo));
    let written = Unit::new(scope, &facts).write(header, &abbreviations, &mut info);
    *scope.out.of(SectionId::DebugInfo) = info;
    written
}

/// Reads the root entry.
fn facts(
    scope: &ScopeDwarf<'_, '_>,
    header: &UnitHeader<Slice<'_>>,
    abbreviations: &gimli::Abbreviations,
) -> Result<UnitFacts, Unmovable> {
    let encoding = header.encoding();
    if !matches!(encoding.address_size, 4 | 8) {
        return Err(unmovable("addresses are neither of 4 bytes nor of 8"));
    }
    let mut facts = UnitFacts { encoding, base: 0, address_base: 0, range_base: None, location_base: None };
    let root = header.entry(abbreviations, header.root_offset())?;
    let mut low = None;
    for attribute in root.attrs() {
        match (attribute.name(), attribute.value()) {
            (constants::DW_AT_low_pc, value) => low = Some(value),
            (_, AttributeValue::DebugAddrBase(base)) => facts.address_base = base.0,
            (_, AttributeValue::DebugRngListsBase(base)) => facts.range_base = Some(base.0),
            (_, AttributeValue::DebugLocListsBase(base)) => facts.location_base = Some(base.0),
            (constants::DW_AT_GNU_dwo_name | constants::DW_AT_dwo_name, _) => {
                return Err(unmovable("a unit is partly in another file"));
            }
            _ => {}
        }
    }
    facts.base = match low {
        Some(AttributeValue::Addr(address)) => address,
        Some(AttributeValue::DebugAddrIndex(index)) => scope.read_address(&facts, index.0)?,
        _ => 0,
    };
    Ok(facts)
}

/// An attribute and where it is in the section.
struct Placed<'m> {
    attribute: Attribute<Slice<'m>>,
    at: Range<usize>,
}

/// A unit in the making.
struct Unit<'u, 'm, 'o> {
    scope: &'u mut ScopeDwarf<'m, 'o>,
    facts: &'u UnitFacts,
    ranges: UnitLists,
    locations: UnitLists,
    /// References to entries of the unit: places and sizes in the output, and offsets in the unit of the input.
    references: Vec<(usize, usize, usize)>,
}

impl<'u, 'm, 'o> Unit<'u, 'm, 'o> {
    fn new(scope: &'u mut ScopeDwarf<'m, 'o>, facts: &'u UnitFacts) -> Self {
        let lists =
            |section, append, old_base| UnitLists { section, append, old_base, table: None, known: Map::default() };
        Self {
            ranges: lists(lists::range_section(facts), lists::ranges as Append, facts.range_base),
            locations: lists(lists::location_section(facts), lists::locations as Append, facts.location_base),
            scope,
            facts,
            references: Vec::new(),
        }
    }

    fn write(
        mut self,
        header: &UnitHeader<Slice<'m>>,
        abbreviations: &gimli::Abbreviations,
        info: &mut Vec<u8>,
    ) -> Result<(), Unmovable> {
        let start = header.debug_info_offset().ok_or_else(|| unmovable("a unit is in `.debug_types`"))?.0;
        let end = start + header.length_including_self();
        let new_start = info.len();
        let mut edit = Edit::new(self.scope.source.get(SectionId::DebugInfo), start, info);
        self.header(header, start, &mut edit)?;
        let mut entries = header.entries_raw(abbreviations, None)?;
        let mut attributes = Vec::new();
        while !entries.is_empty() {
            let Some(abbreviation) = entries.read_abbreviation()? else { continue };
            attributes.clear();
            for specification in abbreviation.attributes() {
                let from = start + entries.next_offset().0;
                let attribute = entries.read_attribute(*specification)?;
                if specification.form() == constants::DW_FORM_indirect {
                    return Err(unmovable("the form of an attribute is with the attribute"));
                }
                attributes.push(Placed { attribute, at: from..start + entries.next_offset().0 });
            }
            self.entry(&attributes, &mut edit)?;
        }
        let moves = edit.finish(end);
        let length = info.len() - new_start;
        let word = self.facts.encoding.format.word_size();
        let field = if word == 8 { 4 } else { 0 };
        let payload = length - field - usize::from(word);
        offset(payload, word)?;
        overwrite(payload as u64, word, new_start + field, info);
        // Where everything is as far from the beginning as it was, references within the unit are right.
        if !moves.is_even() {
            let place = |target: usize| {
                let place = moves.place(start.saturating_add(target)).filter(|place| *place < info.len());
                place.map(|place| place - new_start).ok_or_else(|| unmovable("a reference leads out of its unit"))
            };
            let mut corrected = Vec::new();
            for (at, size, target) in &self.references {
                corrected.push((*at, *size, place(*target)?));
            }
            for (at, size, target) in corrected {
                let fits = size == 8 || target >> (8 * size) == 0;
                if !fits {
                    return Err(unmovable("a reference has too few bytes"));
                }
                overwrite(target as u64, size as u8, at, info);
            }
            for (section, at, size, target) in std::mem::take(&mut self.scope.types) {
                let target = moves.place(start.saturating_add(target)).map(|place| place - new_start);
                let target = target.ok_or_else(|| unmovable("a reference leads out of its unit"))?;
                let out = if section == SectionId::DebugInfo { &mut *info } else { self.scope.out.of(section) };
                padded(target, out.get_mut(at..at + size).unwrap_or_default())?;
            }
        }
        self.scope.types.clear();
        let Unit { scope, facts, ranges, locations, .. } = self;
        ranges.end(scope, facts)?;
        locations.end(scope, facts)?;
        scope.units.push((start, length, moves));
        Ok(())
    }

    /// The header: where its abbreviations are. A type unit also says where its type is.
    fn header(
        &mut self,
        header: &UnitHeader<Slice<'m>>,
        start: usize,
        edit: &mut Edit<'_, '_>,
    ) -> Result<(), Unmovable> {
        let Encoding { format, version, .. } = self.facts.encoding;
        let word = usize::from(format.word_size());
        let length = if format == Format::Dwarf64 { 12 } else { 4 };
        // The length, the version, and from version 5 on the kind of unit and the size of addresses.
        let field = start + length + 2 + if version >= 5 { 2 } else { 0 };
        self.put_offset(
            field..field + word,
            header.debug_abbrev_offset().0.saturating_add(self.scope.shared.abbreviations),
            edit,
        )?;
        if let UnitType::Type { type_offset, .. } = header.type_() {
            let field = start + header.size_of_header() - word;
            let place = edit.place(field + word) - word;
            self.references.push((place, word, type_offset.0));
        }
        Ok(())
    }

    fn put_offset(&self, at: Range<usize>, value: usize, edit: &mut Edit<'_, '_>) -> Result<(), Unmovable> {
        let size = at.len();
        if !matches!(size, 4 | 8) {
            return Err(unmovable("an offset is neither of 4 bytes nor of 8"));
        }
        edit.replace(at, &offset(value, size as u8)?[..size]);
        Ok(())
    }

    /// One entry.
    fn entry(&mut self, attributes: &[Placed<'m>], edit: &mut Edit<'_, '_>) -> Result<(), Unmovable> {
        let code = self.code(attributes)?;
        for Placed { attribute, at } in attributes {
            let at = at.clone();
            let name = attribute.name();
            match attribute.value() {
                AttributeValue::Addr(address) => {
                    let address = self.code_address(name, address, &code);
                    edit.replace(at, &address.to_le_bytes()[..usize::from(self.facts.encoding.address_size)]);
                }
                AttributeValue::DebugAddrIndex(index) => {
                    let address = self.scope.read_address(self.facts, index.0)?;
                    let address = self.code_address(name, address, &code);
                    self.scope.write_address(self.facts, index.0, address)?;
                }
                AttributeValue::DebugStrRef(string) => {
                    self.put_offset(at, string.0.saturating_add(self.scope.shared.strings), edit)?
                }
                AttributeValue::DebugLineStrRef(string) => {
                    self.put_offset(at, string.0.saturating_add(self.scope.shared.line_strings), edit)?;
                }
                AttributeValue::DebugStrOffsetsBase(base) => {
                    self.put_offset(at, base.0.saturating_add(self.scope.string_offsets), edit)?;
                }
                AttributeValue::DebugAddrBase(base) => {
                    self.put_offset(at, base.0.saturating_add(self.scope.address_table), edit)?
                }
                AttributeValue::DebugLineRef(program) => {
                    let place = lines::program(self.scope, program.0, self.facts.encoding.address_size)?;
                    self.put_offset(at, place, edit)?;
                }
                AttributeValue::RangeListsRef(list) => {
                    let place = self.ranges.place(self.scope, self.facts, list.0)?;
                    self.put_offset(at, place, edit)?;
                }
                AttributeValue::LocationListsRef(list) => {
                    let place = self.locations.place(self.scope, self.facts, list.0)?;
                    self.put_offset(at, place, edit)?;
                }
                AttributeValue::DebugRngListsBase(_) => {
                    let base = self.ranges.base(self.scope, self.facts)?;
                    self.put_offset(at, base, edit)?;
                }
                AttributeValue::DebugLocListsBase(_) => {
                    let base = self.locations.base(self.scope, self.facts)?;
                    self.put_offset(at, base, edit)?;
                }
                AttributeValue::UnitRef(target) => {
                    if attribute.form() == constants::DW_FORM_ref_udata {
                        return Err(unmovable("a reference within a unit has a size of its own"));
                    }
                    let place = edit.place(at.end) - at.len();
                    self.references.push((place, at.len(), target.0));
                }
                AttributeValue::DebugInfoRef(DebugInfoOffset(target)) => {
                    let place = edit.place(at.end) - at.len();
                    self.scope.references.push((place, at.len() as u8, target));
                }
                AttributeValue::Exprloc(expression) => {
                    let purpose = match name {
                        constants::DW_AT_location => Purpose::Location,
                        _ => Purpose::Value,
                    };
                    let rewritten = expression::rewrite(expression.0, self.facts.encoding, purpose, self.scope)?;
                    if let Some(Rewritten { bytes, types }) = rewritten {
                        let mut with = prefix(attribute.form(), bytes.len())?;
                        let front = with.len();
                        with.extend(bytes);
                        edit.replace(at.clone(), &with);
                        let place = edit.place(at.end) - with.len() + front;
                        let types =
                            types.into_iter().map(|(at, size, to)| (SectionId::DebugInfo, place + at, size, to));
                        self.scope.types.extend(types);
                    }
                }
                value if name == constants::DW_AT_high_pc => {
                    let length = value.udata_value();
                    if let (Some(EntryCode { range: Some(range), .. }), Some(old)) = (&code, length) {
                        let length = range.end - range.start;
                        if length != old {
                            edit.replace(at.clone(), &constant(attribute.form(), at.len(), length)?);
                        }
                    }
                }
                value if name == constants::DW_AT_entry_pc => {
                    let old = value.udata_value();
                    if let (Some(EntryCode { range: Some(range), low }), Some(old)) = (&code, old) {
                        let entry =
                            self.scope.addresses.address(low.saturating_add(old), self.facts.encoding.address_size);
                        let distance = entry.saturating_sub(range.start);
                        if distance != old {
                            edit.replace(at.clone(), &constant(attribute.form(), at.len(), distance)?);
                        }
                    }
                }
                AttributeValue::DebugMacinfoRef(_) | AttributeValue::DebugMacroRef(_) => {
                    return Err(unmovable("there are macros"));
                }
                AttributeValue::DebugInfoRefSup(_) | AttributeValue::DebugStrRefSup(_) => {
                    return Err(unmovable("a unit is partly in another file"));
                }
                AttributeValue::SecOffset(_) => {
                    return Err(unmovable(format!("it is not known which section {name} is about")));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The code of an entry.
    fn code(&self, attributes: &[Placed<'m>]) -> Result<Option<EntryCode>, Unmovable> {
        let value = |name: DwAt| attributes.iter().find(|placed| placed.attribute.name() == name);
        let address = |placed: &Placed<'m>| match placed.attribute.value() {
            AttributeValue::Addr(address) => Ok(Some(address)),
            AttributeValue::DebugAddrIndex(index) => self.scope.read_address(self.facts, index.0).map(Some),
            _ => Ok(None),
        };
        let Some(low) = value(constants::DW_AT_low_pc) else { return Ok(None) };
        let Some(high) = value(constants::DW_AT_high_pc) else { return Ok(None) };
        let Some(low) = address(low)? else { return Ok(None) };
        let end = match address(high)? {
            Some(end) => end,
            None => match high.attribute.value().udata_value() {
                Some(length) => low.saturating_add(length),
                None => return Err(unmovable("the end of a range is neither an address nor a length")),
            },
        };
        Ok(Some(EntryCode { low, range: self.scope.addresses.range(low..end) }))
    }

    /// An address of code in the output.
    fn code_address(&self, name: DwAt, address: u64, code: &Option<EntryCode>) -> u64 {
        let size = self.facts.encoding.address_size;
        match (name, code) {
            (constants::DW_AT_low_pc, Some(EntryCode { range: Some(range), .. })) => range.start,
            (constants::DW_AT_high_pc, Some(EntryCode { range: Some(range), .. })) => range.end,
            // An empty range stays one, and what is gone is gone.
            (constants::DW_AT_low_pc | constants::DW_AT_high_pc, Some(EntryCode { range: None, low })) => match low {
                0 => address,
                _ => tombstone(size),
            },
            _ => self.scope.addresses.address(address, size),
        }
    }
}

/// The code of an entry: where it begins in the input, and its range in the output, if there is anything of it.
struct EntryCode {
    low: u64,
    range: Option<Range<u64>>,
}

/// What is in front of an expression of so many bytes.
fn prefix(form: DwForm, length: usize) -> Result<Vec<u8>, Unmovable> {
    let mut out = Vec::new();
    let too_long = || unmovable("an expression gets longer than its form allows");
    match form {
        constants::DW_FORM_exprloc | constants::DW_FORM_block => length.encode(&mut out),
        constants::DW_FORM_block1 => out.push(u8::try_from(length).map_err(|_| too_long())?),
        constants::DW_FORM_block2 => out.extend(u16::try_from(length).map_err(|_| too_long())?.to_le_bytes()),
        constants::DW_FORM_block4 => out.extend(u32::try_from(length).map_err(|_| too_long())?.to_le_bytes()),
        form => return Err(unmovable(format!("an expression has the form {form}"))),
    }
    Ok(out)
}

/// A constant of a form that had `size` bytes.
fn constant(form: DwForm, size: usize, value: u64) -> Result<Vec<u8>, Unmovable> {
    let mut out = Vec::new();
    match form {
        constants::DW_FORM_udata => value.encode(&mut out),
        constants::DW_FORM_data1 | constants::DW_FORM_data2 | constants::DW_FORM_data4 | constants::DW_FORM_data8
            if size == 8 || value >> (8 * size) == 0 =>
        {
            out.extend_from_slice(&value.to_le_bytes()[..size]);
        }
        form => return Err(unmovable(format!("a length does not fit into the form {form}"))),
    }
    Ok(out)
}

/// Writes `value` over a number in LEB128, which keeps its length.
fn padded(value: usize, over: &mut [u8]) -> Result<(), Unmovable> {
    let mut rest = value;
    let last = over.len().saturating_sub(1);
    for (index, byte) in over.iter_mut().enumerate() {
        *byte = (rest & 0x7f) as u8 | if index < last { 0x80 } else { 0 };
        rest >>= 7;
    }
    if rest == 0 { Ok(()) } else { Err(unmovable("a reference to a type has too few bytes")) }
}
