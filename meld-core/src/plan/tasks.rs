//! Several component instances that use tasks, in one module.
//!
//! In: the dfg, what of it is live, and the instances that use tasks. Out: a [`TasksPlan`], or why there is none. Tasks, subtasks, waitables
//! and sets are then in the module, in the runtime module [`Tasks`](crate::runtime::RuntimeKind::Tasks), and each instance has a table of its own with resources and
//! waitables in one index space (`CanonicalABI.md`, "Table State"). The component around the module has a task for each call that the
//! host makes, and nothing else.
//!
//! WebAssembly cannot leave a stack and come back to it. So the plan must know that none has to:
//! - Every function that is lifted with `async` has a callback: between two calls of it nothing is on a stack. A function of `async`
//!   type that is lifted without runs to its end, unless it blocks.
//! - Code that blocks keeps its stack, and what it waits for runs on top. So there is one such stack, and the host has entered it; which
//!   instances block, and who calls them, is checked in `blocking`. All `async` functions that the host calls are of the instance that it
//!   enters there: while that one blocks, the host would have to wait with the others in the input too, since the instance has one lock
//!   (`CanonicalABI.md`, `exclusive_thread`).
//! - One exception: `subtask.cancel` without `async`. It blocks if the callee does not answer at once; the others run on top of
//!   it then, and if it turns out that something below would have to go on first, it traps (`docs/adr/0053-cancelling-blocks.md`).
//! - `thread.yield` lets others run on top of its stack. That each of them can, and that it ends, is checked in `yielding`.
//! - An instance that is entered may be on the stack already: a component calls one inside of it, which calls it back. If a task of the instance is on
//!   the stack, whether it runs or waits, its lock is taken, and the call waits in the queue. Otherwise functions that are not `async` are there, and it
//!   is entered, as in the input (`docs/adr/0033-reentrance.md`). What is saved for the time of a call is on the stack, and comes off in the opposite order. A
//!   task that is cancelled is called at once if the lock of its instance is free.
//! - Whatever makes a task ready runs in a call of the host that has a task, which runs what is ready before it ends. So a
//!   function that is not `async` and that the host calls, a start function, and a destructor that the host calls reach nothing asynchronous.
//! - What has its other side in the host is what [`outer`](super::outer) admits. A stack that waits for the host's answers takes the set of these over from a
//!   call that is parked for it: that call cannot go on before the stack ends, in the input either, since the instance of both has one lock.
//! - An instance with backpressure has no `async` function that the host calls: it would enter when it likes.

mod blocking;
mod yielding;

use super::outer::Outer;
use super::reach::{LiveCalls, reached};
use super::waitables::{Waitables, func_type, name};
use crate::abi::Pointer;
use crate::dfg::{
    CanonOptions, ComponentDfg, ComponentFunc, CoreDef, CoreItem, HostBuiltin, HostBuiltinKind as Kind, ResourceDef,
    Trampoline,
};
use crate::ids::{ComponentInstanceId, LiftId, TrampolineId};
use crate::options::Options;
use indexmap::IndexSet;

/// How tasks are carried out in the module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TasksPlan {
    /// The instances that use tasks. The number of each is one more than its position.
    pub instances: IndexSet<ComponentInstanceId>,
    /// The calls that have a task. The number of each is its position.
    pub calls: IndexSet<TaskCall>,
    /// The reads and writes of streams and futures. The number of each is its position.
    pub copies: IndexSet<TrampolineId>,
    /// A memory of these instances, in core output where a task of the host may wait: standard tools give one to every read and write,
    /// also of a stream without elements.
    pub waker_memory: Option<CoreItem>,
    /// What has its other side in the host.
    pub outer: Outer,
    /// The memory whose pointers the host keeps, if there is one memory: its window begins at address 0.
    pub pinned: Option<CoreItem>,
    /// Whether an instance blocks: a call of an asynchronous function by the host may wait with its stack.
    pub blocks: bool,
}

