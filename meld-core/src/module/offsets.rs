//! Static offsets that have a bound.
//!
//! In: the static offset of an access to a window, the base of the window, and the largest offset that there may be. Out: what is added to
//! the address instead ([`SplitOffset`]). Address and offset were added without wrapping; how that stays so is for [`crate::passes::offsets`].

use super::remap::rebased;

/// An offset in two parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SplitOffset {
    /// What is added to the address; 0 if the offset is small enough as it is.
    pub(crate) added: u32,
    /// The offset of the access then.
    pub(crate) stays: u64,
}

impl SplitOffset {
    /// Splits the offset of an access to a window at `base`. What the access had itself stays its offset, if it is small: what is added
    /// is then the same for all accesses to the window. An atomic access keeps an offset that leads beyond 2^32 from any of the last 16
    /// addresses.
    pub(crate) fn new(offset: u64, base: u32, max: u32, is_atomic: bool) -> Self {
        let whole = rebased(offset, base);
        let max = u64::from(max);
        if whole <= max {
            return Self { added: 0, stays: whole };
        }
        let stays = match () {
            () if is_atomic => 16 + whole % 16,
            () if offset <= max && whole == offset + u64::from(base) => offset,
            () => whole % (max + 1),
        };
        // An offset into a memory with 32-bit addresses has 32 bits, and windows have such memories only.
        let added = u32::try_from(whole - stays).unwrap_or(u32::MAX);
        Self { added, stays: whole - u64::from(added) }
    }
}
