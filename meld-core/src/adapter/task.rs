//! Calls that have a task, and the built-ins of tasks and waitables, where these are in the module.
//!
//! In: the [`TasksPlan`]. Out: for each call, by its number:
//!
//! - the function of the lower ([`call`]): it makes a task, enters the callee if nothing keeps it from that, and returns what
//!   `canon_lower` of `CanonicalABI.md` returns;
//! - the *start*, which lifts the parameters, lowers them into the callee, and calls it; also later, if the task had to wait;
//! - the *return*, which `task.return` calls: it lifts the result and lowers it into the caller.
//!
//! For each function with a callback, the *resume*, which calls it with an event. For calls of the host, [`root`]. [`builtins`] are those of all
//! of these. All algorithms that do not depend on types are in the runtime module [`Tasks`](crate::runtime::RuntimeKind::Tasks), which calls back by the number of a
//! call ([`dispatch`]). What has its other side in the host is in [`outer`], [`outer_end`] and [`element`].
//!
//! Each instance has one table for resources and waitables, the runtime module [`Handles`](crate::runtime::RuntimeKind::Handles). The tags of waitables
//! are above those of all resources.

mod buffer;
mod builtins;
mod call;
mod dispatch;
mod element;
mod held;
mod outer;
mod outer_end;
mod root;
mod stream;

use super::Adapters;
use super::body::{BodyBuilder, Local};
use super::context::SavedContext;
use crate::abi::types::ValType as InterfaceType;
use crate::dfg::{CanonOptions, ComponentFunc, CoreDef, Trampoline};
use crate::error::AdapterError;
use crate::ids::{ComponentInstanceId, Id, LiftId, SynthId, TrampolineId};
use crate::plan::{TaskCall, TasksPlan};
use crate::runtime::{Room, RuntimeInstance, TaskCallbacks};
use crate::synth::{FuncRef, GlobalRef, Inst, SynthFunc};
use indexmap::IndexMap;
use wasm_encoder::{BlockType, Instruction, ValType};

/// The tag of a subtask in the table of an instance.
const SUBTASK: u32 = u32::MAX;
/// The tag of a waitable set.
const SET: u32 = u32::MAX - 1;

/// The tags of ends of streams and futures begin here: two for each type, the readable one first.
const ENDS: u32 = 1 << 31;

/// Codes of events (`CanonicalABI.md`, `EventCode`).
const STREAM_READ: u32 = 2;
const FUTURE_READ: u32 = 4;
const TASK_CANCELLED: u32 = 6;

/// The first word pair of a task that has a value; those before have context slots.
const FIRST_VALUE: u32 = 2;

/// Functions that have an id before they have a body.
#[derive(Debug)]
pub(super) struct TaskFuncs {
    /// What the runtime calls back.
    callbacks: TaskCallbacks<SynthId>,
    /// By the number of the call: its start, if another instance makes it.
    starts: IndexMap<u32, SynthId>,
    /// By the number of the call: its return, if another instance makes it and the callee returns by `task.return`.
    returns: IndexMap<u32, SynthId>,
    /// By the function: its resume, if it has a callback.
    resumes: IndexMap<LiftId, SynthId>,
    /// What runs the loop for a task of the host, and its callback.
    drive: SynthId,
    callback: SynthId,
    /// What makes the results of calls of the host the caller's, where there is something to do.
    outer_results: IndexMap<TrampolineId, Option<FuncRef>>,
    /// By the write: what gives its elements to the host.
    lent_elements: IndexMap<TrampolineId, FuncRef>,
    /// What calls of the host and writes hold until the host has read what it is given.
    held: held::HeldFuncs,
}

