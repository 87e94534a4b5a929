//! Where instructions went.
//!
//! In: the bodies of one instance, as the input has them and as they were written. Out: [`AddressMap`], which says for an address in the
//! DWARF of the input what it is in the output. An address is an offset in the contents of the code section, as LLVM and
//! engines count. Within a body the map is monotone, and the bodies of an instance are written in the order of the input; so a
//! range of the input is a range of the output.

use super::tombstone;
use std::ops::Range;

/// The addresses of one instance.
#[derive(Default)]
pub(super) struct AddressMap {
    /// In ascending order, without overlap.
    bodies: Vec<BodyAddresses>,
}

/// The addresses of one body: its first byte is that of the declarations of locals.
pub(super) struct BodyAddresses {
    /// In the input.
    pub(super) input: Range<u64>,
    /// In the output; `None` if it is not there, or if an equal function is there in its stead.
    pub(super) output: Option<Range<u64>>,
    /// Offsets in the body in the input, and in the output, from which on both count alike.
    pub(super) moved: Vec<(u32, u32)>,
}

impl BodyAddresses {
    /// An address in the body or at its end; `None` if the body is gone.
    fn map(&self, address: u64) -> Option<u64> {
        let output = self.output.as_ref()?;
        let offset = address.checked_sub(self.input.start)?;
        let before = self.moved.partition_point(|(input, _)| u64::from(*input) <= offset);
        let (input, moved) = before.checked_sub(1).map_or((0, 0), |last| self.moved[last]);
        Some((output.start + u64::from(moved) + (offset - u64::from(input))).min(output.end))
    }
}

impl AddressMap {
    /// The map of bodies in ascending order.
    pub(super) fn new(bodies: Vec<BodyAddresses>) -> Self {
        Self { bodies }
    }

    /// The position of the body that has the address in it or at its end.
    pub(super) fn position(&self, address: u64) -> Option<usize> {
        let position = self.bodies.partition_point(|body| body.input.start <= address).checked_sub(1)?;
        (address <= self.bodies[position].input.end).then_some(position)
    }

    /// The address in the body at `position`, which has it in it or at its end; `None` if the body is gone.
    pub(super) fn in_body(&self, position: usize, address: u64) -> Option<u64> {
        self.bodies[position].map(address)
    }

    /// Where the body at `position` ends in the input, and in the output if it is there.
    pub(super) fn ends(&self, position: usize) -> (u64, Option<u64>) {
        let body = &self.bodies[position];
        (body.input.end, body.output.as_ref().map(|output| output.end))
    }

    /// An address; what is dead, and what is no code, has the address that linkers give to it. Address 0 is no code: it is the base of
    /// what is not counted from anywhere else.
    pub(super) fn address(&self, address: u64, size: u8) -> u64 {
        if address == 0 {
            return 0;
        }
        let mapped = self.position(address).and_then(|position| self.in_body(position, address));
        mapped.unwrap_or(tombstone(size))
    }

    /// A range; `None` if nothing of it is there.
    pub(super) fn range(&self, range: Range<u64>) -> Option<Range<u64>> {
        let (first, last) = (self.position(range.start)?, self.position(range.end)?);
        let start = match self.in_body(first, range.start) {
            Some(start) => start,
            None => self.bodies.get(first + 1..=last)?.iter().find_map(|body| body.output.as_ref())?.start,
        };
        let end = match self.in_body(last, range.end) {
            Some(end) => end,
            None => self.bodies.get(first..last)?.iter().rev().find_map(|body| body.output.as_ref())?.end,
        };
        (start < end).then_some(start..end)
    }
}

#[cfg(test)]
mod tests {
    use super::{AddressMap, BodyAddresses};

    fn map() -> AddressMap {
        let body = |input, output, moved| BodyAddresses { input, output, moved };
        AddressMap::new(vec![
            body(2..10, None, vec![]),
            body(11..20, Some(30..42), vec![(4, 6), (6, 9)]),
            body(21..30, None, vec![]),
            body(31..40, Some(43..52), vec![]),
            body(41..50, None, vec![]),
        ])
    }

    #[test]
    fn addresses_move_with_their_instructions() {
        let map = map();
        let moved = [(11, 30), (14, 33), (15, 36), (16, 37), (17, 39), (20, 42), (31, 43), (40, 52), (0, 0)];
        for (input, output) in moved {
            assert_eq!(map.address(input, 4), output, "{input}");
        }
        for dead in [1, 2, 10, 25, 60, 0xffff_ffff] {
            assert_eq!(map.address(dead, 4), 0xffff_ffff, "{dead}");
        }
    }

    #[test]
    fn ranges_are_cut_to_what_is_there() {
        let map = map();
        assert_eq!(map.range(11..20), Some(30..42));
        assert_eq!(map.range(15..17), Some(36..39));
        assert_eq!(map.range(2..50), Some(30..52));
        assert_eq!(map.range(15..25), Some(36..42));
        assert_eq!(map.range(21..40), Some(43..52));
        for gone in [2..10, 21..30, 0..9, 41..50, 11..11, 60..70] {
            assert_eq!(map.range(gone.clone()), None, "{gone:?}");
        }
    }
}
