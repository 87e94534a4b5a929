//! Where a body writes to locals, and where its blocks end.
//!
//! In: a body of the input. Out: [`Extents`], made in one walk before the one that asks: what holds at the beginning of a
//! loop depends on the instructions further down in it.

use crate::error::MergeError;
use crate::input::Body;
use std::collections::HashMap;
use wasmparser::Operator;

/// Writes and blocks of a body, by offsets in it.
#[derive(Debug, Default)]
pub(in crate::passes) struct Extents {
    /// Where each local is written, in order.
    locals: HashMap<u32, Vec<u32>>,
    /// Where the block that begins at an offset ends.
    ends: HashMap<u32, u32>,
}

impl Extents {
    pub(in crate::passes) fn new(body: &Body<'_>) -> Result<Self, MergeError> {
        let mut extents = Self::default();
        let mut open: Vec<u32> = Vec::new();
        let mut operators = body.operators();
        while !operators.eof() {
            let at = operators.original_position() as u32;
            match operators.read()? {
                Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                    extents.locals.entry(local_index).or_default().push(at);
                }
                Operator::Block { .. }
                | Operator::Loop { .. }
                | Operator::If { .. }
                | Operator::Try { .. }
                | Operator::TryTable { .. } => open.push(at),
                Operator::End | Operator::Delegate { .. } => {
                    if let Some(start) = open.pop() {
                        extents.ends.insert(start, at);
                    }
                }
                _ => {}
            }
        }
        Ok(extents)
    }

    /// Whether the block that begins at `start` writes a local. One that has no end cannot be; it might write everything.
    pub(in crate::passes) fn writes_local(&self, start: u32, local: u32) -> bool {
        self.writes(self.locals.get(&local), start)
    }

    fn writes(&self, writes: Option<&Vec<u32>>, start: u32) -> bool {
        let writes = writes.map_or(&[][..], Vec::as_slice);
        let first = writes.partition_point(|&write| write < start);
        match (writes.get(first), self.ends.get(&start)) {
            (None, _) => false,
            (Some(write), Some(end)) => write < end,
            (Some(_), None) => true,
        }
    }
}
