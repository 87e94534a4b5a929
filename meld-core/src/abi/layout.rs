//! Sizes, alignments and offsets in memory.
//!
//! In: the form of a type and the layouts of the types it mentions. Out: what `CanonicalABI.md` calls
//! `elem_size`, `alignment` and `discriminant_type`. Sizes are computed in 64 bits and saturate: a
//! fixed-length list of fixed-length lists is a valid type of any size ([`super::TypeFacts::oversized`]).

use super::Pointer;
use super::shape::{Scalar, Shape};
use super::types::ValType;

/// Size and alignment in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Layout {
    /// A multiple of `align`.
    pub size: u64,
    /// 1, 2, 4 or 8.
    pub align: u32,
}

impl Layout {
    const fn new(size: u64, align: u32) -> Self {
        Layout { size, align }
    }
}

/// The layout of a variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct VariantLayout {
    /// Bytes of the discriminant, which is at offset 0: 1, 2 or 4.
    pub discriminant: u32,
    /// Offset of every case's payload.
    pub payload: u64,
    /// The whole.
    pub layout: Layout,
}

fn align_to(offset: u64, align: u32) -> u64 {
    let align = u64::from(align);
    offset.checked_next_multiple_of(align).unwrap_or(u64::MAX - (align - 1))
}

/// The layout of a type of the form `shape`, whose parts have the layouts that `child` gives.
pub fn layout(shape: &Shape, pointer: Pointer, child: &dyn Fn(ValType) -> Layout) -> Layout {
    match shape {
        Shape::Scalar(scalar) => match scalar {
            Scalar::Bool | Scalar::S8 | Scalar::U8 => Layout::new(1, 1),
            Scalar::S16 | Scalar::U16 => Layout::new(2, 2),
            Scalar::S32 | Scalar::U32 | Scalar::F32 | Scalar::Char => Layout::new(4, 4),
            Scalar::S64 | Scalar::U64 | Scalar::F64 => Layout::new(8, 8),
        },
        Shape::String | Shape::List(_) => Layout::new(2 * u64::from(pointer.bytes()), pointer.bytes()),
        Shape::FixedLengthList(ty, length) => {
            let element = child(*ty);
            Layout::new(element.size.saturating_mul(u64::from(*length)), element.align)
        }
        Shape::Record(fields) => record(fields.iter().map(|f| child(*f))).1,
        Shape::Variant(cases) => variant(cases.iter().map(|c| c.map(child))).layout,
        Shape::Flags(labels) => {
            let bytes = flags(*labels);
            Layout::new(u64::from(bytes), bytes)
        }
        Shape::Own(_) | Shape::Borrow(_) | Shape::Waitable(_) => Layout::new(4, 4),
    }
}

/// The layout of a record: the offset of each field, and the whole.
pub fn record(fields: impl Iterator<Item = Layout>) -> (Vec<u64>, Layout) {
    let mut end = 0;
    let mut align = 1;
    let offsets = fields
        .map(|field| {
            let offset = align_to(end, field.align);
            end = offset.saturating_add(field.size);
            align = align.max(field.align);
            offset
        })
        .collect();
    (offsets, Layout::new(align_to(end, align), align))
}

/// The layout of a variant with one case per item: the layout of its payload, if it has one.
pub fn variant(cases: impl ExactSizeIterator<Item = Option<Layout>>) -> VariantLayout {
    let discriminant = discriminant(cases.len());
    let mut align = 1;
    let mut size = 0;
    for case in cases.flatten() {
        align = align.max(case.align);
        size = size.max(case.size);
    }
    let payload = align_to(u64::from(discriminant), align);
    let align = align.max(discriminant);
    VariantLayout { discriminant, payload, layout: Layout::new(align_to(payload.saturating_add(size), align), align) }
}

/// Bytes of the discriminant of a variant with `cases` cases.
pub fn discriminant(cases: usize) -> u32 {
    if cases <= 1 << 8 {
        1
    } else if cases <= 1 << 16 {
        2
    } else {
        4
    }
}

/// Bytes of `flags` with `labels` labels, of which there are at most 32.
pub fn flags(labels: u32) -> u32 {
    if labels <= 8 {
        1
    } else if labels <= 16 {
        2
    } else {
        4
    }
}
