//! The abstract domain: what is known of a number, and how instructions change it.
//!
//! In: what is known of operands. Out: what is known of the result. E is the value of the pointer at entry. A
//! number is *of the pointer* if E flows into it, in locals, on the operand stack, or through a memory to which the
//! function itself has written a number of the pointer that is no address in its frame.
//!
//! | | concretization: the numbers v of 32 bits, for which |
//! |---|---|
//! | `Num(r)` | v ≡ k (mod 2^32) for some k in r |
//! | `Param(i, k)` | v ≡ the i-th argument + k (mod 2^32) |
//! | `Other` | v is not of the pointer: E has the factor 0 in it |
//! | `At(r)` | v ≡ E + k (mod 2^32) for some k in r |
//! | `Near` | v ≡ E + x (mod 2^32) for some x that is not of the pointer |
//! | `Mixed` | true; the number has been computed from one of the pointer, and not as a sum in which E has the factor 1 |
//! | `Any` | true |
//!
//! For a number of 64 bits, the table is about its lower half. The upper half of a number of the pointer may be anything.
//!
//! Ranges have bounds of 32 bits with a sign, so each class modulo 2^32 has one number between the smallest and the largest bound. A range
//! that would be larger, or goes over one of these bounds, becomes the next larger element. So each claim about a sum also holds if the
//! sum wraps.
//!
//! `Num ⊑ Other`, `Param ⊑ Other`, `Other ⊑ Mixed ⊑ Any`, and `At ⊑ Near ⊑ Any`. A join is the least element above both; of ranges, the least
//! range. Chains are finite. Widening makes them short: [`Value::widened`] goes from a range that grows to the element above.
//!
//! `down` is no part of the domain. For a number without bounds it says whether an unknown number has moved it *down*.
//! `--share-stack` without a size refuses accesses at such numbers.

/// Numbers from one to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) low: i32,
    pub(super) high: i32,
}

impl Range {
    /// What comparisons return.
    pub(super) const BOOL: Range = Range { low: 0, high: 1 };

    pub(super) const fn of(value: i32) -> Self {
        Self { low: value, high: value }
    }

    /// The range of the same classes modulo 2^32, if there is one.
    fn wrapped(low: i64, high: i64) -> Option<Self> {
        const TURN: i64 = 1 << 32;
        let turns = (low - i64::from(i32::MIN)).div_euclid(TURN) * TURN;
        let (low, high) = (low - turns, high - turns);
        Some(Self { low: i32::try_from(low).ok()?, high: i32::try_from(high).ok()? })
    }

    fn plus(self, other: Self) -> Option<Self> {
        Self::wrapped(i64::from(self.low) + i64::from(other.low), i64::from(self.high) + i64::from(other.high))
    }

    fn minus(self, other: Self) -> Option<Self> {
        Self::wrapped(i64::from(self.low) - i64::from(other.high), i64::from(self.high) - i64::from(other.low))
    }

    fn join(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    /// The number, if there is one.
    pub(super) fn single(self) -> Option<i32> {
        (self.low == self.high).then_some(self.low)
    }
}

/// What is known of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    Num(Range),
    Param(u32, i32),
    Other,
    At(Range),
    Near { down: bool },
    Mixed,
    Any { down: bool },
}

use Value::{Any, At, Mixed, Near, Num, Other, Param};

impl Value {
    /// A comparison's result.
    pub(super) const BOOL: Value = Num(Range::BOOL);

    /// Whether it may be of the pointer.
    pub(super) fn is_of_pointer(self) -> bool {
        matches!(self, At(_) | Near { .. } | Mixed | Any { .. })
    }

    /// Whether an unknown number may have moved it down.
    pub(super) fn down(self) -> bool {
        matches!(self, Near { down: true } | Mixed | Any { down: true })
    }

    /// The lowest distance from E, if it is known.
    pub(super) fn low(self) -> Option<i32> {
        match self {
            At(range) => Some(range.low),
            _ => None,
        }
    }

    /// The least value above both.
    pub(super) fn join(self, other: Self) -> Self {
        match (self, other) {
            (one, other) if one == other => one,
            (Num(one), Num(other)) => Num(one.join(other)),
            (At(one), At(other)) => At(one.join(other)),
            (At(_), Near { down }) | (Near { down }, At(_)) => Near { down },
            (Near { down: one }, Near { down: other }) => Near { down: one | other },
            (one, other) if !one.is_of_pointer() && !other.is_of_pointer() => Other,
            (Mixed, other) | (other, Mixed) if !other.is_of_pointer() => Mixed,
            (one, other) => Any { down: one.down() | other.down() },
        }
    }

