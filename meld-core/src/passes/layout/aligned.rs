//! Places that a memory protection unit can cover.
//!
//! In: sizes. Out: regions by the rule of ARMv7-M (Architecture Reference Manual, B3.5, "Protected Memory System Architecture"): each has a size that is a
//! power of two, at least 32 bytes, and begins at a multiple of its size. Each takes the lowest place where it fits. Regions are placed small ones first, as without
//! this rule, and whatever comes later fills the gaps.
//! Rejected: subregions, of which a region from 256 bytes on has eight that can be left out: which of them are used is up to whoever sets the unit up.

use std::ops::Range;

/// The smallest region.
const SMALLEST: u64 = 32;

/// The size of a region with room for so many bytes.
pub(super) fn region_size(bytes: u64) -> u64 {
    bytes.max(SMALLEST).checked_next_power_of_two().unwrap_or(u64::MAX)
}

/// What is taken of a memory.
#[derive(Debug, Default)]
pub(super) struct Taken(Vec<Range<u64>>);

impl Taken {
    /// Takes the lowest region for so many bytes that does not begin below `lowest`.
    pub(super) fn lowest(&mut self, bytes: u64, lowest: u64) -> Range<u64> {
        let size = region_size(bytes);
        let aligned = |at: u64| at.checked_next_multiple_of(size).unwrap_or(u64::MAX);
        let mut start = aligned(lowest);
        while let Some(end) = self.in_the_way(&(start..start.saturating_add(size))) {
            start = aligned(end);
        }
        self.take(start..start.saturating_add(size))
    }

    /// Takes the last region for so many bytes of the smallest memory that has it, and all that is taken, as a region itself.
    pub(super) fn last(&mut self, bytes: u64) -> Range<u64> {
        let size = region_size(bytes);
        let mut end = region_size(self.end().max(size));
        while self.in_the_way(&(end - size..end)).is_some() && end < 1 << 32 {
            end *= 2;
        }
        self.take(end - size..end)
    }

    /// Takes what is there.
    pub(super) fn take(&mut self, range: Range<u64>) -> Range<u64> {
        self.0.push(range.clone());
        range
    }

    /// Where what is taken ends.
    pub(super) fn end(&self) -> u64 {
        self.0.iter().map(|range| range.end).max().unwrap_or_default()
    }

    /// The end of something that is taken in a range.
    fn in_the_way(&self, range: &Range<u64>) -> Option<u64> {
        let overlaps = |taken: &&Range<u64>| taken.start < range.end && range.start < taken.end;
        self.0.iter().find(overlaps).map(|taken| taken.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_powers_of_two() {
        assert_eq!([0, 1, 32, 33, 64, 65_537].map(region_size), [32, 32, 32, 64, 64, 131_072]);
    }

    #[test]
    fn each_takes_the_lowest_place() {
        let mut taken = Taken::default();
        assert_eq!(taken.lowest(100, 0), 0..128);
        assert_eq!(taken.lowest(1000, 0), 1024..2048);
        // In the gap.
        assert_eq!(taken.lowest(200, 0), 256..512);
        assert_eq!(taken.lowest(128, 0), 128..256);
        assert_eq!(taken.lowest(32, 600), 608..640);
        assert_eq!(taken.lowest(4096, 0), 4096..8192);
    }

    #[test]
    fn the_last_ends_where_the_memory_does() {
        let mut taken = Taken::default();
        taken.lowest(100, 0);
        assert_eq!(taken.last(64), 192..256);
        let mut taken = Taken::default();
        taken.lowest(100, 0);
        assert_eq!(taken.last(4096), 4096..8192);
        assert_eq!(Taken::default().last(100), 0..128);
    }
}