impl<'a> Adapters<'a> {
    /// The plan of tasks.
    fn tasks_plan(&self) -> &'a TasksPlan {
        self.plan.principal.tasks.as_ref().expect("the planner plans tasks where it plans a task's trampoline")
    }

    fn task_funcs(&self) -> &TaskFuncs {
        self.tasks.as_ref().expect("they are reserved wherever tasks are planned")
    }

    /// Gives all functions of tasks their ids.
    pub(super) fn reserve_tasks(&mut self) {
        let Some(plan) = self.plan.principal.tasks.as_ref() else { return };
        let callbacks = TaskCallbacks::of(|| self.reserve());
        let (drive, callback) = (self.reserve(), self.reserve());
        let (mut starts, mut returns, mut resumes) = (IndexMap::new(), IndexMap::new(), IndexMap::new());
        for (number, call) in (0..).zip(&plan.calls) {
            let options = self.lift_options(call.lift());
            if let TaskCall::Inner(..) = call {
                starts.insert(number, self.reserve());
                if options.is_async {
                    returns.insert(number, self.reserve());
                }
            }
            if options.callback.is_some() && !resumes.contains_key(&call.lift()) {
                resumes.insert(call.lift(), self.reserve());
            }
        }
        self.tasks = Some(TaskFuncs {
            callbacks,
            starts,
            returns,
            resumes,
            drive,
            callback,
            outer_results: IndexMap::new(),
            lent_elements: IndexMap::new(),
            held: held::HeldFuncs::default(),
        });
    }

    /// Writes them.
    pub(super) fn write_tasks(&mut self) -> Result<(), AdapterError> {
        let Some(plan) = self.plan.principal.tasks.as_ref() else { return Ok(()) };
        for (number, call) in (0..).zip(&plan.calls) {
            let TaskCall::Inner(id, lift) = *call else { continue };
            if let Some(&start) = self.task_funcs().starts.get(&number) {
                self.synths[start] = self.start_func(id, lift)?;
            }
            if let Some(&returned) = self.task_funcs().returns.get(&number) {
                self.synths[returned] = self.return_func(id, lift)?;
            }
        }
        for (lift, resume) in self.task_funcs().resumes.clone() {
            self.synths[resume] = self.resume_func(lift);
        }
        self.write_dispatch()?;
        self.write_copies()?;
        self.write_outer()?;
        self.write_roots();
        Ok(())
    }

    /// The function of a trampoline.
    pub(super) fn task(&mut self, id: TrampolineId) -> Result<SynthFunc, AdapterError> {
        match self.dfg.trampolines[id] {
            Trampoline::Lower { func: ComponentFunc::Lift(lift), options } => self.task_call(id, options, lift),
            Trampoline::Lower { func: ComponentFunc::Import(func), options } => self.outer_call(id, func, options),
            Trampoline::Host(builtin) => self.task_builtin(id, builtin),
            Trampoline::BackpressureInc { instance } => self.task_backpressure(id, instance, 1),
            Trampoline::BackpressureDec { instance } => self.task_backpressure(id, instance, u32::MAX),
            _ => {
                let reason = "only calls and built-ins of tasks have a task";
                Err(AdapterError::Misplanned { trampoline: id.to_string(), reason })
            }
        }
    }

    /// Calls a function of the runtime module.
    pub(super) fn call_tasks(&mut self, body: &mut BodyBuilder, name: &'static str) {
        let instances = u32::try_from(self.tasks_plan().instances.len()).expect("instances are counted in 32 bits");
        let callbacks = self.task_funcs().callbacks.map(FuncRef::Synth);
        let room = match (self.room(), self.plan.memory.shared().and_then(|shared| shared.tasks)) {
            (Room::Records(_), Some(tasks)) => Room::Records(tasks),
            (room, _) => room,
        };
        let runtime = self.runtime.intern(RuntimeInstance::tasks(instances, callbacks, room));
        body.call(FuncRef::Runtime(runtime, name));
    }

    fn lift_options(&self, lift: LiftId) -> &'a CanonOptions {
        &self.dfg.options[self.dfg.lifts[lift].options]
    }

    fn instance_number(&self, instance: ComponentInstanceId) -> u32 {
        self.tasks_plan().number(instance).expect("every instance that a task enters is planned")
    }

    /// The tag of an end of a stream or a future of type `ty`.
    fn end_tag(&self, ty: InterfaceType, writable: bool) -> u32 {
        let InterfaceType::Def(id) = ty else { unreachable!("streams and futures are defined types") };
        ENDS + 2 * u32::try_from(id.index()).expect("types are counted in 32 bits") + u32::from(writable)
    }

    fn call_number(&self, call: TaskCall) -> u32 {
        self.tasks_plan().call(call).expect("every call that has a task is planned")
    }

    /// Pushes the representation of entry `index` of the table of `instance`, which must have that tag.
    fn entry_of(&mut self, body: &mut BodyBuilder, instance: ComponentInstanceId, tag: u32, index: u32, take: bool) {
        let func = self.table_func(instance, if take { "take_own" } else { "rep" });
        body.i32(tag);
        body.get(index);
        body.call(func);
    }

    /// Gives the callee of a task its context slots: those of its last call, or zeros if it is the first.
    fn enter_task_context(
        &mut self,
        body: &mut BodyBuilder,
        instance: ComponentInstanceId,
        task: Option<u32>,
    ) -> SavedContext {
        let slots = self.plan.instances[instance].context;
        let saved = body.enter_context(instance, slots);
        if let Some(task) = task {
            for (slot, width) in slots.iter() {
                body.get(task);
                body.i32(slot);
                self.call_tasks(body, "word");
                body.inst(Inst::GlobalSet(GlobalRef::Context(instance, slot, width)));
            }
        }
        saved
    }

    /// The code of a task has come back, with the code of a callback on the stack.
    fn leave_task(
        &mut self,
        body: &mut BodyBuilder,
        instance: ComponentInstanceId,
        context: SavedContext,
        (task, previous): (u32, Local),
    ) {
        let packed = body.pop(ValType::I32);
        // What has ended needs no slots any more.
        let slots = self.plan.instances[instance].context;
        if !slots.is_empty() {
            body.get(packed.index);
            body.plain(Instruction::If(BlockType::Empty));
            for (slot, width) in slots.iter() {
                body.get(task);
                body.i32(slot);
                body.inst(Inst::GlobalGet(GlobalRef::Context(instance, slot, width)));
                self.call_tasks(body, "set_word");
            }
            body.plain(Instruction::End);
        }
        body.leave_context(context);
        body.get(task);
        body.get(previous.index);
        // `unpack_callback_result`
        body.get(packed.index);
        body.i32(0xf);
        body.plain(Instruction::I32And);
        let code = body.pop(ValType::I32);
        body.get(code.index);
        body.get(code.index);
        body.i32(2);
        body.plain(Instruction::I32Eq);
        body.plain(Instruction::If(BlockType::Result(ValType::I32)));
        body.get(packed.index);
        body.i32(4);
        body.plain(Instruction::I32ShrU);
        let index = body.pop(ValType::I32);
        self.entry_of(body, instance, SET, index.index, false);
        body.plain(Instruction::Else);
        body.i32(0);
        body.plain(Instruction::End);
        self.call_tasks(body, "task_end");
        for local in [packed, code, index, previous] {
            body.release(local);
        }
    }

    /// The name of a part of a call, for people.
    fn task_name(&self, part: &str, lift: LiftId, caller: Option<ComponentInstanceId>) -> String {
        let callee = self.instance_name(self.lift_options(lift).instance);
        let caller = caller.map_or("host", |caller| self.instance_name(caller));
        format!("{part} {} {caller}->{callee}", self.lift_name(lift))
    }

    /// A definition as a function; a trampoline as what is called for it.
    fn core_def(&self, def: CoreDef) -> FuncRef {
        super::func_ref(def)
    }
}