/// A call that has a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TaskCall {
    /// Of a function that another instance lowered.
    Inner(TrampolineId, LiftId),
    /// Of the host.
    Host(LiftId),
}

impl TaskCall {
    /// The function that is called.
    pub fn lift(self) -> LiftId {
        match self {
            TaskCall::Inner(_, lift) | TaskCall::Host(lift) => lift,
        }
    }
}

impl TasksPlan {
    /// The number of an instance, from 1, if it uses tasks.
    pub fn number(&self, instance: ComponentInstanceId) -> Option<u32> {
        Some(u32::try_from(self.instances.get_index_of(&instance)?).ok()? + 1)
    }

    /// The number of a read or a write.
    pub fn copy(&self, id: TrampolineId) -> Option<u32> {
        u32::try_from(self.copies.get_index_of(&id)?).ok()
    }

    /// The number of a call, if it has a task.
    pub fn call(&self, call: TaskCall) -> Option<u32> {
        u32::try_from(self.calls.get_index_of(&call)?).ok()
    }

    /// The number of a call of a function of the host, which no other call has either.
    pub fn outer_call(&self, id: TrampolineId) -> Option<u32> {
        u32::try_from(self.calls.len() + self.outer.calls.get_index_of(&id)?).ok()
    }

    /// Whether a trampoline works on tasks or waitables.
    pub fn carries_out(&self, dfg: &ComponentDfg<'_>, id: TrampolineId) -> bool {
        match dfg.trampolines[id] {
            Trampoline::Lower { func: ComponentFunc::Lift(lift), .. } => {
                self.calls.contains(&TaskCall::Inner(id, lift))
            }
            Trampoline::Lower { func: ComponentFunc::Import(_), .. } => self.outer.calls.contains(&id),
            Trampoline::Host(HostBuiltin { instance, .. })
            | Trampoline::BackpressureInc { instance }
            | Trampoline::BackpressureDec { instance } => self.instances.contains(&instance),
            _ => false,
        }
    }
}

/// Plans tasks in the module, or says what keeps them out of it.
pub(super) fn tasks(
    dfg: &ComponentDfg<'_>,
    live: &LiveCalls,
    waitables: &Waitables<'_>,
    (users, leaves): (&[ComponentInstanceId], &IndexSet<LiftId>),
    options: &Options,
) -> Result<TasksPlan, String> {
    let instances: IndexSet<ComponentInstanceId> = users.iter().copied().collect();
    let check = TasksCheck { dfg, live, waitables, instances: &instances, leaves };
    check.lifts()?;
    let calls = check.calls();
    check.builtins()?;
    let outer = super::outer::outer(dfg, live, waitables)
        .map_err(|(instance, why)| format!("{} {why}", check.name(instance)))?;
    let blocks = check.blocking(&calls)?;
    check.yields(&calls, &outer)?;
    check.entries(&calls)?;
    let copies = check.copies();
    let pinned = if options.memory.shared().is_some() { super::pinned::pinned(dfg, live, &outer)? } else { None };
    let waker_memory = if options.component { None } else { check.waker_memory(&calls) };
    Ok(TasksPlan { instances, calls, copies, waker_memory, outer, pinned, blocks })
}

struct TasksCheck<'p, 'a> {
    dfg: &'p ComponentDfg<'a>,
    live: &'p LiveCalls,
    waitables: &'p Waitables<'p>,
    instances: &'p IndexSet<ComponentInstanceId>,
    leaves: &'p IndexSet<LiftId>,
}

impl TasksCheck<'_, '_> {
    fn name(&self, instance: ComponentInstanceId) -> String {
        name(self.dfg, instance)
    }

    fn options(&self, lift: LiftId) -> &CanonOptions {
        &self.dfg.options[self.dfg.lifts[lift].options]
    }

    /// Live functions that are not leaves, of instances that use tasks.
    fn live_lifts(&self) -> impl Iterator<Item = LiftId> {
        let ours = |id: &LiftId| self.instances.contains(&self.options(*id).instance) && !self.leaves.contains(id);
        self.live.lifts.iter().copied().filter(ours)
    }

