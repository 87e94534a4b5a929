//! What a body mentions.
//!
//! In: the immediates of a body's instructions, as [`super::body`] reads them. Out: each thing that the body
//! mentions, once, in the module's own indices. Liveness and folding ask for nothing else of a body. Made in the
//! walk that validates: to read the same immediates again costs a third of a validation.

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
    /// An instruction on a whole memory, beside the mentions of its indices: in a window other entities stand
    /// for it.
    Whole(W),
}

/// A mention in the indices of a module.
pub type RawUse = Use<u32, u32, u32, u32, u32, u32, u32, u32, Whole>;

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

/// Mentions in the making; the buffer is used again from body to body.
pub(crate) struct MentionWriter {
    mentions: Vec<RawUse>,
    /// The last few, each at a place of its own: code says the same thing over and over. A key has the number of the
    /// body in it.
    recent: [u64; MentionWriter::RECENT],
    /// Counts bodies, from 1.
    body: u64,
    /// Whether memory 0 is mentioned: most mentions are of it.
    memory_0: bool,
}

impl Default for MentionWriter {
    fn default() -> Self {
        Self { mentions: Vec::new(), recent: [0; Self::RECENT], body: 1, memory_0: false }
    }
}

impl MentionWriter {
    /// A power of two.
    const RECENT: usize = 64;
    /// Bits of a key below the number of the body: four for the kind, 32 for the index.
    const BODY: u32 = 36;

    /// Adds a mention.
    #[inline(always)]
    pub(crate) fn push(&mut self, mention: RawUse) {
        // Small indices are the common ones; what is added keeps those of different spaces apart.
        let (kind, index, apart) = match mention {
            Use::Memory(0) => {
                self.memory_0 = true;
                return;
            }
            Use::Whole(_) => {
                self.mentions.push(mention);
                return;
            }
            Use::Func(index) => (0, index, 0),
            Use::FuncRef(index) => (1, index, 20),
            Use::Type(index) => (2, index, 40),
            Use::Tag(index) => (3, index, 50),
            Use::Elem(index) => (4, index, 51),
            Use::Data(index) => (5, index, 52),
            Use::Table(index) => (6, index, 53),
            Use::TableCall(index) => (7, index, 54),
            Use::Global(index) => (8, index, 56),
            Use::Memory(index) => (9, index, 62),
        };
        let key = self.body << Self::BODY | kind << 32 | u64::from(index);
        let recent = &mut self.recent[index.wrapping_add(apart) as usize % Self::RECENT];
        if *recent != key {
            *recent = key;
            self.mentions.push(mention);
        }
    }

    /// Appends what was added since the last time to `out`: each mention once, in ascending order.
    pub(crate) fn finish(&mut self, out: &mut Vec<RawUse>) {
        if std::mem::take(&mut self.memory_0) {
            self.mentions.push(Use::Memory(0));
        }
        self.mentions.sort_unstable();
        self.mentions.dedup();
        out.append(&mut self.mentions);
        self.body += 1;
        // After as many bodies as there are numbers, what was recent in the first would be so again.
        if self.body >> (u64::BITS - Self::BODY) != 0 {
            self.recent.fill(0);
            self.body = 1;
        }
    }
}
