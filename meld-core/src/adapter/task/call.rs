//! A call of one instance by another that has a task.
//!
//! In: a `canon lower` and a `canon lift`. Out: the function of the lower, the start, the return and the resume (`CanonicalABI.md`, `canon lower`,
//! `canon lift`, `canon task.return`). The start has the parameters of the lower and behind them the task; the return those of
//! `task.return` and behind them the task.

use super::super::body::{BodyBuilder, Bytes};
use super::super::crossing::locals;
use super::super::place::{Destination, Source};
use super::super::value::ValueWalk;
use super::super::{Adapters, func_ref};
use super::{FIRST_VALUE, SUBTASK};
use crate::abi::signature::CanonSide;
use crate::abi::types::FuncType;
use crate::dfg::Trampoline;
use crate::error::AdapterError;
use crate::ids::{LiftId, OptionsId, TrampolineId};
use crate::plan::TaskCall;
use crate::synth::{FuncRef, GlobalRef, SynthFunc, TrapClass};
use wasm_encoder::{BlockType, Instruction, ValType};

impl<'a> Adapters<'a> {
    /// The function of the lower.
    pub(super) fn task_call(
        &mut self,
        id: TrampolineId,
        options: OptionsId,
        lift: LiftId,
    ) -> Result<SynthFunc, AdapterError> {
        let lower = &self.dfg.options[options];
        let ty = &self.dfg.types[self.dfg.lifts[lift].ty];
        let lowered = self.lowered(ty, lower);
        let number = self.call_number(TaskCall::Inner(id, lift));
        let start = FuncRef::Synth(self.task_funcs().starts[&number]);
        let instance = self.instance_number(self.lift_options(lift).instance);
        let mut body = BodyBuilder::new(self.trampoline_name(id), lowered.params.clone(), lowered.results.clone());
        self.guarded(id, &mut body);
        body.i32(number);
        body.i32(instance);
        self.call_tasks(&mut body, "task_new");
        let task = body.pop(ValType::I32);
        let params = (0..).zip(&lowered.params);
        if lowered.results_in_memory.is_some() {
            body.get(task.index);
            body.get(u32::try_from(lowered.params.len() - 1).expect("at most 17 parameters"));
            self.call_tasks(&mut body, "set_out");
        }
        body.get(task.index);
        self.call_tasks(&mut body, "gate");
        body.plain(Instruction::If(BlockType::Empty));
        for (param, _) in params.clone() {
            body.get(param);
        }
        body.get(task.index);
        body.call(start);
        body.plain(Instruction::Else);
        // It lowers its parameters when it enters.
        for (param, ty) in self.held_params(ty, options) {
            body.get(task.index);
            body.i32(FIRST_VALUE + param);
            body.get(param);
            body.cast(ty, ValType::I64);
            self.call_tasks(&mut body, "set_value");
        }
        body.get(task.index);
        self.call_tasks(&mut body, "queue");
        body.plain(Instruction::End);
        if lower.is_async {
            body.get(task.index);
            self.call_tasks(&mut body, "returned");
            let status = body.pop(ValType::I32);
            body.get(status.index);
            body.plain(Instruction::If(BlockType::Result(ValType::I32)));
            body.get(status.index);
            body.plain(Instruction::Else);
            body.get(task.index);
            let add = self.table_func(lower.instance, "new_own");
            body.i32(SUBTASK);
            body.get(task.index);
            body.call(add);
            self.call_tasks(&mut body, "subtask_at");
            body.plain(Instruction::End);
            return Ok(body.finish());
        }
        body.get(task.index);
        self.call_tasks(&mut body, "wait_for_result");
        if let [ty] = lowered.results[..] {
            body.get(task.index);
            body.i32(FIRST_VALUE);
            self.call_tasks(&mut body, "value");
            body.cast(ValType::I64, ty);
        }
        body.get(task.index);
        self.call_tasks(&mut body, "forget");
        Ok(body.finish())
    }

    /// The parameters that a call keeps while it waits to enter, all but the pointer to the place of the result.
    pub(super) fn held_params(&self, ty: &FuncType, options: OptionsId) -> Vec<(u32, ValType)> {
        let lowered = self.lowered(ty, &self.dfg.options[options]);
        let count = lowered.params.len() - usize::from(lowered.results_in_memory.is_some());
        (0..).zip(lowered.params).take(count).collect()
    }

