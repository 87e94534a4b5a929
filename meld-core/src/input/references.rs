//! What a body mentions.
//!
//! In: the immediates of a body's instructions, as [`crate::parse`] reads them. Out: each thing that the body
//! mentions, once, in the module's own indices. Liveness and folding ask for nothing else of a body. Made in the
//! walk that validates: to read the same immediates again costs a third of a validation.
//!
//! A mention is a number in the making, which is what sorts quickly, and a few bytes afterwards, because a hundred
//! thousand functions have half a million of them, and liveness reads them in an order that no cache foresees.

use super::packed;

/// A mention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Use<F, T, M, G, A, Y, E, D, W> {
    /// A call.
    Func(F),
    /// A reference is taken.
    FuncRef(F),
    /// An indirect call through the table.
    TableCall(T),
    /// Any other instruction on the table.
    Table(T),
    /// An instruction on the memory.
    Memory(M),
    /// An instruction on the global.
    Global(G),
    /// An instruction on the tag.
    Tag(A),
    /// The type.
    Type(Y),
    /// An instruction on the segment.
    Elem(E),
    /// An instruction on the segment.
    Data(D),
    /// An instruction on a whole memory, beside the mentions of its indices: in a window other entities come
    /// for it.
    Whole(W),
}

/// A mention in the indices of a module.
pub type RawUse = Use<u32, u32, u32, u32, u32, u32, u32, u32, Whole>;

/// Calls the macro `$with` with the name that visitors have for each kind of index, and the mention that such an index makes.
macro_rules! for_each_index {
    ($with:ident) => {
        $with! {
            func: Func;
            func_ref: FuncRef;
            table: Table;
            table_call: TableCall;
            memory: Memory;
            global: Global;
            tag: Tag;
            ty: Type;
            elem: Elem;
            data: Data;
        }
    };
}
pub(crate) use for_each_index;

/// An instruction on a whole memory, in the indices of a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Whole {
    /// `memory.size`
    Size(u32),
    /// `memory.grow`
    Grow(u32),
    /// `memory.copy`: destination, source.
    Copy(u32, u32),
    /// `memory.fill`
    Fill(u32),
    /// `memory.init`: memory, data segment.
    Init(u32, u32),
}

/// The key of a kind of mention, in the order of [`Use`] and [`Whole`]. No key is 0.
mod kind {
    pub(crate) const FUNC: u64 = 1;
    pub(crate) const FUNC_REF: u64 = 2;
    pub(crate) const TABLE_CALL: u64 = 3;
    pub(crate) const TABLE: u64 = 4;
    pub(crate) const MEMORY: u64 = 5;
    pub(crate) const GLOBAL: u64 = 6;
    pub(crate) const TAG: u64 = 7;
    pub(crate) const TYPE: u64 = 8;
    pub(crate) const ELEM: u64 = 9;
    pub(crate) const DATA: u64 = 10;
    pub(crate) const SIZE: u64 = 11;
    pub(crate) const GROW: u64 = 12;
    pub(crate) const COPY: u64 = 13;
    pub(crate) const FILL: u64 = 14;
    pub(crate) const INIT: u64 = 15;
}

/// A mention as a number: from the top, four bits for the kind, 32 for the index, and the rest for a second index. That
/// is the number of a memory or of a data segment, and the validator allows far fewer of these than there are numbers.
fn key(kind: u64, index: u32, second: u32) -> u64 {
    const SECOND: u64 = (1 << 28) - 1;
    kind << 60 | u64::from(index) << 28 | (u64::from(second) & SECOND)
}

/// Mentions in the making; the buffer is used again from body to body.
pub(crate) struct MentionWriter {
    keys: Vec<u64>,
    /// The last few, each at a place of its own: code says the same thing over and over.
    recent: [u64; MentionWriter::RECENT],
    /// Whether memory 0 is mentioned: most mentions are of it.
    memory_0: bool,
}

impl Default for MentionWriter {
    fn default() -> Self {
        Self { keys: Vec::new(), recent: [0; Self::RECENT], memory_0: false }
    }
}

impl MentionWriter {
    /// A power of two.
    const RECENT: usize = 64;

