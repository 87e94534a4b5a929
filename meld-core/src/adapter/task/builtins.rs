//! Built-ins of tasks and waitables that are carried out in the module.
//!
//! In: a [`HostBuiltin`]. Out: its function, on the table of its instance and the runtime module of tasks (`CanonicalABI.md`, "Canonical
//! Definitions").

use super::super::Adapters;
use super::super::body::{BodyBuilder, Bytes};
use super::{SET, SUBTASK};
use crate::dfg::{HostBuiltin, HostBuiltinKind as Kind, StringEncoding};
use crate::error::AdapterError;
use crate::ids::{ComponentInstanceId, TrampolineId};
use crate::plan::TaskCall;
use crate::synth::{AccessOp, FuncRef, HostImport, SynthFunc, TrapClass};
use wasm_encoder::{Instruction, ValType};

impl Adapters<'_> {
    /// `backpressure.inc` and `backpressure.dec`.
    pub(super) fn task_backpressure(
        &mut self,
        id: TrampolineId,
        instance: ComponentInstanceId,
        more: u32,
    ) -> Result<SynthFunc, AdapterError> {
        let mut body = BodyBuilder::new(self.trampoline_name(id), Vec::new(), Vec::new());
        body.i32(self.instance_number(instance));
        body.i32(more);
        self.call_tasks(&mut body, "backpressure");
        Ok(body.finish())
    }

    /// A built-in of tasks or waitables.
    pub(super) fn task_builtin(&mut self, id: TrampolineId, builtin: HostBuiltin) -> Result<SynthFunc, AdapterError> {
        let (params, results) = self.host_builtin_signature(&builtin);
        let count = u32::try_from(params.len()).expect("at most 16 parameters");
        let mut body = BodyBuilder::new(self.trampoline_name(id), params, results);
        self.guarded(id, &mut body);
        let instance = builtin.instance;
        match builtin.kind {
            Kind::TaskReturn => self.task_return(id, builtin, count, &mut body)?,
            Kind::TaskCancel => {
                self.call_tasks(&mut body, "task_cancel");
                let task = body.pop(ValType::I32);
                let calls: Vec<(u32, TaskCall)> = (0..).zip(self.tasks_plan().calls.iter().copied()).collect();
                self.switch(&mut body, task.index, &calls, |_, body, _, call| {
                    if let TaskCall::Host(_) = call {
                        body.call(FuncRef::Host(HostImport::Builtin(id)));
                    }
                });
            }
            Kind::SubtaskDrop => {
                self.entry_of(&mut body, instance, SUBTASK, 0, true);
                self.call_tasks(&mut body, "subtask_drop");
            }
            Kind::SubtaskCancel { is_async } => {
                self.entry_of(&mut body, instance, SUBTASK, 0, false);
                if self.tasks_plan().outer.calls.is_empty() {
                    body.i32(is_async.into());
                    self.call_tasks(&mut body, "subtask_cancel");
                } else {
                    self.outer_subtask_cancel(id, is_async, &mut body);
                }
            }
            Kind::ThreadYield => {
                self.call_tasks(&mut body, "yield");
                // There is no form that hears of a cancellation.
                body.i32(0);
            }
            Kind::WaitableSetNew => {
                let add = self.table_func(instance, "new_own");
                body.i32(SET);
                self.call_tasks(&mut body, "set_new");
                body.call(add);
            }
            Kind::WaitableSetDrop => {
                self.entry_of(&mut body, instance, SET, 0, true);
                self.call_tasks(&mut body, "set_drop");
            }
            Kind::WaitableSetWait => self.set_event(builtin, "wait", &mut body)?,
            Kind::WaitableSetPoll => self.set_event(builtin, "poll", &mut body)?,
            Kind::WaitableJoin => self.join(instance, &mut body),
            kind if builtin.ty.is_some() => self.end_builtin(id, kind, builtin, &mut body)?,
            _ => {
                let reason = "the planner keeps out what is not carried out in the module";
                return Err(AdapterError::Misplanned { trampoline: id.to_string(), reason });
            }
        }
        Ok(body.finish())
    }

    /// `waitable-set.wait` and `waitable-set.poll`: `unpack_event`.
    fn set_event(
        &mut self,
        builtin: HostBuiltin,
        name: &'static str,
        body: &mut BodyBuilder,
    ) -> Result<(), AdapterError> {
        let options = builtin.options.map(|options| &self.dfg.options[options]);
        let memory = options
            .and_then(|options| self.canon_memory(options))
            .ok_or_else(|| AdapterError::MissingOption { item: body.name().to_owned(), option: "memory" })?;
        self.entry_of(body, builtin.instance, SET, 0, false);
        self.call_tasks(body, name);
        let payloads = [body.pop(ValType::I32), body.pop(ValType::I32)];
        let code = body.pop(ValType::I32);
        body.check_aligned(1, 4, TrapClass::PointerUnaligned);
        body.check_in_bounds(memory, 1, Bytes::Const(8), TrapClass::PointerOutOfBounds);
        for (payload, offset) in payloads.iter().zip([4, 0]) {
            body.get(1);
            body.get(payload.index);
            body.access(AccessOp::I32Store, memory.memory, offset);
        }
        body.get(code.index);
        Ok(())
    }

    /// `waitable.join`
    fn join(&mut self, instance: ComponentInstanceId, body: &mut BodyBuilder) {
        let find = self.table_func(instance, "find");
        body.get(0);
        body.call(find);
        let waitable = body.pop(ValType::I32);
        let tag = body.pop(ValType::I32);
        // All waitables have tags with the highest bit, and so has a set.
        body.get(tag.index);
        body.i32(0);
        body.plain(Instruction::I32GeS);
        body.get(tag.index);
        body.i32(SET);
        body.plain(Instruction::I32Eq);
        body.plain(Instruction::I32Or);
        body.trap_if(TrapClass::HandleType);
        body.get(waitable.index);
        body.get(1);
        body.plain(Instruction::If(wasm_encoder::BlockType::Result(ValType::I32)));
        self.entry_of(body, instance, SET, 1, false);
        body.plain(Instruction::Else);
        body.i32(0);
        body.plain(Instruction::End);
        self.call_tasks(body, "join");
    }

    /// `task.return`: of the calls of functions that have its type and its options.
    fn task_return(
        &mut self,
        id: TrampolineId,
        builtin: HostBuiltin,
        count: u32,
        body: &mut BodyBuilder,
    ) -> Result<(), AdapterError> {
        self.call_tasks(body, "returning");
        let task = body.pop(ValType::I32);
        let own = builtin.options.map(|options| &self.dfg.options[options]);
        let encoding = own.map_or(StringEncoding::Utf8, |own| own.encoding);
        let memory = own.and_then(|own| own.memory);
        let fits = |(_, call): &(u32, TaskCall)| {
            let lift = &self.dfg.lifts[call.lift()];
            let options = &self.dfg.options[lift.options];
            options.instance == builtin.instance
                && options.is_async
                && options.encoding == encoding
                && memory.is_none_or(|memory| options.memory == Some(memory))
                && self.dfg.types[lift.ty].result == builtin.ty
        };
        let calls: Vec<(u32, TaskCall)> = (0..).zip(self.tasks_plan().calls.iter().copied()).filter(fits).collect();
        let to_host = calls.iter().find(|(_, call)| matches!(call, TaskCall::Host(_))).map(|(_, call)| call.lift());
        // All of them have these options.
        let to_host = to_host.map(|lift| self.return_to_host(id, builtin, self.lift_options(lift))).transpose()?;
        self.switch(body, task.index, &calls, |adapters, body, number, call| {
            for param in 0..count {
                body.get(param);
            }
            match call {
                TaskCall::Inner(..) => {
                    body.get(task.index);
                    body.call(FuncRef::Synth(adapters.task_funcs().returns[&number]));
                }
                TaskCall::Host(_) => {
                    body.call(to_host.expect("there is one"));
                    body.get(task.index);
                    adapters.call_tasks(body, "resolve");
                }
            }
        });
        Ok(())
    }
}
