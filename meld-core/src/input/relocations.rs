//! The places in a body that a merger must look at again.
//!
//! In: offsets in ascending order. Out: the same as [`Relocations`], in about a byte each. There are as many of them
//! as there are loads, stores, calls and uses of globals in the input, and they live until the output is
//! written: kept as numbers they would be half as large as the input. The notes on all bodies of a module are in
//! one buffer, because a buffer for each body would be as large as what is in it.

use super::packed;

/// Offsets in a body, in ascending order.
#[derive(Debug, Clone)]
pub struct Relocations<'p> {
    distances: std::slice::Iter<'p, u8>,
    last: u32,
}

impl<'p> Relocations<'p> {
    /// What a [`RelocationWriter`] wrote.
    pub(crate) fn new(distances: &'p [u8]) -> Self {
        Self { distances: distances.iter(), last: 0 }
    }
}

impl Iterator for Relocations<'_> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        self.last += packed::take(&mut self.distances)?;
        Some(self.last)
    }
}

/// Writes offsets into the buffer of a module.
#[derive(Debug)]
pub(crate) struct RelocationWriter<'p> {
    /// Distances, from the start of the body and then from one to the next, in LEB128.
    distances: &'p mut Vec<u8>,
    last: u32,
}

impl<'p> RelocationWriter<'p> {
    /// Starts a body.
    pub(crate) fn new(distances: &'p mut Vec<u8>) -> Self {
        Self { distances, last: 0 }
    }

    /// Adds an offset, which is not below the one before.
    #[inline]
    pub(crate) fn push(&mut self, offset: u32) {
        packed::put(offset - self.last, self.distances);
        self.last = offset;
    }
}

#[cfg(test)]
mod tests {
    use super::{RelocationWriter, Relocations};

    #[test]
    fn offsets_come_back() {
        let mut buffer = Vec::new();
        for offsets in [vec![], vec![0], vec![3, 4, 131, 132 + 127, 132 + 255, 70_000, u32::MAX], vec![127, 255]] {
            let start = buffer.len();
            let mut writer = RelocationWriter::new(&mut buffer);
            offsets.iter().for_each(|offset| writer.push(*offset));
            assert_eq!(Relocations::new(&buffer[start..]).collect::<Vec<_>>(), offsets);
        }
    }
}
