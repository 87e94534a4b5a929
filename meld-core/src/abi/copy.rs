//! Which types can be moved as bytes.
//!
//! In: the form of a type, its layout, and the facts of the types it mentions. Out: whether every byte
//! pattern of its size is a value and every byte belongs to the value, so that `memory.copy` does all that
//! lifting and lowering would do.
//!
//! Not so: `bool` (any nonzero byte is true and arrives as 1), `char` and variants (range checks),
//! pointers, handles, and `flags` with bits that mean nothing (they arrive as 0). Floats are: the spec
//! lets a NaN arrive with any payload. A record with padding is refused although the spec leaves the
//! contents of padding open: it may hold what the source's memory held before, which is not the
//! destination's business.

use super::TypeFacts;
use super::layout::Layout;
use super::shape::{Scalar, Shape};
use super::types::ValType;

/// Whether a type of the form `shape` and with that layout can be moved as bytes.
pub fn bit_copy<'f>(shape: &Shape, layout: Layout, child: &dyn Fn(ValType) -> &'f TypeFacts) -> bool {
    match shape {
        Shape::Scalar(scalar) => !matches!(scalar, Scalar::Bool | Scalar::Char),
        Shape::Flags(labels) => u64::from(*labels) == layout.size * 8,
        Shape::FixedLengthList(ty, _) => child(*ty).bit_copy,
        Shape::Record(fields) => {
            let bytes = fields.iter().fold(0u64, |sum, f| sum.saturating_add(child(*f).layout.size));
            bytes == layout.size && fields.iter().all(|f| child(*f).bit_copy)
        }
        Shape::String | Shape::List(_) | Shape::Variant(_) | Shape::Own(_) | Shape::Borrow(_) | Shape::Waitable(_) => {
            false
        }
    }
}
