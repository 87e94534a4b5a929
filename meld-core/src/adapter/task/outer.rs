//! Calls of the host's functions.
//!
//! In: an imported function that is lowered with the option `async`, or `subtask.cancel`. Out: functions that have the
//! component around the module do it, by the *outer* index of the subtask, and keep the entry of the instance in step
//! (`CanonicalABI.md`, `canon lower`, `canon subtask.cancel`). What the host says later
//! comes as an event of one set, the outer set, and the runtime module of tasks finds the record for it (`runtime/tasks_outer.wat`). Ends are in
//! [`outer_end`](super::outer_end), and what a call holds until the host begins in [`held`](super::held).

use super::super::Adapters;
use super::super::body::BodyBuilder;
use super::super::edge::{Conversion, Direction, Inner, Leaving, ValuePlace};
use super::super::place::Memory;
use super::held::{begin_loop, end_loop};
use super::root::waker;
use super::{SUBTASK, TASK_CANCELLED};
use crate::abi::handles::HandleTypes;
use crate::abi::signature::{CanonSide, Signature};
use crate::abi::types::{FuncType, ValType as InterfaceType};
use crate::dfg::{CanonOptions, ComponentFunc, HostBuiltin, Trampoline};
use crate::error::AdapterError;
use crate::ids::{ComponentInstanceId, ImportFuncId, OptionsId, RuntimeInstanceId, TrampolineId};
use crate::plan::{Edge, Pointers};
use crate::runtime::{RuntimeInstance, TaskCallbacks};
use crate::synth::{FuncRef, HostImport, MemoryRef, SynthFunc, TrapClass, WakerCall};
use wasm_encoder::{BlockType, Instruction, ValType};

/// Bits of what an asynchronous call returns that are its state, and how many there are.
const STATE: u32 = 15;
const STATE_BITS: u32 = 4;
/// `Subtask.State`
const RETURNED: u32 = 2;

/// What a call of the host holds.
#[derive(Debug, Clone, Copy)]
struct OuterHeld {
    instance: ComponentInstanceId,
    /// Handles are lent until the call is over.
    lends: bool,
    /// Handles or ends leave the table of the instance when the host begins.
    leaves: bool,
    /// There are such in this memory, and until the host begins it has other numbers for them.
    noted: Option<Memory>,
    /// The bytes of the result, if there is one. The last parameter is its place.
    result: Option<u64>,
}

