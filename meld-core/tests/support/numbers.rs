//! Numbers that look random.

/// A generator (xorshift). Its seed is any number but 0.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// The next number below `n`, or below 1.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n.max(1) as u64) as usize
    }
}