    fn lower_of(&self, id: TrampolineId) -> Result<OptionsId, AdapterError> {
        match self.dfg.trampolines[id] {
            Trampoline::Lower { options, .. } => Ok(options),
            _ => Err(AdapterError::Misplanned {
                trampoline: id.to_string(),
                reason: "only a lowered function has a task",
            }),
        }
    }

    /// The start.
    pub(super) fn start_func(&mut self, id: TrampolineId, lift: LiftId) -> Result<SynthFunc, AdapterError> {
        let lower = self.lower_of(id)?;
        let ty = &self.dfg.types[self.dfg.lifts[lift].ty];
        let mut params = self.lowered(ty, &self.dfg.options[lower]).params;
        params.push(ValType::I32);
        let name = self.task_name("start", lift, Some(self.dfg.options[lower].instance));
        let body = BodyBuilder::new(name, params, Vec::new());
        self.or_unsupported(body, |adapters, body| adapters.start_body(body, lower, lift))
    }

    fn start_body(&mut self, body: BodyBuilder, lower: OptionsId, lift: LiftId) -> Result<SynthFunc, AdapterError> {
        let (core, options) = (&self.dfg.lifts[lift], self.lift_options(lift));
        let func = self.core_def(core.func);
        let mut crossing = self.between(body, lower, lift)?;
        crossing.caller.in_task = true;
        crossing.callee.in_task = true;
        let task = u32::try_from(crossing.lowered.params.len()).expect("at most 17 parameters");
        let plan = crossing.walk.adapters.plan;
        let needs_realloc = crossing.walk.adapters.abi.needs_realloc(crossing.ty, CanonSide::Lower);
        let (caller, callee) = (crossing.caller.instance, crossing.callee.instance);
        if plan.instances[callee].throws || !options.is_async && needs_realloc && plan.instances[caller].throws {
            crossing.walk.body.begin_barrier();
        }
        let walk = &mut crossing.walk;
        walk.body.get(task);
        walk.adapters.call_tasks(&mut walk.body, "task_start");
        let previous = walk.body.pop(ValType::I32);
        let context = walk.adapters.enter_task_context(&mut walk.body, callee, None);
        crossing.params()?;
        crossing.walk.body.call(func);
        if options.is_async {
            let walk = &mut crossing.walk;
            walk.adapters.leave_task(&mut walk.body, callee, context, (task, previous));
            return Ok(crossing.walk.body.finish());
        }
        crossing.results(options.post_return.map(func_ref))?;
        // One that is lowered with `async` has its result in memory, and the other result is that of the lower.
        let flat = if crossing.lower.is_async { Vec::new() } else { crossing.lowered.results.clone() };
        let walk = &mut crossing.walk;
        if let [ty] = flat[..] {
            walk.adapters.keep_result(&mut walk.body, ty, task);
        }
        walk.body.get(task);
        walk.adapters.call_tasks(&mut walk.body, "resolve");
        walk.body.i32(0);
        walk.adapters.leave_task(&mut walk.body, callee, context, (task, previous));
        Ok(crossing.walk.body.finish())
    }

    /// Takes a flat result off the stack and keeps it in the task.
    fn keep_result(&mut self, body: &mut BodyBuilder, ty: ValType, task: u32) {
        let result = body.pop(ty);
        body.get(task);
        body.i32(FIRST_VALUE);
        body.get(result.index);
        body.cast(ty, ValType::I64);
        self.call_tasks(body, "set_value");
        body.release(result);
    }

    /// The return.
    pub(super) fn return_func(&mut self, id: TrampolineId, lift: LiftId) -> Result<SynthFunc, AdapterError> {
        let lower = self.lower_of(id)?;
        let ty = &self.dfg.types[self.dfg.lifts[lift].ty];
        let mut params = self.task_return_params(ty.result);
        params.push(ValType::I32);
        let name = self.task_name("return", lift, Some(self.dfg.options[lower].instance));
        let body = BodyBuilder::new(name, params, Vec::new());
        self.or_unsupported(body, |adapters, body| adapters.return_body(body, lower, lift))
    }

