//! Calls of the host's functions, and ends of streams and futures whose other end is the host's.
//!
//! In: an imported function that is lowered with the option `async`, a built-in, or a value that crosses the boundary to the host. Out: functions that have the
//! component around the module do it, by the *outer* index of the subtask or the end, and keep the entry of the instance in step
//! (`CanonicalABI.md`, `canon lower`, `canon subtask.cancel`, `canon {stream,future}.{read,write}`, `lift_async_value`, `lower_stream`). What the host says later
//! comes as an event of one set, the outer set, and the runtime module of tasks finds the record for it (`runtime/tasks_outer.wat`).
//!
//! A readable end of a pair that was made inside becomes one outside when it goes to the host: a pair is made there, and the writable end
//! stands for the writable end of that pair from now on.

use super::super::Adapters;
use super::super::body::{BodyBuilder, Local};
use super::super::edge::{Conversion, Direction, Inner, Leaving, ValuePlace};
use super::element::Exchange;
use super::root::waker;
use super::{FIRST_VALUE, SUBTASK};
use crate::abi::handles::HandleTypes;
use crate::abi::signature::{CanonSide, Signature};
use crate::abi::types::{FuncType, TypeDef, ValType as InterfaceType};
use crate::dfg::{CanonOptions, ComponentFunc, HostBuiltin, HostBuiltinKind as Kind, Trampoline};
use crate::error::AdapterError;
use crate::ids::{ImportFuncId, OptionsId, RuntimeInstanceId, TrampolineId};
use crate::plan::{Edge, Pointers};
use crate::runtime::{RuntimeInstance, TaskCallbacks};
use crate::synth::{AccessOp, FuncRef, HostImport, MemoryRef, SynthFunc, TrapClass, WakerCall};
use wasm_encoder::{BlockType, Instruction, ValType};

/// Bits of what an asynchronous call returns that are its state, and how many there are.
const STATE: u32 = 15;
const STATE_BITS: u32 = 4;
/// `Subtask.State`
const RETURNED: u32 = 2;
/// The events of waitables are those before this one (`EventCode`).
const TASK_CANCELLED: u32 = 6;

