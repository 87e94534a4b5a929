//! Guest bodies, spliced.
//!
//! In: a body of the input, the places in it that the parser noted, and what indices become. Out: the body
//! of the merged module: everything between those places is copied unchanged. Only the few
//! instructions that carry an index are looked at. A call site that [`crate::passes::liveness`] made direct is replaced
//! together with the constant in front of it.
//! What is said about places in a body, by branch hints and by debug information, needs to know where they went ([`Moved`]).

use super::insertions::Insertions;
use super::{DirectCall, Op};
use crate::error::MergeError;
use crate::input::opcode::RETURN_CALL_INDIRECT;
use crate::input::{Body, CoreModule};
use crate::module::consts::EntityRemap;
use crate::module::remap::{self, Bridge};
use wasm_encoder::reencode::Reencode;
use wasm_encoder::{Encode, ValType};
use wasmparser::{BinaryReader, FunctionBody};

/// Where the places of a body went: offsets in the input, and in the output, from which on both count alike, as far as the next. An
/// instruction went to where begins what was inserted in front of it.
#[derive(Debug, Default)]
pub(crate) struct Moved(pub(crate) Vec<(u32, u32)>);

impl Moved {
    fn push(&mut self, input: usize, output: usize) {
        let (input, output) = (input as u32, output as u32);
        let (last_input, last_output) = self.0.last().copied().unwrap_or_default();
        if output.wrapping_sub(input) != last_output.wrapping_sub(last_input) {
            self.0.push((input, output));
        }
    }

    /// Where an instruction of the input is in the output.
    pub(crate) fn place(&self, offset: u32) -> u32 {
        let before = self.0.partition_point(|&(input, _)| input <= offset);
        let (input, output) = before.checked_sub(1).map_or((0, 0), |last| self.0[last]);
        offset - input + output
    }
}

/// Appends the remapped body, one of `module`, to `out`. `insertions` come in front of instructions. `moved` gets to know where
/// instructions went.
pub(crate) fn splice<R: EntityRemap>(
    module: &CoreModule<'_>,
    body: &Body<'_>,
    calls: &[DirectCall],
    insertions: &Insertions,
    remap: &mut R,
    out: &mut Vec<u8>,
    mut moved: Option<&mut Moved>,
) -> Result<(), MergeError> {
    let base = out.len();
    let mut copied = 0;
    if body.locals_mention_types || !insertions.locals.is_empty() || !insertions.entry.is_empty() {
        locals(body, insertions, remap, out)?;
        for op in &insertions.entry {
            remap.op(op, out)?;
        }
        copied = body.code_start as usize;
        if let Some(moved) = &mut moved {
            moved.push(copied, out.len() - base);
        }
    }
    let mut calls = calls.iter().peekable();
    let mut inserted = insertions.before.iter().peekable();
    // Where memory 0 stays what it is, so do accesses to it: they are copied with what is around them. Asked at the
    // first one: there may be no such memory.
    let mut memory_stays = None;
    for at in module.relocations(body) {
        while let Some((before, ops)) = inserted.next_if(|(before, _)| *before <= at) {
            insert(body, *before, ops, &mut copied, remap, out)?;
            // The instruction itself counts as being where the insertion is.
            if let Some(moved) = &mut moved {
                moved.push(copied + 1, out.len() - base + 1);
            }
        }
        let at = at as usize;
        if remap::is_access_to_memory_0(body.bytes, at)
            && remap.keeps_offsets()
            && *memory_stays.get_or_insert_with(|| matches!(remap.access(0), Ok((0, 0))))
        {
            continue;
        }
        if let Some(call) = calls.next_if(|call| call.call as usize == at) {
            out.extend_from_slice(&body.bytes[copied..call.start as usize]);
            let callee = remap.func_id(call.callee)?;
            if let Some(moved) = &mut moved {
                moved.push(at, out.len() - base);
            }
            if body.bytes[at] == RETURN_CALL_INDIRECT {
                wasm_encoder::Instruction::ReturnCall(callee).encode(out);
            } else {
                wasm_encoder::Instruction::Call(callee).encode(out);
            }
            // The old immediates have no part in the new instruction; they are read to find its end.
            copied = remap::instruction(
                body.bytes,
                at,
                &mut crate::module::references::Collector::default(),
                &mut Vec::new(),
            )?;
        } else {
            copy(body.bytes, copied, at, out);
            copied = remap::instruction(body.bytes, at, remap, out)?;
        }
        if let Some(moved) = &mut moved {
            moved.push(copied, out.len() - base);
        }
    }
    for (before, ops) in inserted {
        insert(body, *before, ops, &mut copied, remap, out)?;
        if let Some(moved) = &mut moved {
            moved.push(copied + 1, out.len() - base + 1);
        }
    }
    out.extend_from_slice(&body.bytes[copied..]);
    Ok(())
}

/// Appends the body from `copied` up to `before`, and instructions in front of the one that is there.
fn insert<R: EntityRemap>(
    body: &Body<'_>,
    before: u32,
    ops: &[Op],
    copied: &mut usize,
    remap: &mut R,
    out: &mut Vec<u8>,
) -> Result<(), MergeError> {
    let before = before as usize;
    let between = body.bytes.get(*copied..before).ok_or_else(|| MergeError::Missing {
        item: "a body".to_owned(),
        missing: format!("the end of an instruction at {before}"),
    })?;
    out.extend_from_slice(between);
    *copied = before;
    ops.iter().try_for_each(|op| remap.op(op, out))
}

/// Appends `bytes[from..to]`. Most runs are a few bytes: a copy of a fixed length takes less time than to find out
/// how to copy few.
#[inline]
fn copy(bytes: &[u8], from: usize, to: usize, out: &mut Vec<u8>) {
    const RUN: usize = 16;
    match bytes[from..].first_chunk::<RUN>() {
        Some(run) if to - from <= RUN => {
            let end = out.len() + (to - from);
            out.extend_from_slice(run);
            out.truncate(end);
        }
        _ => out.extend_from_slice(&bytes[from..to]),
    }
}

fn locals<R: EntityRemap>(
    body: &Body<'_>,
    insertions: &Insertions,
    remap: &mut R,
    out: &mut Vec<u8>,
) -> Result<(), MergeError> {
    let locals = FunctionBody::new(BinaryReader::new(body.bytes, 0)).get_locals_reader()?;
    (locals.get_count() + (insertions.front.len() + insertions.locals.len()) as u32).encode(out);
    let one = |ty: &ValType, out: &mut Vec<u8>| {
        1u32.encode(out);
        ty.encode(out);
    };
    insertions.front.iter().for_each(|ty| one(ty, out));
    for local in locals {
        let (count, ty) = local?;
        count.encode(out);
        Bridge(&mut *remap).val_type(ty)?.encode(out);
    }
    insertions.locals.iter().for_each(|ty| one(ty, out));
    Ok(())
}