    fn live_trampolines(&self) -> impl Iterator<Item = (TrampolineId, &Trampoline)> {
        self.live.trampolines.iter().map(|id| (*id, &self.dfg.trampolines[*id]))
    }

    fn lifts(&self) -> Result<(), String> {
        for id in self.live_lifts() {
            let (ty, options) = (&self.dfg.types[self.dfg.lifts[id].ty], self.options(id));
            let refuse = |why: &str| Err(format!("{} {why}", self.name(options.instance)));
            if self.waitables.mentions_error_context(ty) {
                return refuse("passes error contexts, which is not fused yet");
            }
            if self.live.of_host.contains(&id) && self.waitables.mentioned_by(ty) && !ty.is_async {
                return refuse(
                    "passes streams or futures in a function that is not asynchronous and that the host calls, which is not fused yet",
                );
            }
            if options.is_async && options.callback.is_none() {
                return refuse(
                    "has a function that is lifted with `async` and without a callback, whose stack would have to be left",
                );
            }
            if options.memory64 {
                return refuse("passes values through a memory with 64-bit addresses");
            }
        }
        Ok(())
    }

    /// The calls that have a task.
    fn calls(&self) -> IndexSet<TaskCall> {
        let is_task = |lift: LiftId| self.dfg.types[self.dfg.lifts[lift].ty].is_async && !self.leaves.contains(&lift);
        let inner = self.live_trampolines().filter_map(|(id, trampoline)| match *trampoline {
            Trampoline::Lower { func: ComponentFunc::Lift(lift), .. } => {
                let differ = self.options(lift).instance != self.dfg.trampoline_instance(id);
                (differ && is_task(lift)).then_some(TaskCall::Inner(id, lift))
            }
            _ => None,
        });
        let host = self.live.of_host.iter().filter(|lift| is_task(**lift)).map(|lift| TaskCall::Host(*lift));
        let mut calls: IndexSet<TaskCall> = inner.chain(host).collect();
        calls.sort();
        calls
    }

    /// The reads and writes of streams and futures.
    fn copies(&self) -> IndexSet<TrampolineId> {
        let is_copy =
            |trampoline: &Trampoline| matches!(trampoline, Trampoline::Host(builtin) if builtin.kind.is_copy());
        let mut copies: IndexSet<TrampolineId> =
            self.live_trampolines().filter(|(_, trampoline)| is_copy(trampoline)).map(|(id, _)| id).collect();
        copies.sort();
        copies
    }

    /// The memory of a function with a callback that the host calls, or else the first one of these instances.
    fn waker_memory(&self, calls: &IndexSet<TaskCall>) -> Option<CoreItem> {
        let waiting = |call: &TaskCall| match *call {
            TaskCall::Host(lift) if self.options(lift).callback.is_some() => Some(self.options(lift)),
            _ => None,
        };
        let waiting: Vec<&CanonOptions> = calls.iter().filter_map(waiting).collect();
        if waiting.is_empty() {
            return None;
        }
        let others = self
            .dfg
            .options
            .iter()
            .map(|(_, options)| options)
            .filter(|options| self.instances.contains(&options.instance));
        waiting.into_iter().chain(others).find_map(|options| options.memory)
    }

