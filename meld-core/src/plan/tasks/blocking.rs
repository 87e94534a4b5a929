//! Code that waits in the middle of a call.
//!
//! In: the live built-ins and calls. Out: whether some wait, or why these cannot be in one module.
//!
//! What waits are `waitable-set.wait`, reads and writes without `async`, and calls without `async` of functions that have a task. An instance with one
//! of them *blocks*. The stack of what waits stays where it is, and others run on top of it. That is right if it is the only such stack, as then
//! nothing has to go on that is below another one:
//! - The host calls functions of one instance that blocks, the *root*, and no other instance calls that.
//! - Every other instance that blocks is called by such instances alone. A function of it that has a task is lifted without `async`, and every call of it is
//!   lowered without. So the caller waits as long as the callee runs, and neither is left before the other: they are one stack.
//! - What else such instances call of each other, functions without tasks and destructors, reaches nothing that waits or has a task. So no function
//!   that may not wait is on that stack.
//!
//! By induction, code of an instance that blocks is on the stack of a call of the host and on no other, and nothing is between its frames but calls that
//! wait. While it waits in the specification, all of these wait, and the host may run what is ready.
//!
//! Rejected: callees that block, and are called with `async`. When such a callee waits, its caller goes on, and its stack is below. If the callee began
//! only when its caller has waited, what it does at first would come too late (`docs/adr/0069-one-stack-that-waits.md`).

use super::{Kind, TaskCall, TasksCheck};
use crate::dfg::{ComponentFunc, CoreDef, ResourceDef, Trampoline};
use crate::ids::{ComponentInstanceId, TrampolineId};
use indexmap::IndexSet;

impl TasksCheck<'_, '_> {
    /// The instances that block.
    pub(super) fn blocking_instances(&self, calls: &IndexSet<TaskCall>) -> IndexSet<ComponentInstanceId> {
        let blocks = |(id, trampoline): (TrampolineId, &Trampoline)| {
            let blocks = match *trampoline {
                Trampoline::Host(builtin) => {
                    let waits = |options| !self.dfg.options[options].is_async;
                    builtin.kind == Kind::WaitableSetWait || builtin.kind.is_copy() && builtin.options.is_none_or(waits)
                }
                Trampoline::Lower { func: ComponentFunc::Lift(lift), options } => {
                    calls.contains(&TaskCall::Inner(id, lift)) && !self.dfg.options[options].is_async
                }
                _ => false,
            };
            blocks.then(|| self.dfg.trampoline_instance(id))
        };
        self.live_trampolines().filter_map(blocks).collect()
    }

    /// All code that waits is on one stack, which the host has entered. Returns whether there is any.
    pub(super) fn blocking(&self, calls: &IndexSet<TaskCall>) -> Result<bool, String> {
        let blocking = self.blocking_instances(calls);
        let of_host = calls.iter().filter_map(|call| match call {
            TaskCall::Host(lift) => Some(self.options(*lift).instance),
            TaskCall::Inner(..) => None,
        });
        let of_host: IndexSet<ComponentInstanceId> = of_host.collect();
        let Some(&some) = blocking.first() else { return Ok(false) };
        let root = of_host.iter().copied().find(|instance| blocking.contains(instance));
        let refuse = |instance, why: String| Err(format!("{} blocks, and {why}", self.name(instance)));
        for (id, trampoline) in self.live_trampolines() {
            let caller = self.dfg.trampoline_instance(id);
            match *trampoline {
                Trampoline::Lower { func: ComponentFunc::Lift(lift), options } => {
                    let callee = self.options(lift).instance;
                    if callee == caller || !blocking.contains(&callee) {
                        continue;
                    }
                    let func = || self.dfg.func_name(&ComponentFunc::Lift(lift));
                    if Some(callee) == root || !blocking.contains(&caller) {
                        return refuse(callee, format!("{} calls `{}` of it", self.name(caller), func()));
                    }
                    let starts = [Some(self.dfg.lifts[lift].func), self.options(lift).post_return];
                    if !calls.contains(&TaskCall::Inner(id, lift)) {
                        if self.may_wait(calls, starts.into_iter().flatten()) {
                            let why = format!(
                                "`{}`, which has no task and which {} calls, may reach what waits",
                                func(),
                                self.name(caller)
                            );
                            return refuse(callee, why);
                        }
                    } else if self.dfg.options[options].is_async || self.options(lift).is_async {
                        let why =
                            format!("a call of `{}` by {} does not wait until it is over", func(), self.name(caller));
                        return refuse(callee, why);
                    }
                }
                Trampoline::ResourceDrop { resource, .. } => {
                    if let ResourceDef::Defined { instance: callee, dtor: Some(dtor) } =
                        self.dfg.resources[resource].def
                        && callee != caller
                        && blocking.contains(&callee)
                        && (Some(callee) == root || !blocking.contains(&caller) || self.may_wait(calls, [dtor]))
                    {
                        return refuse(callee, format!("{} may run a destructor of it", self.name(caller)));
                    }
                }
                _ => {}
            }
        }
        if let Some(other) = of_host.iter().find(|instance| Some(**instance) != root) {
            return refuse(root.unwrap_or(some), format!("the host calls {}, too", self.name(*other)));
        }
        Ok(true)
    }

    /// Whether code may reach a built-in of tasks or a call that has one.
    fn may_wait(&self, calls: &IndexSet<TaskCall>, starts: impl IntoIterator<Item = CoreDef>) -> bool {
        super::reached(self.dfg, starts).iter().any(|id| self.is_task(calls, *id))
    }
}
