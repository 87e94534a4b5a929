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
    /// The last few, each at a place of its own: code says the same thing over and over. With the body that says it.
    recent: [(u32, RawUse); MentionWriter::RECENT],
    /// Counts bodies, from 1.
    body: u32,
    /// Whether memory 0 is mentioned: most mentions are of it.
    memory_0: bool,
}

impl Default for MentionWriter {
    fn default() -> Self {
        Self { mentions: Vec::new(), recent: [(0, Use::Func(0)); Self::RECENT], body: 1, memory_0: false }
    }
}

impl MentionWriter {
    /// A power of two.
    const RECENT: usize = 64;

    /// Adds a mention. Small indices are the common ones, and the numbers here keep those of different spaces
    /// apart.
    #[inline]
    pub(crate) fn push(&mut self, mention: RawUse) {
        let place = match mention {
            Use::Memory(0) => {
                self.memory_0 = true;
                return;
            }
            Use::Func(index) => index,
            Use::FuncRef(index) => index.wrapping_add(20),
            Use::Type(index) => index.wrapping_add(40),
            Use::Tag(index) => index.wrapping_add(50),
            Use::Elem(index) => index.wrapping_add(51),
            Use::Data(index) => index.wrapping_add(52),
            Use::Table(index) => index.wrapping_add(53),
            Use::TableCall(index) => index.wrapping_add(54),
            Use::Global(index) => index.wrapping_add(56),
            Use::Memory(index) => index.wrapping_add(62),
            Use::Whole(_) => 60,
        };
        let recent = &mut self.recent[place as usize % Self::RECENT];
        if *recent != (self.body, mention) {
            *recent = (self.body, mention);
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
        // After as many bodies as there are numbers, what was recent in the first would be so again.
        self.body = self.body.checked_add(1).unwrap_or_else(|| {
            self.recent.fill((0, Use::Func(0)));
            1
        });
    }
}