    /// Adds a mention.
    #[inline(always)]
    pub(crate) fn push(&mut self, mention: RawUse) {
        // Small indices are the common ones; what is added keeps those of different spaces apart.
        let (kind, index, apart) = match mention {
            Use::Memory(0) => {
                self.memory_0 = true;
                return;
            }
            Use::Func(index) => (kind::FUNC, index, 0),
            Use::FuncRef(index) => (kind::FUNC_REF, index, 20),
            Use::Type(index) => (kind::TYPE, index, 40),
            Use::Tag(index) => (kind::TAG, index, 50),
            Use::Elem(index) => (kind::ELEM, index, 51),
            Use::Data(index) => (kind::DATA, index, 52),
            Use::Table(index) => (kind::TABLE, index, 53),
            Use::TableCall(index) => (kind::TABLE_CALL, index, 54),
            Use::Global(index) => (kind::GLOBAL, index, 56),
            Use::Memory(index) => (kind::MEMORY, index, 62),
            Use::Whole(whole) => {
                self.keys.push(match whole {
                    Whole::Size(index) => key(kind::SIZE, index, 0),
                    Whole::Grow(index) => key(kind::GROW, index, 0),
                    Whole::Copy(dst, src) => key(kind::COPY, dst, src),
                    Whole::Fill(index) => key(kind::FILL, index, 0),
                    Whole::Init(index, data) => key(kind::INIT, index, data),
                });
                return;
            }
        };
        let key = key(kind, index, 0);
        let recent = &mut self.recent[index.wrapping_add(apart) as usize % Self::RECENT];
        if *recent != key {
            *recent = key;
            self.keys.push(key);
        }
    }

    /// Appends what was added since the last time to `out`: each mention once, in ascending order.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        if std::mem::take(&mut self.memory_0) {
            self.keys.push(key(kind::MEMORY, 0, 0));
        }
        self.keys.sort_unstable();
        self.keys.dedup();
        for key in self.keys.drain(..) {
            let (kind, index) = (key >> 60, (key >> 28) as u32);
            // The first byte is the kind and, where it is small, the index.
            let small = index.min(u32::from(Mentions::FOLLOWS));
            out.push((kind as u8) << 4 | small as u8);
            if small == u32::from(Mentions::FOLLOWS) {
                packed::put(index, out);
            }
            if matches!(kind, kind::COPY | kind::INIT) {
                packed::put(key as u32 & 0xfff_ffff, out);
            }
        }
        self.recent.fill(0);
    }
}

/// What a body mentions: each thing once, in ascending order.
#[derive(Debug, Clone)]
pub struct Mentions<'m> {
    bytes: std::slice::Iter<'m, u8>,
}

impl<'m> Mentions<'m> {
    /// In place of an index: it follows.
    const FOLLOWS: u8 = 15;

    /// What a [`MentionWriter`] wrote.
    pub(crate) fn new(bytes: &'m [u8]) -> Self {
        Self { bytes: bytes.iter() }
    }

    #[inline]
    fn number(&mut self) -> u32 {
        packed::take(&mut self.bytes).expect("a mention is written as a whole")
    }
}

impl Iterator for Mentions<'_> {
    type Item = RawUse;

    #[inline]
    fn next(&mut self) -> Option<RawUse> {
        let first = *self.bytes.next()?;
        let index = match first & Self::FOLLOWS {
            Self::FOLLOWS => self.number(),
            small => small.into(),
        };
        Some(match u64::from(first >> 4) {
            kind::FUNC => Use::Func(index),
            kind::FUNC_REF => Use::FuncRef(index),
            kind::TABLE_CALL => Use::TableCall(index),
            kind::TABLE => Use::Table(index),
            kind::MEMORY => Use::Memory(index),
            kind::GLOBAL => Use::Global(index),
            kind::TAG => Use::Tag(index),
            kind::TYPE => Use::Type(index),
            kind::ELEM => Use::Elem(index),
            kind::DATA => Use::Data(index),
            kind::SIZE => Use::Whole(Whole::Size(index)),
            kind::GROW => Use::Whole(Whole::Grow(index)),
            kind::COPY => Use::Whole(Whole::Copy(index, self.number())),
            kind::FILL => Use::Whole(Whole::Fill(index)),
            kind::INIT => Use::Whole(Whole::Init(index, self.number())),
            other => unreachable!("no mention is of kind {other}: the kinds are 1 to 15"),
        })
    }
}
