//! Addresses in locals that have been checked, and where that still holds.
//!
//! In: the control instructions and the writes to locals of a body, in order. Out: [`AccessFacts`]: for a memory and a local, how many
//! bytes from the address in the local on are known to be inside.
//!
//! # Why a fact holds where it is used
//!
//! A *version* of a local is what it has at a place, by the number of writes to it further up. A fact about a
//! version is learnt at an access, the place *p*, which it has passed: then the bytes from `local + start` to `local + end` are inside. It is used at
//! a place *q* further down, where the local has the same version, so no write to it is between the two.
//!
//! *Control has passed p before it is at q.* The code between could only be skipped by a branch forward, which leads to
//! the end of a block, to an `else`, or to a `catch`. One that skips *p* and lands above *q* lands at the end, or at the next branch,
//! of a block that *p* is in. There, what was learnt since its beginning is forgotten, and what was known at its
//! beginning holds again: every way to there begins in the block, and that has passed its beginning. The end of a loop is not
//! the target of a branch: it is reached from above only, and what is known there stays.
//!
//! *The local has not been written since it last passed p.* A write above *p* that is carried out again is followed by *p*
//! again, and so is one below *q* that comes round to *q* by the beginning of a loop above *p*. What is left is a loop that
//! begins between *p* and *q* and has *q* in it: there the fact is used only if nothing in the whole loop writes the local
//! ([`AccessFacts::comes_round`]). Calls write no locals.
//!
//! *The memory is as large as it was at p*, or larger.
//!
//! Code that cannot be reached teaches facts as well. They are used only where control has passed there, which is nowhere.
//!
//! Rejected: a graph of basic blocks and a fixed point over it. It would know little more, because code that was
//! structured by a compiler has its blocks nested by dominance, and it would not be linear in time.

use crate::error::MergeError;
use crate::input::Body;
use crate::passes::walk::extents::Extents;
use std::collections::HashMap;
use std::ops::Range;
use wasmparser::Operator;

/// A value that a local has had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Version {
    /// The local.
    pub(super) local: u32,
    /// How many writes to it are further up.
    writes: usize,
}

/// A check that has been made.
#[derive(Debug, Clone, Copy)]
struct Fact {
    /// Bytes from the address to those that are known to be inside.
    start: u64,
    /// Bytes from the address to their end.
    end: u64,
    /// Where it was made: the offset of an instruction in the body.
    at: u32,
}

/// A memory's index and an address.
type FactKey = (u32, Version);

/// What is known at one place of a body, which moves downwards.
#[derive(Debug, Default)]
pub(super) struct AccessFacts {
    extents: Extents,
    /// How many writes to a local are further up.
    written: HashMap<u32, usize>,
    /// The blocks around the place.
    open: Vec<Frame>,
    /// The loops among them: where they begin, from the outermost on.
    loops: Vec<u32>,
    known: HashMap<FactKey, Fact>,
    /// What was known in place of each fact, since the beginning of the body.
    before: Vec<(FactKey, Option<Fact>)>,
}

/// A block, a loop, or one with branches.
#[derive(Debug, Clone, Copy)]
struct Frame {
    is_loop: bool,
    /// Length of [`AccessFacts::before`] at the beginning.
    before: usize,
}

impl AccessFacts {
    /// At the beginning of a body.
    pub(super) fn new(body: &Body<'_>) -> Result<Self, MergeError> {
        Ok(Self { extents: Extents::new(body)?, ..Self::default() })
    }

    /// What a local has at this place.
    pub(super) fn version(&self, local: u32) -> Version {
        Version { local, writes: self.written.get(&local).copied().unwrap_or_default() }
    }

    /// Passes a write. Returns the new version.
    pub(super) fn write(&mut self, local: u32) -> Version {
        *self.written.entry(local).or_default() += 1;
        self.version(local)
    }

    /// Passes an instruction that says how control goes on; others change nothing.
    pub(super) fn control(&mut self, at: u32, operator: &Operator<'_>) {
        match operator {
            Operator::Block { .. } | Operator::If { .. } | Operator::Try { .. } | Operator::TryTable { .. } => {
                self.open.push(Frame { is_loop: false, before: self.before.len() });
            }
            Operator::Loop { .. } => {
                self.open.push(Frame { is_loop: true, before: self.before.len() });
                self.loops.push(at);
            }
            // From the beginning of the block, past the code in between.
            Operator::Else | Operator::Catch { .. } | Operator::CatchAll => {
                if let Some(&frame) = self.open.last() {
                    self.forget(frame.before);
                }
            }
            // The body itself has an end, and no beginning.
            Operator::End | Operator::Delegate { .. } => match self.open.pop() {
                Some(Frame { is_loop: true, .. }) => _ = self.loops.pop(),
                Some(Frame { is_loop: false, before }) => self.forget(before),
                None => {}
            },
            _ => {}
        }
    }

    /// Whether the bytes that are so far from an address are known to be inside of a memory.
    pub(super) fn knows(&self, memory: u32, address: Version, bytes: Range<u64>) -> bool {
        self.known.get(&(memory, address)).is_some_and(|fact| {
            fact.start <= bytes.start && bytes.end <= fact.end && !self.comes_round(address.local, fact.at)
        })
    }

    /// From here on, those bytes are.
    pub(super) fn learn(&mut self, memory: u32, address: Version, bytes: Range<u64>, at: u32) {
        let key = (memory, address);
        let before = self.known.insert(key, Fact { start: bytes.start, end: bytes.end, at });
        self.before.push((key, before));
    }

    /// Whether a loop around this place that begins after `at` writes a local, above or below.
    fn comes_round(&self, local: u32, at: u32) -> bool {
        // The outermost of them has the others in it.
        let outer = self.loops.partition_point(|&start| start < at);
        self.loops.get(outer).is_some_and(|&start| self.extents.writes_local(start, local))
    }

    /// Takes back what was learnt since.
    fn forget(&mut self, before: usize) {
        for (key, fact) in self.before.drain(before..).rev() {
            match fact {
                Some(fact) => self.known.insert(key, fact),
                None => self.known.remove(&key),
            };
        }
    }
}
