//! The DWARF of one instance.
//!
//! In: the DWARF of its module, and what became of its code and data. Out: the same at the end of the sections of the output. A module
//! that is instantiated twice is there twice; what mentions no address, strings and abbreviations, is there once.

use super::scope::ScopeDwarf;
use super::sections::{offset, overwrite};
use super::{Unmovable, lookup, unit};
use gimli::SectionId;

/// Appends all of it.
pub(super) fn append(mut scope: ScopeDwarf<'_, '_>) -> Result<(), Unmovable> {
    let section = scope.out.of(SectionId::DebugAddr);
    scope.address_table = section.len();
    section.extend_from_slice(scope.source.get(SectionId::DebugAddr));
    scope.append_string_offsets()?;
    let info = gimli::DebugInfo::from(scope.source.slice(SectionId::DebugInfo));
    let mut units = info.units();
    while let Some(header) = units.next()? {
        unit::append(&mut scope, &header)?;
    }
    for (place, size, target) in std::mem::take(&mut scope.references) {
        let target = scope.info_place(target)?;
        offset(target, size)?;
        overwrite(target as u64, size, place, scope.out.of(SectionId::DebugInfo));
    }
    lookup::addresses(&mut scope)?;
    lookup::names(&mut scope, SectionId::DebugPubNames)?;
    lookup::names(&mut scope, SectionId::DebugPubTypes)
}