    fn builtins(&self) -> Result<(), String> {
        for (id, trampoline) in self.live_trampolines() {
            let instance = self.dfg.trampoline_instance(id);
            if !self.instances.contains(&instance) {
                continue;
            }
            let refuse = |why: &str| Err(format!("{} {why}", self.name(instance)));
            match *trampoline {
                Trampoline::Lower { func, options } => {
                    let ty = &self.dfg.types[func_type(self.dfg, func)];
                    if self.dfg.options[options].memory64 && self.waitables.concern(ty) {
                        return refuse("passes values through a memory with 64-bit addresses");
                    }
                }
                Trampoline::Host(builtin) if !is_in_module(builtin.kind) => {
                    return refuse(&format!("uses `{}`, which is not fused yet", builtin.kind.name()));
                }
                Trampoline::Host(HostBuiltin { options: Some(options), .. }) if self.dfg.options[options].memory64 => {
                    return refuse("passes values through a memory with 64-bit addresses");
                }
                Trampoline::Unsupported { name, .. } => return refuse(&format!("uses `{name}`")),
                Trampoline::ContextGet { width: Pointer::W64, .. }
                | Trampoline::ContextSet { width: Pointer::W64, .. } => {
                    return refuse("has context slots of 64 bits");
                }
                Trampoline::BackpressureInc { .. } | Trampoline::BackpressureDec { .. } => {
                    let called = |lift: &LiftId| {
                        self.options(*lift).instance == instance && self.dfg.types[self.dfg.lifts[*lift].ty].is_async
                    };
                    if self.live.of_host.iter().any(called) {
                        return refuse("has backpressure, and asynchronous functions that the host calls");
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether a trampoline is a built-in of tasks, or a call that has one.
    fn is_task(&self, calls: &IndexSet<TaskCall>, id: TrampolineId) -> bool {
        let import = match self.dfg.trampolines[id] {
            Trampoline::Host(_) => return true,
            Trampoline::Lower { func: func @ ComponentFunc::Import(_), options } => {
                self.dfg.options[options].is_async || self.waitables.concern(&self.dfg.types[func_type(self.dfg, func)])
            }
            _ => false,
        };
        import || calls.iter().any(|call| matches!(call, TaskCall::Inner(of, _) if *of == id))
    }

    /// What the host enters without a task reaches nothing asynchronous.
    fn entries(&self, calls: &IndexSet<TaskCall>) -> Result<(), String> {
        let mut starts: Vec<(String, CoreDef)> = Vec::new();
        for &id in &self.live.of_host {
            let lift = &self.dfg.lifts[id];
            if !self.dfg.types[lift.ty].is_async {
                let what = format!("the function `{}`", self.dfg.func_name(&ComponentFunc::Lift(id)));
                let post_return = self.dfg.options[lift.options].post_return;
                starts.extend([Some(lift.func), post_return].into_iter().flatten().map(|def| (what.clone(), def)));
            }
            for resource in self.waitables.resources_of(&self.dfg.types[lift.ty]) {
                if let ResourceDef::Defined { dtor: Some(dtor), .. } = self.dfg.resources[resource].def {
                    starts.push((format!("the destructor of `{}`", self.dfg.resources[resource].name), dtor));
                }
            }
        }
        for (instance, core) in self.dfg.core_instances.iter() {
            if let Some(index) = self.dfg.modules[core.module].start {
                let def = self.dfg.core_func(instance, index);
                starts.push((format!("the start function of `{}`", core.path), def));
            }
        }
        for (what, start) in starts {
            if reached(self.dfg, [start]).iter().any(|id| self.is_task(calls, *id)) {
                return Err(format!("{what} is not asynchronous, and may call what is"));
            }
        }
        Ok(())
    }
}

/// The built-ins that are carried out in the module.
fn is_in_module(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::TaskReturn
            | Kind::TaskCancel
            | Kind::ThreadYield
            | Kind::SubtaskDrop
            | Kind::SubtaskCancel { .. }
            | Kind::WaitableSetNew
            | Kind::WaitableSetWait
            | Kind::WaitableSetPoll
            | Kind::WaitableSetDrop
            | Kind::WaitableJoin
            | Kind::StreamNew
            | Kind::StreamCancelRead { .. }
            | Kind::StreamCancelWrite { .. }
            | Kind::StreamDropReadable
            | Kind::StreamDropWritable
            | Kind::FutureNew
            | Kind::FutureCancelRead { .. }
            | Kind::FutureCancelWrite { .. }
            | Kind::FutureDropReadable
            | Kind::FutureDropWritable
    ) || kind.is_copy()
}
