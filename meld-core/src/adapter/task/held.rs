//! What a call of the host, or a write to one of its readers, holds until the host has read what it is given.
//!
//! In: the instance, and the memory that has what is given. Out: functions that keep two lists with the record of a subtask or of an end (`runtime/tasks_outer.wat`):
//!
//! - *notes*: places in the guest's memory that have the host's numbers for handles and ends, and what was there before. A guest does not look at such memory
//!   meanwhile (`CanonicalABI.md`, `canon lower`, `stream.write`). Of a place that was noted twice, the first note has what was there.
//! - what *leaves* the table of the instance when the host has read it: tags and indices. It is lent until then, so that it stays.

use super::super::Adapters;
use super::super::body::{BodyBuilder, Local};
use super::super::edge::Conversion;
use super::super::place::Memory;
use crate::error::AdapterError;
use crate::ids::{ComponentInstanceId, SynthId};
use crate::synth::{AccessOp, FuncRef};
use indexmap::IndexMap;
use wasm_encoder::{BlockType, Instruction, ValType};

/// Functions that are written when they are first needed.
#[derive(Debug, Default)]
pub(super) struct HeldFuncs {
    apply: IndexMap<(ComponentInstanceId, Memory), SynthId>,
    put_back: IndexMap<(ComponentInstanceId, Memory), SynthId>,
    leave: IndexMap<ComponentInstanceId, SynthId>,
}

impl Adapters<'_> {
    fn held(&mut self) -> &mut HeldFuncs {
        &mut self.tasks.as_mut().expect("they are reserved wherever tasks are planned").held
    }

    /// `(notes)`: puts what is noted into the memory. Returns notes of what was there, the oldest last.
    pub(super) fn apply_notes(&mut self, instance: ComponentInstanceId, memory: Memory) -> FuncRef {
        if let Some(id) = self.held().apply.get(&(instance, memory)) {
            return FuncRef::Synth(*id);
        }
        let name = format!("apply notes of {}", self.instance_name(instance));
        let mut body = BodyBuilder::new(name, vec![ValType::I32], vec![ValType::I32]);
        let before = body.local(ValType::I32);
        body.i32(0);
        body.set(before.index);
        self.begin_list(&mut body);
        let new = body.pop(ValType::I32);
        let address = body.pop(ValType::I32);
        body.set(0);
        body.get(before.index);
        body.get(address.index);
        body.get(address.index);
        body.access(AccessOp::I32Load, memory.memory, 0);
        self.call_tasks(&mut body, "pair");
        body.set(before.index);
        body.get(address.index);
        body.get(new.index);
        body.access(AccessOp::I32Store, memory.memory, 0);
        end_loop(&mut body);
        body.get(before.index);
        let id = self.synths.push(body.finish());
        self.held().apply.insert((instance, memory), id);
        FuncRef::Synth(id)
    }

    /// `(notes, place, bytes)`: the memory is what it was before, but for that many bytes from there on, which have been written anew.
    pub(super) fn put_back_notes(&mut self, instance: ComponentInstanceId, memory: Memory) -> FuncRef {
        if let Some(id) = self.held().put_back.get(&(instance, memory)) {
            return FuncRef::Synth(*id);
        }
        let name = format!("put back notes of {}", self.instance_name(instance));
        let mut body = BodyBuilder::new(name, vec![ValType::I32; 3], Vec::new());
        self.begin_list(&mut body);
        let old = body.pop(ValType::I32);
        let address = body.pop(ValType::I32);
        body.set(0);
        for byte in 0..4 {
            // Modulo 2^32: what lies before that place is far behind it.
            body.get(address.index);
            body.i32(byte);
            body.plain(Instruction::I32Add);
            body.get(1);
            body.plain(Instruction::I32Sub);
            body.get(2);
            body.plain(Instruction::I32GeU);
            body.plain(Instruction::If(BlockType::Empty));
            body.get(address.index);
            body.get(old.index);
            body.i32(8 * byte);
            body.plain(Instruction::I32ShrU);
            body.access(AccessOp::I32Store8, memory.memory, byte.into());
            body.plain(Instruction::End);
        }
        end_loop(&mut body);
        let id = self.synths.push(body.finish());
        self.held().put_back.insert((instance, memory), id);
        FuncRef::Synth(id)
    }

    /// A loop over pairs of the list in local 0, which ends by [`end_loop`]. Leaves the rest of the list and a pair on the stack.
    fn begin_list(&mut self, body: &mut BodyBuilder) {
        begin_loop(body);
        body.get(0);
        body.plain(Instruction::I32Eqz);
        body.plain(Instruction::BrIf(1));
        body.get(0);
        self.call_tasks(body, "unpair");
    }

    /// `(list, count)`: what the list has of the first `count` elements leaves the table of the instance, and the rest stays. What is in no element belongs to the first.
    pub(super) fn leave_table(&mut self, instance: ComponentInstanceId) -> FuncRef {
        if let Some(id) = self.held().leave.get(&instance) {
            return FuncRef::Synth(*id);
        }
        let name = format!("leave the table of {}", self.instance_name(instance));
        let mut body = BodyBuilder::new(name, vec![ValType::I32; 2], Vec::new());
        let element = body.local(ValType::I32);
        body.i32(0);
        body.set(element.index);
        self.begin_list(&mut body);
        let index = body.pop(ValType::I32);
        let tag = body.pop(ValType::I32);
        body.set(0);
        body.get(tag.index);
        body.plain(Instruction::I32Eqz);
        body.plain(Instruction::If(BlockType::Empty));
        body.get(index.index);
        body.set(element.index);
        body.plain(Instruction::Else);
        // Tags of waitables have the highest bit, and those of resources have not.
        body.get(tag.index);
        body.i32(0);
        body.plain(Instruction::I32LtS);
        body.plain(Instruction::If(BlockType::Empty));
        self.entry_in(&mut body, instance, [tag.index, index.index], "rep");
        self.call_tasks(&mut body, "outer_unlend");
        body.plain(Instruction::Else);
        let unlend = self.table_func(instance, "unlend");
        body.get(index.index);
        body.call(unlend);
        body.plain(Instruction::End);
        body.get(element.index);
        body.get(1);
        body.plain(Instruction::I32LtU);
        body.plain(Instruction::If(BlockType::Empty));
        self.entry_in(&mut body, instance, [tag.index, index.index], "take_own");
        let taken = body.pop(ValType::I32);
        body.get(tag.index);
        body.i32(0);
        body.plain(Instruction::I32LtS);
        body.plain(Instruction::If(BlockType::Empty));
        body.get(taken.index);
        self.call_tasks(&mut body, "end_lift");
        self.call_tasks(&mut body, "outer_leave");
        body.plain(Instruction::End);
        body.plain(Instruction::End);
        body.plain(Instruction::End);
        end_loop(&mut body);
        let id = self.synths.push(body.finish());
        self.held().leave.insert(instance, id);
        FuncRef::Synth(id)
    }
}