impl Adapters<'_> {
    /// Whether anything has its other side in the host.
    pub(super) fn has_outer(&self) -> bool {
        !self.tasks_plan().outer.is_empty()
    }

    /// Whether ends of that type may be outer ones.
    pub(super) fn is_outer(&self, ty: InterfaceType) -> bool {
        matches!(ty, InterfaceType::Def(id) if self.tasks_plan().outer.types.contains(&id))
    }

    /// The function of a lower of a function of the host.
    pub(super) fn outer_call(
        &mut self,
        id: TrampolineId,
        func: ImportFuncId,
        options: OptionsId,
    ) -> Result<SynthFunc, AdapterError> {
        let ty = &self.dfg.types[self.dfg.import_funcs[func].ty];
        let canon = &self.dfg.options[options];
        let signature = self.abi.async_signature(ty, CanonSide::Lower, false);
        let number = self.tasks_plan().outer_call(id).ok_or_else(|| misplanned(id))?;
        let held = self.held_by(id)?;
        let result = self.outer_result(id)?;
        let out = ty.result.map(|_| u32::try_from(signature.params.len() - 1).expect("at most 5 parameters"));
        let body = BodyBuilder::new(self.trampoline_name(id), signature.params.clone(), signature.results.clone());
        self.or_unsupported(body, |adapters, mut body| {
            adapters.guarded(id, &mut body);
            let mut conversion = adapters.adapter(body, ty, canon)?;
            conversion.way = Direction::Outbound;
            conversion.leaving = Leaving::Later;
            let (in_table, pointers) = apart(conversion.inner);
            conversion.inner = in_table;
            let lent = held.lends.then(|| {
                conversion.table("lend_mark");
                conversion.body.pop(ValType::I32)
            });
            conversion.params(ty, &signature)?;
            let [leaves, notes] = conversion.held_lists(held.instance, held.leaves, held.noted.is_some())?;
            conversion.leaving = Leaving::Now;
            conversion.inner = pointers;
            let wrong = conversion.late_params(ty, &signature)?;
            conversion.import_arguments(&signature)?;
            conversion.body.call(FuncRef::Host(HostImport::Lower(func, options)));
            let status = conversion.body.pop(ValType::I32);
            if let Some(wrong) = wrong {
                conversion.trap_if_late(&wrong, &status);
                conversion.body.release(wrong);
            }
            let Conversion { adapters, mut body, .. } = conversion;
            let state = body.local(ValType::I32);
            body.get(status.index);
            body.i32(STATE);
            body.plain(Instruction::I32And);
            body.set(state.index);
            let lists = [&leaves, &notes];
            if lists.iter().any(|list| list.is_some()) {
                body.get(state.index);
                body.plain(Instruction::If(BlockType::Empty));
                let lists = lists.map(|list| list.as_ref().map(|list| list.index));
                adapters.give_up(&mut body, held, state.index, 1, lists, out);
                body.plain(Instruction::End);
            }
            body.get(state.index);
            body.i32(RETURNED);
            body.plain(Instruction::I32Eq);
            body.plain(Instruction::If(BlockType::Result(ValType::I32)));
            if let Some(lent) = &lent {
                let release = adapters.table_func(held.instance, "lend_release");
                body.get(lent.index);
                body.call(release);
            }
            if let (Some(func), Some(out)) = (result, out) {
                body.get(out);
                body.call(func);
            }
            body.i32(RETURNED);
            body.plain(Instruction::Else);
            body.i32(number);
            body.i32(adapters.instance_number(canon.instance));
            body.get(status.index);
            body.i32(STATE_BITS);
            body.plain(Instruction::I32ShrU);
            body.get(state.index);
            adapters.call_tasks(&mut body, "outer_call");
            let task = body.pop(ValType::I32);
            if let Some(out) = out {
                body.get(task.index);
                body.get(out);
                adapters.call_tasks(&mut body, "set_out");
            }
            if let Some(lent) = &lent {
                adapters.keep_lent(&mut body, held.instance, [task.index, lent.index]);
            }
            if lists.iter().any(|list| list.is_some()) {
                body.get(state.index);
                body.plain(Instruction::I32Eqz);
                body.plain(Instruction::If(BlockType::Empty));
                body.get(task.index);
                for list in lists {
                    match list {
                        Some(list) => body.get(list.index),
                        None => body.i32(0),
                    }
                }
                adapters.call_tasks(&mut body, "hold");
                body.plain(Instruction::End);
            }
            body.get(task.index);
            let add = adapters.table_func(canon.instance, "new_own");
            body.i32(SUBTASK);
            body.get(task.index);
            body.call(add);
            adapters.call_tasks(&mut body, "subtask_at");
            body.plain(Instruction::End);
            Ok(body.finish())
        })
    }

    /// Has a task keep the handles that were lent since the mark.
    fn keep_lent(&mut self, body: &mut BodyBuilder, instance: ComponentInstanceId, [task, mark]: [u32; 2]) {
        let [now, pop] = ["lend_mark", "lend_pop"].map(|name| self.table_func(instance, name));
        begin_loop(body);
        body.call(now);
        body.get(mark);
        body.plain(Instruction::I32Eq);
        body.plain(Instruction::BrIf(1));
        body.get(task);
        body.call(pop);
        self.call_tasks(body, "lend_to");
        end_loop(body);
    }

    /// The type and the options of a call of the host.
    fn import_of(&self, id: TrampolineId) -> Result<(ImportFuncId, OptionsId), AdapterError> {
        match self.dfg.trampolines[id] {
            Trampoline::Lower { func: ComponentFunc::Import(func), options } => Ok((func, options)),
            _ => Err(misplanned(id)),
        }
    }

    /// What a call of the host holds.
    fn held_by(&self, id: TrampolineId) -> Result<OuterHeld, AdapterError> {
        let (func, options) = self.import_of(id)?;
        let (ty, canon) = (&self.dfg.types[self.dfg.import_funcs[func].ty], &self.dfg.options[options]);
        let inner = self.inner(canon, &self.trampoline_name(id))?;
        let signature = self.abi.async_signature(ty, CanonSide::Lower, false);
        let handles = HandleTypes::of_values(self.abi.types(), ty.params.iter().map(|(_, ty)| *ty));
        Ok(OuterHeld {
            instance: canon.instance,
            lends: !handles.borrowed.is_empty(),
            leaves: handles.waitables || !handles.owned.is_empty(),
            noted: inner.memory.filter(|_| self.rewrites_params(apart(inner).0, ty, &signature)),
            result: ty.result.map(|ty| self.abi.facts(ty).layout.size),
        })
    }

    /// What makes the result of a call of the host, at the address that is the parameter, the caller's, if there is something to do.
    fn outer_result(&mut self, id: TrampolineId) -> Result<Option<FuncRef>, AdapterError> {
        if let Some(func) = self.task_funcs().outer_results.get(&id) {
            return Ok(*func);
        }
        let (func, options) = self.import_of(id)?;
        let (ty, canon) = (&self.dfg.types[self.dfg.import_funcs[func].ty], &self.dfg.options[options]);
        let name = self.trampoline_name(id);
        let inner = self.inner(canon, &name)?;
        let result = if self.is_rewritten(inner, Direction::Inbound, ty.result.as_slice()) {
            let body = BodyBuilder::new(format!("result of {name}"), vec![ValType::I32], Vec::new());
            let func = self.or_unsupported(body, |adapters, body| {
                let mut conversion = adapters.adapter(body, ty, canon)?;
                conversion.way = Direction::Inbound;
                conversion.fields(ty.result.as_slice(), ValuePlace::Memory { base: 0, offset: 0 })?;
                Ok(conversion.body.finish())
            })?;
            Some(FuncRef::Synth(self.synths.push(func)))
        } else {
            None
        };
        if let Some(tasks) = &mut self.tasks {
            tasks.outer_results.insert(id, result);
        }
        Ok(result)
    }

    /// Writes what the runtime calls back.
    pub(super) fn write_outer(&mut self) -> Result<(), AdapterError> {
        let TaskCallbacks { receive, join, begin, finish, settle, write, .. } = self.task_funcs().callbacks;
        self.synths[receive] = self.receive();

        let mut body = BodyBuilder::new("join the outer set".to_owned(), vec![ValType::I32; 2], Vec::new());
        if self.has_outer() {
            body.get(0);
            body.get(1);
            body.plain(Instruction::If(BlockType::Result(ValType::I32)));
            self.outer_set(&mut body);
            body.plain(Instruction::Else);
            body.i32(0);
            body.plain(Instruction::End);
            body.call(waker(WakerCall::Join));
        }
        self.synths[join] = body.finish();
        let [begins, ends] = self.begin_and_finish()?;
        self.synths[begin] = begins;
        self.synths[finish] = ends;
        self.synths[write] = self.write_outside()?;
        self.synths[settle] = self.settle_outside()?;
        Ok(())
    }

    /// Where the host writes events.
    pub(in crate::adapter) fn events(&mut self) -> RuntimeInstanceId {
        self.runtime.intern(RuntimeInstance::events(self.plan.memory.shared().is_some()))
    }

    /// Gets one event, with what the runtime does for it.
    fn receive(&mut self) -> SynthFunc {
        let mut body = BodyBuilder::new("receive of the outer set".to_owned(), vec![ValType::I32], Vec::new());
        if !self.has_outer() {
            return body.finish();
        }
        let events = self.events();
        self.call_tasks(&mut body, "outer_set");
        body.plain(Instruction::I32Eqz);
        body.plain(Instruction::If(BlockType::Empty));
        body.plain(Instruction::Return);
        body.plain(Instruction::End);
        body.get(0);
        body.plain(Instruction::If(BlockType::Result(ValType::I32)));
        for (call, next) in [(WakerCall::Wait, Instruction::Else), (WakerCall::Poll, Instruction::End)] {
            self.call_tasks(&mut body, "outer_set");
            body.i32(0);
            if self.plan.memory.shared().is_some() {
                body.leave_window(MemoryRef::Runtime(events));
            }
            body.call(waker(call));
            body.plain(next);
        }
        let code = body.pop(ValType::I32);
        body.call(FuncRef::Runtime(events, "index"));
        let index = body.pop(ValType::I32);
        body.call(FuncRef::Runtime(events, "payload"));
        let payload = body.pop(ValType::I32);
        self.received(&mut body, code.index, [index.index, payload.index]);
        body.finish()
    }

    /// Gives an event in locals to the runtime, if it is one of a waitable: a code before `TASK_CANCELLED`.
    pub(super) fn received(&mut self, body: &mut BodyBuilder, code: u32, [index, payload]: [u32; 2]) {
        body.get(code);
        body.i32(1);
        body.plain(Instruction::I32Sub);
        body.i32(TASK_CANCELLED - 1);
        body.plain(Instruction::I32LtU);
        body.plain(Instruction::If(BlockType::Empty));
        for local in [code, index, payload] {
            body.get(local);
        }
        self.call_tasks(body, "outer_event");
        body.plain(Instruction::End);
    }

    /// Pushes the outer set.
    pub(super) fn outer_set(&mut self, body: &mut BodyBuilder) {
        self.call_tasks(body, "outer_set");
        body.plain(Instruction::I32Eqz);
        body.plain(Instruction::If(BlockType::Empty));
        body.call(waker(WakerCall::SetNew));
        self.call_tasks(body, "set_outer_set");
        body.plain(Instruction::End);
        self.call_tasks(body, "outer_set");
    }

    /// The calls of the host, by number.
    pub(super) fn outer_calls(&self) -> Result<Vec<(u32, TrampolineId)>, AdapterError> {
        let plan = self.tasks_plan();
        plan.outer.calls.iter().map(|&id| Ok((plan.outer_call(id).ok_or_else(|| misplanned(id))?, id))).collect()
    }

    /// What the runtime calls when a call of the host begins after it has come back, `(task, state)`, and when it ends, `(task, outer index, state)`.
    fn begin_and_finish(&mut self) -> Result<[SynthFunc; 2], AdapterError> {
        let mut begin = BodyBuilder::new("begin of a call of the host".to_owned(), vec![ValType::I32; 2], Vec::new());
        let mut finish = BodyBuilder::new("end of a call of the host".to_owned(), vec![ValType::I32; 3], Vec::new());
        let calls = self.outer_calls()?;
        if calls.is_empty() {
            begin.plain(Instruction::Unreachable);
            finish.plain(Instruction::Unreachable);
            return Ok([begin.finish(), finish.finish()]);
        }
        let mut known = Vec::new();
        for (number, id) in calls {
            known.push((number, (self.held_by(id)?, self.outer_result(id)?)));
        }
        self.by_call(&mut begin, &known, |adapters, body, (held, _)| adapters.give_up_held(body, held, 1, 1));
        finish.get(1);
        finish.call(waker(WakerCall::SubtaskDrop));
        self.by_call(&mut finish, &known, |adapters, body, (held, result)| {
            // Something is left if it never began.
            adapters.give_up_held(body, held, 2, 0);
            if let Some(result) = result {
                body.get(2);
                body.i32(RETURNED);
                body.plain(Instruction::I32Eq);
                body.plain(Instruction::If(BlockType::Empty));
                body.get(0);
                adapters.call_tasks(body, "out");
                body.call(result);
                body.plain(Instruction::End);
            }
        });
        Ok([begin.finish(), finish.finish()])
    }

    /// The task in local 0, whose state is in a local, holds nothing any more but what it has lent. Handles and ends leave the table if `leave` is 1, and stay if it is 0.
    fn give_up_held(&mut self, body: &mut BodyBuilder, held: OuterHeld, state: u32, leave: u32) {
        let list = |adapters: &mut Self, body: &mut BodyBuilder, is: bool, name| {
            is.then(|| {
                body.get(0);
                adapters.call_tasks(body, name);
                body.pop(ValType::I32).index
            })
        };
        let lists = [list(self, body, held.leaves, "leaves"), list(self, body, held.noted.is_some(), "notes")];
        let out = held.result.map(|_| {
            body.get(0);
            self.call_tasks(body, "out");
            body.pop(ValType::I32).index
        });
        self.give_up(body, held, state, leave, lists, out);
    }

    /// The same for lists in locals; `out` is the local with the place of the result.
    fn give_up(
        &mut self,
        body: &mut BodyBuilder,
        held: OuterHeld,
        state: u32,
        leave: u32,
        [leaves, notes]: [Option<u32>; 2],
        out: Option<u32>,
    ) {
        if let (Some(notes), Some(memory)) = (notes, held.noted) {
            let put_back = self.put_back_notes(held.instance, memory);
            body.get(notes);
            // What is there of the result was written anew.
            let size = held.result.map(|size| u32::try_from(size).expect("a result that is oversized is refused"));
            for (value, is_local) in [(out, true), (size, false)] {
                match value {
                    Some(local) if is_local => body.get(local),
                    Some(size) => body.i32(size),
                    None => body.i32(0),
                }
                body.i32(0);
                body.get(state);
                body.i32(RETURNED);
                body.plain(Instruction::I32Eq);
                body.plain(Instruction::Select);
            }
            body.call(put_back);
        }
        if let Some(leaves) = leaves {
            let func = self.leave_table(held.instance);
            body.get(leaves);
            body.i32(leave);
            body.call(func);
        }
    }

    /// Writes a branch on the number of the call of the task in local 0.
    pub(super) fn by_call<T: Copy>(
        &mut self,
        body: &mut BodyBuilder,
        calls: &[(u32, T)],
        mut write: impl FnMut(&mut Self, &mut BodyBuilder, T),
    ) {
        for _ in 0..calls.len() + 2 {
            body.plain(Instruction::Block(BlockType::Empty));
        }
        body.get(0);
        self.call_tasks(body, "entry");
        self.branch(body, calls, TrapClass::TaskState, |adapters, body, _, call| write(adapters, body, call));
    }

    /// `subtask.cancel` of the task on the stack.
    pub(super) fn outer_subtask_cancel(&mut self, id: TrampolineId, is_async: bool, body: &mut BodyBuilder) {
        let task = body.pop(ValType::I32);
        self.begin_if_outer(&task, body);
        body.get(task.index);
        body.i32(is_async.into());
        self.call_tasks(body, "outer_cancel");
        body.get(task.index);
        body.get(task.index);
        self.call_tasks(body, "outer_of");
        body.call(FuncRef::Host(HostImport::Builtin(id)));
        self.call_tasks(body, "outer_cancelled");
        body.plain(Instruction::Else);
        body.get(task.index);
        body.i32(is_async.into());
        self.call_tasks(body, "subtask_cancel");
        body.plain(Instruction::End);
    }

    /// Makes the host's parameters those of a function with a callback.
    pub(super) fn params_of_host(
        &mut self,
        body: BodyBuilder,
        ty: &FuncType,
        options: &CanonOptions,
        signature: &Signature,
    ) -> Result<BodyBuilder, AdapterError> {
        let mut conversion = self.adapter(body, ty, options)?;
        conversion.way = Direction::Inbound;
        conversion.in_task = true;
        conversion.enter_with_params(signature)?;
        conversion.params(ty, signature)?;
        Ok(conversion.body)
    }

    /// `task.return` to the host, of functions with these options.
    pub(super) fn return_to_host(
        &mut self,
        id: TrampolineId,
        builtin: HostBuiltin,
        options: &CanonOptions,
    ) -> Result<FuncRef, AdapterError> {
        let host = FuncRef::Host(HostImport::Builtin(id));
        let params = builtin.ty.map(|ty| (String::new(), ty)).into_iter().collect();
        let ty = FuncType { is_async: false, params, result: None };
        let name = format!("{} to the host", self.trampoline_name(id));
        let inner = self.inner(options, &name)?;
        let signature = self.abi.signature(&ty, CanonSide::Lift);
        let points = signature.params_in_memory.is_some() && inner.edge.windowed();
        if !points && !self.is_rewritten(inner, Direction::Outbound, builtin.ty.as_slice()) {
            return Ok(host);
        }
        let body = BodyBuilder::new(name, signature.params.clone(), Vec::new());
        let func = self.or_unsupported(body, |adapters, body| {
            let mut conversion = adapters.adapter(body, &ty, options)?;
            conversion.give(host, &ty, &signature)?;
            Ok(conversion.body.finish())
        })?;
        Ok(FuncRef::Synth(self.synths.push(func)))
    }
}

/// What is converted while the host has not read it, and what is converted once, when the host gets it: handles and ends, and pointers.
pub(super) fn apart(inner: Inner) -> (Inner, Inner) {
    let in_table = Edge { pointers: Pointers::Same, ..inner.edge };
    let pointers = Edge { pointers: inner.edge.pointers, ..Edge::default() };
    (Inner { edge: in_table, ..inner }, Inner { edge: pointers, ..inner })
}

pub(super) fn misplanned(id: TrampolineId) -> AdapterError {
    AdapterError::Misplanned {
        trampoline: id.to_string(),
        reason: "every call of the host that has a task has a number",
    }
}
