//! Sizes, alignments, flattening (`CanonicalABI.md`, "Alignment", "Element Size", "Flattening").

use crate::ty::Ty;

/// Most flat parameters.
pub(super) const MAX_FLAT_PARAMS: usize = 16;
/// Most flat results.
pub(super) const MAX_FLAT_RESULTS: usize = 1;

/// A core type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flat {
    I32,
    I64,
    F32,
    F64,
}

pub(crate) fn round_up(offset: u64, align: u64) -> u64 {
    offset.div_ceil(align) * align
}

/// Bytes of the discriminant of a variant with `cases` cases.
pub(super) fn discriminant_size(cases: usize) -> u64 {
    match cases {
        0..=0x100 => 1,
        0x101..=0x1_0000 => 2,
        _ => 4,
    }
}

/// Bytes of flags with `labels` labels.
pub(super) fn flags_size(labels: usize) -> u64 {
    match labels {
        0..=8 => 1,
        9..=16 => 2,
        _ => 4,
    }
}

/// Alignment in memory.
pub(crate) fn align(ty: &Ty) -> u64 {
    if let Some(fields) = ty.fields() {
        return fields.into_iter().map(align).max().unwrap_or(1);
    }
    if let Some(cases) = ty.cases() {
        return cases.iter().flatten().map(|ty| align(ty)).fold(discriminant_size(cases.len()), u64::max);
    }
    match ty {
        Ty::Bool | Ty::S8 | Ty::U8 => 1,
        Ty::S16 | Ty::U16 => 2,
        Ty::S64 | Ty::U64 | Ty::F64 => 8,
        Ty::Flags(names) => flags_size(names.len()),
        _ => 4,
    }
}

/// Size in memory.
pub(crate) fn size(ty: &Ty) -> u64 {
    if let Some(fields) = ty.fields() {
        let end = fields.into_iter().fold(0, |at, ty| round_up(at, align(ty)) + size(ty));
        return round_up(end, align(ty));
    }
    if let Some(cases) = ty.cases() {
        let payload = cases.iter().flatten().map(|ty| size(ty)).max().unwrap_or(0);
        return round_up(payload_offset(&cases) + payload, align(ty));
    }
    match ty {
        Ty::Bool | Ty::S8 | Ty::U8 => 1,
        Ty::S16 | Ty::U16 => 2,
        Ty::S64 | Ty::U64 | Ty::F64 | Ty::String | Ty::List(_) | Ty::Map(..) => 8,
        Ty::Flags(names) => flags_size(names.len()),
        _ => 4,
    }
}

/// Where the payload of a variant starts.
pub(super) fn payload_offset(cases: &[Option<&Ty>]) -> u64 {
    let payload_align = cases.iter().flatten().map(|ty| align(ty)).max().unwrap_or(1);
    round_up(discriminant_size(cases.len()), payload_align)
}

/// The flat form.
pub(crate) fn flatten(ty: &Ty) -> Vec<Flat> {
    if let Some(fields) = ty.fields() {
        return fields.into_iter().flat_map(flatten).collect();
    }
    if let Some(cases) = ty.cases() {
        let mut joined: Vec<Flat> = Vec::new();
        for case in cases.into_iter().flatten() {
            for (i, flat) in flatten(case).into_iter().enumerate() {
                match joined.get_mut(i) {
                    Some(slot) => *slot = join(*slot, flat),
                    None => joined.push(flat),
                }
            }
        }
        joined.insert(0, Flat::I32);
        return joined;
    }
    match ty {
        Ty::S64 | Ty::U64 => vec![Flat::I64],
        Ty::F32 => vec![Flat::F32],
        Ty::F64 => vec![Flat::F64],
        Ty::String | Ty::List(_) | Ty::Map(..) => vec![Flat::I32, Flat::I32],
        _ => vec![Flat::I32],
    }
}

fn join(a: Flat, b: Flat) -> Flat {
    match (a, b) {
        _ if a == b => a,
        (Flat::I32, Flat::F32) | (Flat::F32, Flat::I32) => Flat::I32,
        _ => Flat::I64,
    }
}
