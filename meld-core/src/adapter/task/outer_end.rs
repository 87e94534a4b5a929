//! Ends of streams and futures whose other end is the host's.
//!
//! In: a built-in, or a readable end that crosses the boundary to the host. Out: instructions that have the component around the module do it, by the *outer* index of the end
//! (`CanonicalABI.md`, `canon {stream,future}.{read,write}`, `lift_async_value`, `lower_stream`, `lower_future`), and keep the record of the end in step (`runtime/tasks_outer.wat`).
//!
//! A readable end of a pair that was made inside becomes one outside when it goes to the host: a pair is made there, and the writable end
//! stands for the writable end of that pair from now on.

use super::super::Adapters;
use super::super::body::{BodyBuilder, Local};
use super::super::edge::{Conversion, Direction, Leaving, ValuePlace};
use super::outer::misplanned;
use super::{FUTURE_READ, STREAM_READ};
use crate::abi::types::{TypeDef, ValType as InterfaceType};
use crate::dfg::{HostBuiltin, HostBuiltinKind as Kind, Trampoline};
use crate::error::AdapterError;
use crate::ids::TrampolineId;
use crate::synth::{AccessOp, FuncRef, HostImport, SynthFunc};
use wasm_encoder::{BlockType, Instruction, ValType};

impl Adapters<'_> {
    /// The reads and writes of ends that may be outer ones.
    pub(super) fn outer_copies(&self) -> Vec<(u32, (TrampolineId, HostBuiltin))> {
        let copies = (0..).zip(&self.tasks_plan().copies);
        let copies = copies.filter_map(|(number, id)| match self.dfg.trampolines[*id] {
            Trampoline::Host(builtin) if builtin.ty.is_some_and(|ty| self.is_outer(ty)) => {
                Some((number, (*id, builtin)))
            }
            _ => None,
        });
        copies.collect()
    }

    /// Has the host write: `(built-in, end, outer index, pointer, length)`, and the result.
    pub(super) fn write_outside(&mut self) -> Result<SynthFunc, AdapterError> {
        let name = "write of an outer end".to_owned();
        let mut body = BodyBuilder::new(name, vec![ValType::I32; 5], vec![ValType::I32]);
        let mut writes = self.outer_copies();
        writes.retain(|(_, (_, builtin))| matches!(builtin.kind, Kind::StreamWrite | Kind::FutureWrite));
        let result = body.local(ValType::I32);
        let mut failed = None;
        self.numbered(&mut body, 0, &writes, |adapters, body, _, (id, builtin)| {
            let length = (builtin.kind == Kind::StreamWrite).then_some(4);
            let lent = adapters.lend_elements(body, id, &builtin, [1, 3], length);
            body.get(2);
            let given = lent.and_then(|()| adapters.outer_buffer(body, &builtin, 3, length));
            failed = failed.take().or(given.err());
            body.call(FuncRef::Host(HostImport::Builtin(id)));
            body.set(result.index);
        });
        body.get(result.index);
        failed.map_or(Ok(body.finish()), Err)
    }

    /// A read or a write whose range was checked: what is done if the end is an outer one. The rest is for any other, and then comes the end of a block
    /// with the result.
    pub(super) fn begin_outer_copy(
        &mut self,
        id: TrampolineId,
        number: u32,
        end: &Local,
        body: &mut BodyBuilder,
    ) -> Result<(), AdapterError> {
        let Trampoline::Host(builtin) = self.dfg.trampolines[id] else { return Err(misplanned(id)) };
        let is_async = builtin.options.is_some_and(|options| self.dfg.options[options].is_async);
        let is_stream = matches!(builtin.kind, Kind::StreamRead | Kind::StreamWrite);
        self.begin_if_outer(end, body);
        body.get(end.index);
        body.i32(is_async.into());
        body.i32(number);
        body.get(1);
        self.call_tasks(body, "outer_copy");
        if matches!(builtin.kind, Kind::StreamWrite | Kind::FutureWrite) {
            self.lend_elements(body, id, &builtin, [end.index, 1], is_stream.then_some(2))?;
        }
        body.get(end.index);
        body.i32(is_async.into());
        body.get(end.index);
        self.call_tasks(body, "outer_of");
        self.outer_buffer(body, &builtin, 1, is_stream.then_some(2))?;
        body.call(FuncRef::Host(HostImport::Builtin(id)));
        self.call_tasks(body, "outer_copied");
        body.plain(Instruction::Else);
        Ok(())
    }

    /// What is done if a waitable is an outer one.
    pub(super) fn begin_if_outer(&mut self, waitable: &Local, body: &mut BodyBuilder) {
        body.get(waitable.index);
        self.call_tasks(body, "outer_of");
        body.plain(Instruction::If(BlockType::Result(ValType::I32)));
    }

    /// A built-in that cancels an operation: of the end on the stack.
    pub(super) fn outer_cancel(&mut self, id: TrampolineId, is_async: bool, body: &mut BodyBuilder) {
        let end = body.pop(ValType::I32);
        self.begin_if_outer(&end, body);
        body.get(end.index);
        body.i32(is_async.into());
        self.call_tasks(body, "outer_stop");
        body.plain(Instruction::Else);
        body.i32(0);
        body.plain(Instruction::End);
        body.plain(Instruction::If(BlockType::Result(ValType::I32)));
        body.get(end.index);
        body.get(end.index);
        self.call_tasks(body, "outer_of");
        body.call(FuncRef::Host(HostImport::Builtin(id)));
        self.call_tasks(body, "outer_stopped");
        body.plain(Instruction::Else);
        body.get(end.index);
        body.i32(is_async.into());
        self.call_tasks(body, "end_cancel");
        body.plain(Instruction::End);
    }

    /// A built-in that drops the end on the stack.
    pub(super) fn outer_drop(&mut self, id: TrampolineId, body: &mut BodyBuilder) {
        let end = body.pop(ValType::I32);
        body.get(end.index);
        self.call_tasks(body, "outer_of");
        let index = body.pop(ValType::I32);
        body.get(end.index);
        self.call_tasks(body, "end_drop");
        body.get(index.index);
        body.plain(Instruction::If(BlockType::Empty));
        body.get(index.index);
        body.call(FuncRef::Host(HostImport::Builtin(id)));
        body.plain(Instruction::End);
    }

    /// The import of a built-in for that type of streams or futures, of any instance.
    fn outer_builtin(&self, ty: InterfaceType, kinds: [Kind; 2]) -> Option<FuncRef> {
        let mut found = self.dfg.trampolines.iter().filter_map(|(id, trampoline)| match trampoline {
            Trampoline::Host(builtin) if kinds.contains(&builtin.kind) && builtin.ty == Some(ty) => Some(id),
            _ => None,
        });
        found.next().map(|id| FuncRef::Host(HostImport::Builtin(id)))
    }
}

