//! Calls of the host that have a task.
//!
//! In: an exported function of `async` type. Out: what is exported. The component around the module has a task for the call, and so has the
//! runtime. A function that is lifted without `async` is called once, and blocks inside. One with a callback is called, then
//! everything that is ready runs, and the code of its callback says how the loop goes on: the component's task waits for a stream
//! of its own, which wakes it if another call of the host makes the task ready ([`WakerCall`]). The number of the
//! task is in context slot 0 of the component's task.

use super::super::Adapters;
use super::super::body::BodyBuilder;
use super::{STREAM_READ, TASK_CANCELLED};
use crate::abi::Pointer;
use crate::abi::signature::CanonSide;
use crate::error::AdapterError;
use crate::ids::LiftId;
use crate::plan::TaskCall;
use crate::synth::{FuncRef, HostImport, WakerCall};
use wasm_encoder::{BlockType, Instruction, ValType};

impl Adapters<'_> {
    fn root_number(&self, lift: LiftId) -> Option<u32> {
        self.plan.principal.tasks.as_ref()?.call(TaskCall::Host(lift))
    }

    /// Makes the task, and enters its instance.
    fn begin_root(&mut self, body: &mut BodyBuilder, number: u32, lift: LiftId) -> (u32, super::Local) {
        body.i32(number);
        body.i32(self.instance_number(self.lift_options(lift).instance));
        self.call_tasks(body, "root_new");
        let task = body.pop(ValType::I32);
        body.get(task.index);
        self.call_tasks(body, "task_start");
        let previous = body.pop(ValType::I32);
        (task.index, previous)
    }

    /// What is exported for a function that is lifted without `async`: `func` itself, if its calls have no task.
    pub(in crate::adapter) fn root_call(
        &mut self,
        lift: LiftId,
        func: FuncRef,
        params: &[ValType],
        results: &[ValType],
    ) -> FuncRef {
        let Some(number) = self.root_number(lift) else { return func };
        let name = self.task_name("task", lift, None);
        let mut body = BodyBuilder::new(name, params.to_vec(), results.to_vec());
        let (task, previous) = self.begin_root(&mut body, number, lift);
        for param in 0..u32::try_from(params.len()).expect("at most 17 parameters") {
            body.get(param);
        }
        body.call(func);
        body.get(task);
        self.call_tasks(&mut body, "resolve");
        body.get(task);
        body.get(previous.index);
        body.i32(0);
        body.i32(0);
        self.call_tasks(&mut body, "task_end");
        body.get(task);
        self.call_tasks(&mut body, "root_end");
        FuncRef::Synth(self.synths.push(body.finish()))
    }

    /// What is exported for a function with a callback, if its calls have a task.
    pub(in crate::adapter) fn root_start(&mut self, lift: LiftId) -> Result<Option<FuncRef>, AdapterError> {
        let Some(number) = self.root_number(lift) else { return Ok(None) };
        let options = self.lift_options(lift);
        let ty = &self.dfg.types[self.dfg.lifts[lift].ty];
        let signature = self.abi.async_signature(ty, CanonSide::Lift, true);
        let func = self.core_def(self.dfg.lifts[lift].func);
        let name = self.task_name("task", lift, None);
        let count = u32::try_from(signature.params.len()).expect("at most 16 parameters");
        let mut body = BodyBuilder::new(name, signature.params.clone(), signature.results.clone());
        if self.plan.instances[options.instance].throws {
            body.begin_barrier();
        }
        let (task, previous) = self.begin_root(&mut body, number, lift);
        let context = self.enter_task_context(&mut body, options.instance, None);
        let mut body = self.params_of_host(body, ty, options, &signature)?;
        for param in 0..count {
            body.get(param);
        }
        body.call(func);
        self.leave_task(&mut body, options.instance, context, (task, previous));
        body.get(task);
        body.call(FuncRef::Synth(self.task_funcs().drive));
        Ok(Some(FuncRef::Synth(self.synths.push(body.finish()))))
    }

    /// The callback of all of them.
    pub(in crate::adapter) fn root_callback(&self, lift: LiftId) -> Option<FuncRef> {
        self.root_number(lift).map(|_| FuncRef::Synth(self.task_funcs().callback))
    }

    /// Writes what all calls of the host have in common.
    pub(super) fn write_roots(&mut self) {
        let (drive, callback, wake) =
            (self.task_funcs().drive, self.task_funcs().callback, self.task_funcs().callbacks.wake);
        self.synths[drive] = self.drive();
        self.synths[callback] = self.callback(FuncRef::Synth(drive));
        let mut body = BodyBuilder::new("wake a task of the host".to_owned(), vec![ValType::I32], Vec::new());
        let has_callback =
            |call: &TaskCall| matches!(call, TaskCall::Host(lift) if self.lift_options(*lift).callback.is_some());
        if self.tasks_plan().calls.iter().any(has_callback) {
            body.get(0);
            self.call_tasks(&mut body, "host_writer");
            body.i32(0);
            body.i32(1);
            body.call(waker(WakerCall::Write));
            body.plain(Instruction::Drop);
        } else {
            // No task of the host ever waits outside.
            body.plain(Instruction::Unreachable);
        }
        self.synths[wake] = body.finish();
    }

    /// Runs what is ready for a task, and returns the code for the host.
    fn drive(&mut self) -> crate::synth::SynthFunc {
        let mut body = BodyBuilder::new("loop of a task".to_owned(), vec![ValType::I32], vec![ValType::I32]);
        body.get(0);
        self.call_tasks(&mut body, "drive");
        let code = body.pop(ValType::I32);
        body.get(code.index);
        body.plain(Instruction::I32Eqz);
        body.plain(Instruction::If(BlockType::Empty));
        self.unpark(&mut body);
        body.get(0);
        self.call_tasks(&mut body, "root_end");
        body.i32(0);
        body.plain(Instruction::Return);
        body.plain(Instruction::End);
        body.get(0);
        body.call(FuncRef::Host(HostImport::ContextSet(0, Pointer::W32)));
        body.get(code.index);
        body.i32(1);
        body.plain(Instruction::I32Eq);
        body.plain(Instruction::If(BlockType::Empty));
        body.i32(1);
        body.plain(Instruction::Return);
        body.plain(Instruction::End);
        self.park(&mut body);
        body.finish()
    }

    /// Pushes the code with which the component's task waits.
    fn park(&mut self, body: &mut BodyBuilder) {
        self.host_word(body, "host_set");
        body.plain(Instruction::I32Eqz);
        body.plain(Instruction::If(BlockType::Empty));
        body.call(waker(WakerCall::StreamNew));
        let ends = body.pop(ValType::I64);
        body.call(waker(WakerCall::SetNew));
        let set = body.pop(ValType::I32);
        body.get(0);
        body.get(set.index);
        body.get(ends.index);
        body.plain(Instruction::I32WrapI64);
        body.get(ends.index);
        body.i64(32);
        body.plain(Instruction::I64ShrU);
        body.plain(Instruction::I32WrapI64);
        self.call_tasks(body, "set_host");
        if !self.has_outer() {
            self.join_reader(body, true);
        }
        body.plain(Instruction::End);
        if self.has_outer() {
            self.host_word(body, "carries");
            body.plain(Instruction::Drop);
            self.join_reader(body, true);
        }
        self.host_word(body, "reading");
        body.plain(Instruction::I32Eqz);
        body.plain(Instruction::If(BlockType::Empty));
        self.host_word(body, "host_reader");
        body.i32(0);
        body.i32(1);
        body.call(waker(WakerCall::Read));
        body.plain(Instruction::Drop);
        self.set_reading(body, 1);
        body.plain(Instruction::End);
        self.parking_set(body);
        body.i32(4);
        body.plain(Instruction::I32Shl);
        body.i32(2);
        body.plain(Instruction::I32Or);
    }

    /// Ends the read, if there is one.
    fn unread(&mut self, body: &mut BodyBuilder) {
        self.host_word(body, "reading");
        body.plain(Instruction::If(BlockType::Empty));
        self.join_reader(body, false);
        self.host_word(body, "host_reader");
        body.call(waker(WakerCall::CancelRead));
        body.plain(Instruction::Drop);
        self.join_reader(body, true);
        self.set_reading(body, 0);
        body.plain(Instruction::End);
    }

    /// Drops what the task waited for, if it ever waited.
    fn unpark(&mut self, body: &mut BodyBuilder) {
        self.host_word(body, "host_set");
        body.plain(Instruction::If(BlockType::Empty));
        self.unread(body);
        self.host_word(body, "host_reader");
        body.call(waker(WakerCall::DropReadable));
        self.host_word(body, "host_writer");
        body.call(waker(WakerCall::DropWritable));
        self.host_word(body, "host_set");
        body.call(waker(WakerCall::SetDrop));
        body.plain(Instruction::End);
    }

    /// The callback: the task is in the context slot of the component's task.
    fn callback(&mut self, drive: FuncRef) -> crate::synth::SynthFunc {
        let mut body = BodyBuilder::new("callback of a task".to_owned(), vec![ValType::I32; 3], vec![ValType::I32]);
        let code = body.local(ValType::I32);
        body.get(0);
        body.set(code.index);
        // Everything else takes the task from local 0.
        body.call(FuncRef::Host(HostImport::ContextGet(0, Pointer::W32)));
        body.set(0);
        if self.has_outer() {
            self.host_word(&mut body, "host_enters");
            // What has yielded does not keep out what the host has to say.
            body.get(code.index);
            body.plain(Instruction::I32Eqz);
            body.plain(Instruction::If(BlockType::Empty));
            self.call_tasks(&mut body, "look");
            body.plain(Instruction::End);
        }
        body.get(code.index);
        body.i32(STREAM_READ);
        body.plain(Instruction::I32Eq);
        if self.has_outer() {
            body.get(1);
            self.host_word(&mut body, "host_reader");
            body.plain(Instruction::I32Eq);
            body.plain(Instruction::I32And);
        }
        body.plain(Instruction::If(BlockType::Empty));
        self.set_reading(&mut body, 0);
        if self.has_outer() {
            body.plain(Instruction::Else);
            self.received(&mut body, code.index, [1, 2]);
        }
        body.plain(Instruction::End);
        body.get(code.index);
        body.i32(TASK_CANCELLED);
        body.plain(Instruction::I32Eq);
        body.plain(Instruction::If(BlockType::Empty));
        self.unread(&mut body);
        body.plain(Instruction::End);
        body.get(0);
        body.get(code.index);
        self.call_tasks(&mut body, "host_event");
        body.get(0);
        body.call(drive);
        body.finish()
    }

    fn host_word(&mut self, body: &mut BodyBuilder, name: &'static str) {
        body.get(0);
        self.call_tasks(body, name);
    }

    /// Pushes the set for which the component's task waits.
    fn parking_set(&mut self, body: &mut BodyBuilder) {
        if !self.has_outer() {
            return self.host_word(body, "host_set");
        }
        self.host_word(body, "is_carrier");
        body.plain(Instruction::If(BlockType::Result(ValType::I32)));
        self.outer_set(body);
        body.plain(Instruction::Else);
        self.host_word(body, "host_set");
        body.plain(Instruction::End);
    }

    fn set_reading(&mut self, body: &mut BodyBuilder, reading: u32) {
        body.get(0);
        body.i32(reading);
        self.call_tasks(body, "set_reading");
    }

    /// Has the reader join the set, or leave it.
    fn join_reader(&mut self, body: &mut BodyBuilder, joins: bool) {
        self.host_word(body, "host_reader");
        match joins {
            true => self.parking_set(body),
            false => body.i32(0),
        }
        body.call(waker(WakerCall::Join));
    }
}

pub(super) fn waker(call: WakerCall) -> FuncRef {
    FuncRef::Host(HostImport::Waker(call))
}