impl Adapters<'_> {
    /// Pushes what a function of the table says of an entry whose tag and index are in locals.
    fn entry_in(
        &mut self,
        body: &mut BodyBuilder,
        instance: ComponentInstanceId,
        [tag, index]: [u32; 2],
        name: &'static str,
    ) {
        let func = self.table_func(instance, name);
        body.get(tag);
        body.get(index);
        body.call(func);
    }
}

impl Conversion<'_, '_> {
    /// Notes the number on the stack for the address below it.
    pub(in crate::adapter) fn note_later(&mut self) {
        self.adapters.call_tasks(&mut self.body, "note");
    }

    /// Takes the lists of what was converted: what leaves, and notes, which are applied.
    pub(super) fn held_lists(
        &mut self,
        instance: ComponentInstanceId,
        leaves: bool,
        noted: bool,
    ) -> Result<[Option<Local>; 2], AdapterError> {
        let leaves = leaves.then(|| {
            self.adapters.call_tasks(&mut self.body, "leaving");
            self.body.pop(ValType::I32)
        });
        if !noted {
            return Ok([leaves, None]);
        }
        let memory = self.memory()?;
        let apply = self.adapters.apply_notes(instance, memory);
        self.adapters.call_tasks(&mut self.body, "noting");
        self.body.call(apply);
        let notes = self.body.pop(ValType::I32);
        Ok([leaves, Some(notes)])
    }
}

/// A loop, which ends by a branch to label 1.
pub(super) fn begin_loop(body: &mut BodyBuilder) {
    body.plain(Instruction::Block(BlockType::Empty));
    body.plain(Instruction::Loop(BlockType::Empty));
}

pub(super) fn end_loop(body: &mut BodyBuilder) {
    body.plain(Instruction::Br(0));
    body.plain(Instruction::End);
    body.plain(Instruction::End);
}