/// Functions around a call of the host, where there is something to do. `begin` and `over` have the parameters that the caller passed.
#[derive(Debug, Clone, Copy)]
pub(super) struct OuterFuncs {
    /// When the host begins: what it was given leaves the caller's table.
    begin: Option<FuncRef>,
    /// When the call is over: what it was lent comes back.
    over: Option<FuncRef>,
    /// When it has returned: the result, at the address that is the parameter, is made the caller's.
    result: Option<FuncRef>,
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
        let ends = self.outer_funcs(id)?;
        let out = ty.result.map(|_| u32::try_from(signature.params.len() - 1).expect("at most 5 parameters"));
        let body = BodyBuilder::new(self.trampoline_name(id), signature.params.clone(), signature.results.clone());
        self.or_unsupported(body, |adapters, mut body| {
            adapters.guarded(id, &mut body);
            // What the caller passes, which is converted in place.
            let passed: Vec<Local> = match (ends.begin, ends.over) {
                (None, None) => Vec::new(),
                _ => signature.params.iter().map(|ty| body.local(*ty)).collect(),
            };
            for (param, local) in (0..).zip(&passed) {
                body.get(param);
                body.set(local.index);
            }
            let mut conversion = adapters.adapter(body, ty, canon)?;
            conversion.way = Direction::Outbound;
            conversion.leaving = Leaving::Later;
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
            let call = |body: &mut BodyBuilder, func: Option<FuncRef>| {
                if let Some(func) = func {
                    for local in &passed {
                        body.get(local.index);
                    }
                    body.call(func);
                }
            };
            if ends.begin.is_some() {
                body.get(state.index);
                body.plain(Instruction::If(BlockType::Empty));
                call(&mut body, ends.begin);
                body.plain(Instruction::End);
            }
            body.get(state.index);
            body.i32(RETURNED);
            body.plain(Instruction::I32Eq);
            body.plain(Instruction::If(BlockType::Result(ValType::I32)));
            call(&mut body, ends.over);
            if let (Some(func), Some(out)) = (ends.result, out) {
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
            for (param, (local, ty)) in (0..).zip(passed.iter().zip(&signature.params)) {
                if Some(param) != out {
                    body.get(task.index);
                    body.i32(FIRST_VALUE + param);
                    body.get(local.index);
                    body.cast(*ty, ValType::I64);
                    adapters.call_tasks(&mut body, "set_value");
                }
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

    /// What there is to do around a call of a function of the host, where its values have other numbers there.
    fn outer_funcs(&mut self, id: TrampolineId) -> Result<OuterFuncs, AdapterError> {
        if let Some(funcs) = self.task_funcs().outer.get(&id) {
            return Ok(*funcs);
        }
        let Trampoline::Lower { func: ComponentFunc::Import(func), options } = self.dfg.trampolines[id] else {
            return Err(misplanned(id));
        };
        let (ty, canon) = (&self.dfg.types[self.dfg.import_funcs[func].ty], &self.dfg.options[options]);
        let name = self.trampoline_name(id);
        let inner = self.inner(canon, &name)?;
        let params: Vec<InterfaceType> = ty.params.iter().map(|(_, ty)| *ty).collect();
        let signature = self.abi.async_signature(ty, CanonSide::Lower, false);
        let handles = HandleTypes::of_values(self.abi.types(), params.iter().copied());
        // Pointers are converted once, when the host gets them.
        let in_table = Inner { edge: Edge { pointers: Pointers::Same, ..inner.edge }, ..inner };
        let leaves = |adapters: &mut Self, is: bool, name: String, leaving| {
            if !is {
                return Ok(None);
            }
            let body = BodyBuilder::new(name, signature.params.clone(), Vec::new());
            let func = adapters.or_unsupported(body, |adapters, body| {
                let mut conversion = adapters.adapter(body, ty, canon)?;
                conversion.inner = in_table;
                conversion.way = Direction::Outbound;
                conversion.leaving = leaving;
                conversion.params(ty, &signature)?;
                Ok(conversion.body.finish())
            })?;
            Ok::<_, AdapterError>(Some(FuncRef::Synth(adapters.synths.push(func))))
        };
        let goes = self.is_rewritten(in_table, Direction::Outbound, &params);
        let begin = leaves(self, goes, format!("begin of {name}"), Leaving::Begun)?;
        let over = leaves(self, !handles.borrowed.is_empty(), format!("end of {name}"), Leaving::Over)?;
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
        let funcs = OuterFuncs { begin, over, result };
        if let Some(tasks) = &mut self.tasks {
            tasks.outer.insert(id, funcs);
        }
        Ok(funcs)
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

    /// Gives an event in locals to the runtime, if it is one of a waitable.
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

    /// What the runtime calls when a call of the host begins after it has come back, `(task)`, and when it ends, `(task, outer index, state)`.
    fn begin_and_finish(&mut self) -> Result<[SynthFunc; 2], AdapterError> {
        let mut begin = BodyBuilder::new("begin of a call of the host".to_owned(), vec![ValType::I32], Vec::new());
        let mut finish = BodyBuilder::new("end of a call of the host".to_owned(), vec![ValType::I32; 3], Vec::new());
        let plan = self.tasks_plan();
        if plan.outer.calls.is_empty() {
            begin.plain(Instruction::Unreachable);
            finish.plain(Instruction::Unreachable);
            return Ok([begin.finish(), finish.finish()]);
        }
        let mut calls = Vec::new();
        for &id in &plan.outer.calls {
            let number = plan.outer_call(id).ok_or_else(|| misplanned(id))?;
            let Trampoline::Lower { func: ComponentFunc::Import(func), .. } = self.dfg.trampolines[id] else {
                return Err(misplanned(id));
            };
            calls.push((number, (func, self.outer_funcs(id)?)));
        }
        self.by_call(&mut begin, &calls, |adapters, body, func, funcs| {
            if let Some(begin) = funcs.begin {
                adapters.passed(body, func);
                body.call(begin);
            }
        });
        finish.get(1);
        finish.call(waker(WakerCall::SubtaskDrop));
        self.by_call(&mut finish, &calls, |adapters, body, func, funcs| {
            if let Some(over) = funcs.over {
                adapters.passed(body, func);
                body.call(over);
            }
            if let Some(result) = funcs.result {
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

    /// Writes a branch on the number of the call of the task in local 0.
    fn by_call(
        &mut self,
        body: &mut BodyBuilder,
        calls: &[(u32, (ImportFuncId, OuterFuncs))],
        mut write: impl FnMut(&mut Self, &mut BodyBuilder, ImportFuncId, OuterFuncs),
    ) {
        for _ in 0..calls.len() + 2 {
            body.plain(Instruction::Block(BlockType::Empty));
        }
        body.get(0);
        self.call_tasks(body, "entry");
        self.branch(body, calls, TrapClass::TaskState, |adapters, body, _, (func, funcs)| {
            write(adapters, body, func, funcs)
        });
    }

    /// Pushes what the caller passed to a call of the host, whose task is in local 0. The place of the result is not kept with it.
    fn passed(&mut self, body: &mut BodyBuilder, func: ImportFuncId) {
        let ty = &self.dfg.types[self.dfg.import_funcs[func].ty];
        let params = self.abi.async_signature(ty, CanonSide::Lower, false).params;
        let kept = params.len() - usize::from(ty.result.is_some());
        for (param, ty) in (0..).zip(&params) {
            if (param as usize) < kept {
                body.get(0);
                body.i32(FIRST_VALUE + param);
                self.call_tasks(body, "value");
                body.cast(ValType::I64, *ty);
            } else {
                body.i32(0);
            }
        }
    }

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
    fn write_outside(&mut self) -> Result<SynthFunc, AdapterError> {
        let name = "write of an outer end".to_owned();
        let mut body = BodyBuilder::new(name, vec![ValType::I32; 5], vec![ValType::I32]);
        let mut writes = self.outer_copies();
        writes.retain(|(_, (_, builtin))| matches!(builtin.kind, Kind::StreamWrite | Kind::FutureWrite));
        let result = body.local(ValType::I32);
        let mut failed = None;
        self.numbered(&mut body, 0, &writes, |adapters, body, _, (id, builtin)| {
            let is_stream = builtin.kind == Kind::StreamWrite;
            body.get(2);
            let lent = adapters.element_handles(body, &builtin, 3, Exchange::Lend { end: 1 });
            if let Err(error) = lent.and_then(|()| adapters.outer_buffer(body, &builtin, 3, is_stream.then_some(4))) {
                failed = Some(error);
            }
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
            self.element_handles(body, &builtin, 1, Exchange::Lend { end: end.index })?;
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

    fn begin_if_outer(&mut self, waitable: &Local, body: &mut BodyBuilder) {
        body.get(waitable.index);
        self.call_tasks(body, "outer_of");
        body.plain(Instruction::If(BlockType::Result(ValType::I32)));
    }

    /// A built-in that cancels an operation: of the end on the stack.
    pub(super) fn outer_cancel(&mut self, id: TrampolineId, is_async: bool, body: &mut BodyBuilder) {
        let end = body.pop(ValType::I32);
        body.get(end.index);
        self.call_tasks(body, "outer_of");
        body.plain(Instruction::If(BlockType::Result(ValType::I32)));
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
        if self.leaving == Leaving::Over {
            return Ok(());
        }
        if self.leaving != Leaving::Begun {
            self.begin_write(place);
        }
        self.read(place, AccessOp::I32Load)?;
        let index = self.body.pop(ValType::I32);
        match self.way {
            Direction::Inbound => {
                let is_future =
                    matches!(ty, InterfaceType::Def(id) if matches!(self.adapters.dfg.types[id], TypeDef::Future(_)));
                let add = self.adapters.table_func(instance, "new_own");
                self.body.get(index.index);
                self.body.i32(if is_future { 4 } else { 2 });
                self.adapters.call_tasks(&mut self.body, "outer_end");
                let end = self.body.pop(ValType::I32);
                self.body.get(end.index);
                self.body.i32(tag);
                self.body.get(end.index);
                self.body.call(add);
                self.adapters.call_tasks(&mut self.body, "end_at");
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
                if self.leaving == Leaving::Now {
                    self.outside(ty, &end);
                }
                self.body.get(end.index);
                self.adapters.call_tasks(&mut self.body, "outer_leave");
                self.body.release(end);
                if self.leaving == Leaving::Begun {
                    self.body.release(index);
                    return Ok(());
                }
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
}

fn misplanned(id: TrampolineId) -> AdapterError {
    AdapterError::Misplanned {
        trampoline: id.to_string(),
        reason: "every call of the host that has a task has a number",
    }
}