impl Conversion<'_, '_> {
    /// Moves the readable end of a stream or a future between the host and the instance.
    pub(in crate::adapter) fn readable_end(
        &mut self,
        ty: InterfaceType,
        place: ValuePlace<'_>,
    ) -> Result<(), AdapterError> {
        let instance = self.inner.instance;
        let tag = self.adapters.end_tag(ty, false);
        if self.way == Direction::Outbound && self.leaving == Leaving::Later {
            self.leaves(tag, place)?;
        }
        self.begin_write(place);
        self.read(place, AccessOp::I32Load)?;
        let index = self.body.pop(ValType::I32);
        match self.way {
            Direction::Inbound => {
                let is_future =
                    matches!(ty, InterfaceType::Def(id) if matches!(self.adapters.dfg.types[id], TypeDef::Future(_)));
                self.body.get(index.index);
                self.body.i32(if is_future { FUTURE_READ } else { STREAM_READ });
                self.adapters.call_tasks(&mut self.body, "outer_end");
                let end = self.body.pop(ValType::I32);
                self.adapters.enter_table(&mut self.body, instance, tag, &end);
                self.body.release(end);
            }
            Direction::Outbound if self.leaving == Leaving::Later => {
                self.adapters.entry_of(&mut self.body, instance, tag, index.index, false);
                let end = self.body.pop(ValType::I32);
                self.body.get(end.index);
                self.adapters.call_tasks(&mut self.body, "outer_lend");
                self.outside(ty, &end);
                self.body.release(end);
            }
            Direction::Outbound => {
                self.adapters.entry_of(&mut self.body, instance, tag, index.index, true);
                self.adapters.call_tasks(&mut self.body, "end_lift");
                let end = self.body.pop(ValType::I32);
                self.outside(ty, &end);
                self.body.get(end.index);
                self.adapters.call_tasks(&mut self.body, "outer_leave");
                self.body.release(end);
            }
        }
        self.body.release(index);
        self.end_write(place)
    }

    /// Pushes the outer index of a readable end. One of a pair inside gets it now.
    fn outside(&mut self, ty: InterfaceType, end: &Local) {
        self.body.get(end.index);
        self.adapters.call_tasks(&mut self.body, "outer_of");
        self.body.plain(Instruction::I32Eqz);
        self.body.plain(Instruction::If(BlockType::Empty));
        self.make_outer(ty, end);
        self.body.plain(Instruction::End);
        self.body.get(end.index);
        self.adapters.call_tasks(&mut self.body, "outer_of");
    }

    /// Makes a pair outside for the readable end of one inside, and has its writable end stand for that of the pair outside.
    fn make_outer(&mut self, ty: InterfaceType, end: &Local) {
        let Some(new) = self.adapters.outer_builtin(ty, [Kind::StreamNew, Kind::FutureNew]) else {
            // Nobody makes such pairs, so the end came from the host.
            self.body.plain(Instruction::Unreachable);
            return;
        };
        self.body.call(new);
        let ends = self.body.pop(ValType::I64);
        let writable = |body: &mut BodyBuilder| {
            body.get(ends.index);
            body.i64(32);
            body.plain(Instruction::I64ShrU);
            body.plain(Instruction::I32WrapI64);
        };
        self.body.get(end.index);
        self.body.get(ends.index);
        self.body.plain(Instruction::I32WrapI64);
        writable(&mut self.body);
        self.adapters.call_tasks(&mut self.body, "outer_pair");
        self.body.plain(Instruction::If(BlockType::Empty));
        match self.adapters.outer_builtin(ty, [Kind::StreamDropWritable, Kind::FutureDropWritable]) {
            Some(drop) => {
                writable(&mut self.body);
                self.body.call(drop);
            }
            None => self.body.plain(Instruction::Unreachable),
        }
        self.body.plain(Instruction::End);
        self.body.release(ends);
    }

    /// Notes that what is at `place` leaves the table when the host has read it.
    pub(in crate::adapter) fn leaves(&mut self, tag: u32, place: ValuePlace<'_>) -> Result<(), AdapterError> {
        self.body.i32(tag);
        self.read(place, AccessOp::I32Load)?;
        self.adapters.call_tasks(&mut self.body, "leave");
        Ok(())
    }
}
