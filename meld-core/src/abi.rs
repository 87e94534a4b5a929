//! Facts of the canonical ABI, pure: no instructions, no modules.
//!
//! In: value types. Out: sizes, alignments, flat forms and core signatures, exactly as
//! `CanonicalABI.md` has them. Every other part of meld asks here, and computes no offset itself.
//!
//! [`Abi`] holds one row of [`TypeFacts`] for each defined type, computed once, children before parents: a
//! type can only mention types that were interned before it. A type's text may be exponentially smaller
//! than the tree that it describes, so nothing here walks the tree, and everything that grows with it is
//! capped ([`TypeFacts::flat`]) or saturates ([`TypeFacts::layout`], [`TypeFacts::weight`]).

pub mod copy;
pub mod flatten;
pub mod handles;
pub mod layout;
pub mod shape;
pub mod signature;
pub mod types;

pub use flatten::{MAX_FLAT_PARAMS, MAX_FLAT_RESULTS};

use crate::ids::Id;
use layout::{Layout, VariantLayout};
use shape::Shape;
use types::{Types, ValType};

/// The address type of the memory that a canonical option names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pointer {
    /// 32-bit addresses.
    W32,
    /// 64-bit addresses.
    W64,
}

impl Pointer {
    /// Bytes of a pointer or length in memory.
    pub fn bytes(self) -> u32 {
        match self {
            Pointer::W32 => 4,
            Pointer::W64 => 8,
        }
    }

    /// The core type of a pointer or length.
    pub fn core_type(self) -> wasm_encoder::ValType {
        match self {
            Pointer::W32 => wasm_encoder::ValType::I32,
            Pointer::W64 => wasm_encoder::ValType::I64,
        }
    }
}

/// What the ABI says about one value type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeFacts {
    /// Size and alignment in memory.
    pub layout: Layout,
    /// The flat form, or `None` where it has more than [`flatten::MAX_FLAT_PARAMS`] values: such a type is
    /// never on the stack, and its full flat form may be too long to write down.
    pub flat: Option<Box<[wasm_encoder::ValType]>>,
    /// Whether moving the bytes is all there is to moving a value; see [`copy`].
    pub bit_copy: bool,
    /// Whether a value mentions memory outside its own bytes: a string, a list or a map, at any depth.
    pub has_pointers: bool,
    /// Whether there are such mentions in memory wherever the value itself is: in the elements of a list or a map.
    pub has_nested_pointers: bool,
    /// Whether a string is in the value, at any depth: only there does an encoding make a difference.
    pub has_strings: bool,
    /// Whether some part of the value, at any depth, is larger than a 32-bit address space. Such a type
    /// is valid, but no value of it exists.
    pub oversized: bool,
    /// How much code it takes to move a value: the number of nodes of the type's tree, saturating, with at
    /// most [`flatten::MAX_FLAT_PARAMS`] elements of a fixed-length list counted.
    pub weight: u32,
}

/// The table of facts for all types of a composition, at one pointer width.
#[derive(Debug)]
pub struct Abi<'t> {
    types: &'t Types,
    pointer: Pointer,
    primitives: [TypeFacts; PRIMITIVES.len()],
    defs: Vec<TypeFacts>,
}

/// The types that have no structure, in the order of [`Abi::primitives`].
const PRIMITIVES: [ValType; 14] = [
    ValType::Bool,
    ValType::S8,
    ValType::U8,
    ValType::S16,
    ValType::U16,
    ValType::S32,
    ValType::U32,
    ValType::S64,
    ValType::U64,
    ValType::F32,
    ValType::F64,
    ValType::Char,
    ValType::String,
    ValType::ErrorContext,
];

impl<'t> Abi<'t> {
    /// Computes the facts of all of `types` for memories whose addresses are `pointer` wide.
    pub fn new(types: &'t Types, pointer: Pointer) -> Self {
        // Shapes of primitives mention no other type, so the table they are computed from may be anything.
        let primitive = |ty| {
            let shape = types.shape(ty);
            let none = |_| unreachable!("a primitive type has no children");
            facts_of(&shape, pointer, &none)
        };
        let mut abi = Abi { types, pointer, primitives: PRIMITIVES.map(primitive), defs: Vec::new() };
        for (id, _) in types.defs.iter() {
            let facts = facts_of(&types.shape(ValType::Def(id)), pointer, &|child| abi.facts(child));
            abi.defs.push(facts);
        }
        abi
    }

    /// The types that the facts are about.
    pub fn types(&self) -> &'t Types {
        self.types
    }

    /// The pointer width that the facts hold for.
    pub fn pointer(&self) -> Pointer {
        self.pointer
    }

    /// The facts of `ty`.
    pub fn facts(&self, ty: ValType) -> &TypeFacts {
        match ty {
            ValType::Def(id) => &self.defs[id.index()],
            primitive => {
                let at = PRIMITIVES.iter().position(|p| *p == primitive);
                &self.primitives[at.expect("every primitive type is in the list")]
            }
        }
    }

    /// Offsets of the fields of a record or tuple with `fields`, and the layout of the whole.
    pub fn fields(&self, fields: &[ValType]) -> (Vec<u64>, Layout) {
        layout::record(fields.iter().map(|f| self.facts(*f).layout))
    }

    /// The layout of a variant with `cases`.
    pub fn variant(&self, cases: &[Option<ValType>]) -> VariantLayout {
        layout::variant(cases.iter().map(|c| c.map(|c| self.facts(c).layout)))
    }

    /// The flat form of several values after one another; `None` where it is longer than `limit`.
    pub fn flatten(&self, types: &[ValType], limit: usize) -> Option<Vec<wasm_encoder::ValType>> {
        flatten::sequence(types.iter().map(|t| self.facts(*t).flat.as_deref()), limit)
    }
}

/// The facts of one type, given those of the types it mentions.
fn facts_of<'f>(shape: &Shape, pointer: Pointer, child: &dyn Fn(ValType) -> &'f TypeFacts) -> TypeFacts {
    let layout = layout::layout(shape, pointer, &|c| child(c).layout);
    let mut has_pointers = matches!(shape, Shape::String | Shape::List(_));
    let is_list = matches!(shape, Shape::List(_));
    let mut has_nested_pointers = false;
    let mut has_strings = matches!(shape, Shape::String);
    let mut oversized = layout.size > u64::from(u32::MAX);
    let mut weight: u32 = 1;
    shape.for_each_child(|c, times| {
        let facts = child(c);
        has_pointers |= facts.has_pointers;
        has_strings |= facts.has_strings;
        has_nested_pointers |= facts.has_nested_pointers || is_list && facts.has_pointers;
        oversized |= facts.oversized;
        let times = times.min(flatten::MAX_FLAT_PARAMS as u32);
        weight = weight.saturating_add(facts.weight.saturating_mul(times));
    });
    TypeFacts {
        layout,
        flat: flatten::flatten(shape, pointer, &|c| child(c).flat.as_deref()).map(Vec::into_boxed_slice),
        bit_copy: copy::bit_copy(shape, layout, &|c| child(c)),
        has_pointers,
        has_nested_pointers,
        has_strings,
        oversized,
        weight,
    }
}

#[cfg(test)]
mod tests;
