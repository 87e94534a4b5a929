//! Bytes that are copied, with some of them replaced.
//!
//! In: a section of the input, and replacements in ascending order. Out: the bytes at the end of a section of the output, and for each
//! place of the input its place there. Most replacements are as long as what they replace.

use std::ops::Range;

/// Copies bytes of `input` to the end of `out`.
pub(super) struct Edit<'i, 'o> {
    input: &'i [u8],
    out: &'o mut Vec<u8>,
    /// Where the copy begins, in the input and in the output.
    start: (usize, usize),
    copied: usize,
    /// Places of the input, and what they and all behind them have moved by.
    shifts: Vec<(usize, isize)>,
}

impl<'i, 'o> Edit<'i, 'o> {
    /// A copy that begins at `start`, which is in the input.
    pub(super) fn new(input: &'i [u8], start: usize, out: &'o mut Vec<u8>) -> Self {
        let start = (start, out.len());
        Self { input, out, start, copied: start.0, shifts: Vec::new() }
    }

    /// Replaces a range, which is behind those that were replaced before.
    pub(super) fn replace(&mut self, range: Range<usize>, with: &[u8]) {
        self.out.extend_from_slice(&self.input[self.copied..range.start]);
        self.out.extend_from_slice(with);
        self.copied = range.end;
        if range.len() != with.len() {
            let shift = self.shifts.last().map_or(0, |last| last.1) + with.len() as isize - range.len() as isize;
            self.shifts.push((range.end, shift));
        }
    }

    /// Where in the output the place behind what was replaced last is, if it has been copied as far as `to`.
    pub(super) fn place(&mut self, to: usize) -> usize {
        self.out.extend_from_slice(&self.input[self.copied..to]);
        self.copied = to;
        self.out.len()
    }

    /// Copies the rest, as far as `end`.
    pub(super) fn finish(mut self, end: usize) -> Moves {
        self.place(end);
        Moves { start: self.start, shifts: self.shifts }
    }
}

/// Where bytes went.
pub(super) struct Moves {
    start: (usize, usize),
    shifts: Vec<(usize, isize)>,
}

impl Moves {
    /// Where a place of the input is in the output. It is not inside of what was replaced.
    pub(super) fn place(&self, input: usize) -> Option<usize> {
        let before = self.shifts.partition_point(|(place, _)| *place <= input);
        let shift = before.checked_sub(1).map_or(0, |last| self.shifts[last].1);
        input.checked_sub(self.start.0)?.checked_add(self.start.1)?.checked_add_signed(shift)
    }

    /// Whether everything is as far from the beginning as it was.
    pub(super) fn is_even(&self) -> bool {
        self.shifts.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::Edit;

    #[test]
    fn places_move_with_what_is_in_front() {
        let mut out = b"..".to_vec();
        let mut edit = Edit::new(b"0123456789", 1, &mut out);
        edit.replace(2..3, b"x");
        edit.replace(4..5, b"yyy");
        edit.replace(7..9, b"");
        let moves = edit.finish(10);
        assert_eq!(out, b"..1x3yyy569");
        let places: Vec<_> = [1, 2, 4, 5, 6, 9].into_iter().map(|place| moves.place(place).unwrap()).collect();
        assert_eq!(places, [2, 3, 5, 8, 9, 10]);
        assert_eq!(moves.place(0), None);
    }
}