    /// An element above both, from which a chain is short. `self` is what was known before.
    pub(super) fn widened(self, other: Self) -> Self {
        match (self, self.join(other)) {
            (before, joined) if before == joined => before,
            (Num(_), Num(_)) => Other,
            (At(before), At(joined)) => Near { down: joined.low < before.low },
            (_, joined) => joined,
        }
    }

    /// `i32.add`
    pub(super) fn add(self, other: Self) -> Self {
        match (self, other) {
            (Num(one), Num(other)) => one.plus(other).map_or(Other, Num),
            (Param(index, offset), Num(by)) | (Num(by), Param(index, offset)) => {
                by.single().map_or(Other, |by| Param(index, offset.wrapping_add(by)))
            }
            (At(at), Num(by)) | (Num(by), At(at)) => at.plus(by).map_or(Near { down: true }, At),
            (At(_), Other | Param(..)) | (Other | Param(..), At(_)) => Near { down: false },
            (Near { down }, Num(_) | Other | Param(..)) | (Num(_) | Other | Param(..), Near { down }) => Near { down },
            (Any { down }, other) | (other, Any { down }) if !other.is_of_pointer() => Any { down },
            (At(_) | Near { .. } | Any { .. }, Mixed | Any { .. })
            | (Mixed | Any { .. }, At(_) | Near { .. } | Any { .. }) => Any { down: true },
            (one, other) => one.mixed(other),
        }
    }

    /// `i32.sub`
    pub(super) fn sub(self, other: Self) -> Self {
        match (self, other) {
            (Num(one), Num(other)) => one.minus(other).map_or(Other, Num),
            (Param(index, offset), Num(by)) => by.single().map_or(Other, |by| Param(index, offset.wrapping_sub(by))),
            (At(at), Num(by)) => at.minus(by).map_or(Near { down: true }, At),
            (Near { down }, Num(_)) => Near { down },
            (At(_) | Near { .. }, Other | Param(..)) => Near { down: true },
            // E has the factors 1 and 1: the difference is not of the pointer.
            (At(one), At(other)) => one.minus(other).map_or(Other, Num),
            (At(_) | Near { .. }, At(_) | Near { .. }) => Other,
            (Any { down }, Num(_)) => Any { down },
            (Any { .. }, Other | Param(..)) => Any { down: true },
            (At(_) | Near { .. } | Any { .. }, Mixed | Any { .. }) => Any { down: true },
            (one, other) => one.mixed(other),
        }
    }

    /// `i32.and`
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            // Aligned downwards: lower by at most the bits that the mask clears, and never below 0.
            (At(at), Num(mask)) | (Num(mask), At(at)) => match mask.single() {
                Some(mask @ ..0) if mask.unsigned_abs().is_power_of_two() => {
                    let less = Range { low: 0, high: !mask };
                    at.minus(less).map_or(Any { down: true }, At)
                }
                _ => Mixed,
            },
            // It may be aligned: then it is not a sum any more, but still an address.
            (Near { .. } | Any { .. }, Num(_)) | (Num(_), Near { .. } | Any { .. }) => Any { down: true },
            (one, other) => one.mixed(other),
        }
    }

    /// `i32.or`
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            // Higher by at most the bits that are set, and never above the largest number.
            (At(at), Num(bits)) | (Num(bits), At(at)) => match bits.single() {
                Some(bits @ 0..) => at.plus(Range { low: 0, high: bits }).map_or(Any { down: true }, At),
                _ => Mixed,
            },
            (Near { .. } | Any { .. }, Num(_)) | (Num(_), Near { .. } | Any { .. }) => Any { down: true },
            (one, other) => one.mixed(other),
        }
    }

    /// The lower half of what `i64.add` or `i64.or` makes of both, by what the same on 32 bits does.
    pub(super) fn wide(self, other: Self, of: fn(Self, Self) -> Self) -> Self {
        match (self.is_of_pointer(), other.is_of_pointer()) {
            (true, true) => Mixed,
            (false, false) => Other,
            _ => of(self, other),
        }
    }

    /// The lower half of what `i64.shl` makes of it.
    pub(super) fn wide_shl(self, by: Self) -> Self {
        match by {
            Num(by) if !self.is_of_pointer() && by.single().is_some_and(|by| by & 63 >= 32) => Num(Range::of(0)),
            _ => self.mixed(by),
        }
    }

    /// What an instruction that is not listed makes of both.
    pub(super) fn mixed(self, other: Self) -> Self {
        if self.is_of_pointer() || other.is_of_pointer() { Mixed } else { Other }
    }
}