    fn return_body(&mut self, body: BodyBuilder, lower: OptionsId, lift: LiftId) -> Result<SynthFunc, AdapterError> {
        let mut crossing = self.between(body, lower, lift)?;
        let (caller, callee) = (crossing.caller, crossing.callee);
        let returned = FuncType {
            is_async: false,
            params: crossing.ty.result.iter().map(|ty| (String::new(), *ty)).collect(),
            result: None,
        };
        let abi = crossing.walk.adapters.abi;
        let lifted = abi.signature(&returned, CanonSide::Lift);
        let task = u32::try_from(lifted.params.len()).expect("at most 16 parameters");
        let needs_realloc = abi.needs_realloc(crossing.ty, CanonSide::Lower);
        if needs_realloc && crossing.walk.adapters.plan.instances[caller.instance].throws {
            crossing.walk.body.begin_barrier();
        }
        let locks = needs_realloc && crossing.may_leave(caller.instance);
        if locks {
            crossing.walk.body.set_global(GlobalRef::MayLeave(caller.instance), 0);
        }
        if let Some(result) = crossing.ty.result {
            let slots = locals(&lifted.params);
            let src = match lifted.params_in_memory {
                None => Source::Stack { slots: &slots, side: &callee },
                Some(layout) => {
                    let memory = crossing.walk.memory(&callee)?;
                    let body = &mut crossing.walk.body;
                    body.check_aligned(0, layout.align, TrapClass::PointerUnaligned);
                    body.check_in_bounds(memory, 0, Bytes::Const(layout.size), TrapClass::PointerOutOfBounds);
                    Source::Memory { base: 0, offset: 0, side: &callee }
                }
            };
            match crossing.lowered.results_in_memory {
                None => {
                    let types = crossing.lowered.results.clone();
                    let dst = Destination::Stack { types: &types, side: &caller };
                    crossing.walk.fields(&[result], src, dst)?;
                    let walk: &mut ValueWalk<'_, 'a> = &mut crossing.walk;
                    walk.adapters.keep_result(&mut walk.body, types[0], task);
                }
                Some(layout) => {
                    let memory = crossing.walk.memory(&caller)?;
                    let walk = &mut crossing.walk;
                    walk.body.get(task);
                    walk.adapters.call_tasks(&mut walk.body, "out");
                    let out = walk.body.pop(ValType::I32);
                    walk.body.check_aligned(out.index, layout.align, TrapClass::PointerUnaligned);
                    let bytes = Bytes::Const(layout.size);
                    walk.body.check_in_bounds(memory, out.index, bytes, TrapClass::PointerOutOfBounds);
                    let dst = Destination::Memory { base: out.index, offset: 0, side: &caller };
                    walk.fields(&[result], src, dst)?;
                    walk.body.release(out);
                }
            }
        }
        if locks {
            crossing.walk.body.set_global(GlobalRef::MayLeave(caller.instance), 1);
        }
        let walk = &mut crossing.walk;
        walk.body.get(task);
        walk.adapters.call_tasks(&mut walk.body, "resolve");
        Ok(crossing.walk.body.finish())
    }

    /// The resume of a function with a callback: it has the task as its parameter.
    pub(super) fn resume_func(&mut self, lift: LiftId) -> SynthFunc {
        let options = self.lift_options(lift);
        let callback = self.core_def(options.callback.expect("only functions with a callback have a resume"));
        let name = self.task_name("resume", lift, None);
        let mut body = BodyBuilder::new(name, vec![ValType::I32], Vec::new());
        if self.plan.instances[options.instance].throws {
            body.begin_barrier();
        }
        body.get(0);
        self.call_tasks(&mut body, "task_resume");
        let event: Vec<_> = (0..3).map(|_| body.pop(ValType::I32)).collect();
        let previous = body.pop(ValType::I32);
        let context = self.enter_task_context(&mut body, options.instance, Some(0));
        for local in event.into_iter().rev() {
            body.get(local.index);
            body.release(local);
        }
        body.call(callback);
        self.leave_task(&mut body, options.instance, context, (0, previous));
        body.finish()
    }
}
