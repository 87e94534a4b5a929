//! Code that yields in the middle of a call, by `thread.yield`.
//!
//! In: the live built-ins and calls. Out: whether they can be in one module, or why not.
//!
//! The specification lets each yield give control away or go on at once (`CanonicalABI.md`, `Thread.wait_until`). In the module, every task that is ready
//! runs on top of the stack first, and then the yield is over. Code may yield in a loop until another task has done something. So all that
//! could run in the input must be able to: nobody may be kept on the stack below who would go on, and what runs on top must come back.
//!
//! - Either some instances block. Then only these yield. All their code is on one stack, which waits as a whole, and nothing is below (`blocking`). What runs
//!   on top neither blocks nor yields.
//! - Or none does, and one instance yields. Its lock keeps it from being on the stack twice. No code that may yield is called at once by a caller
//!   who would go on: neither the beginning of a call, nor a callback that a cancellation calls. So the host or a loop has called what yields, and a loop
//!   is below a task only if that one has cancelled a call (`docs/adr/0053-cancelling-blocks.md`).
//!
//! It ends: a yield lets as many tasks run as were ready when it began, and these do not yield.
//!
//! What a loop of yields may wait for and never get is another call of the host, which cannot begin while the module is on the host's stack
//! (`docs/adr/0068-yields.md`).

use super::{Kind, Outer, TaskCall, TasksCheck};
use crate::dfg::{ComponentFunc, CoreDef, ResourceDef, Trampoline};
use crate::ids::ComponentInstanceId;
use indexmap::IndexSet;

impl TasksCheck<'_, '_> {
    pub(super) fn yields(&self, calls: &IndexSet<TaskCall>, outer: &Outer) -> Result<(), String> {
        let yields = |trampoline: &Trampoline| matches!(trampoline, Trampoline::Host(builtin) if builtin.kind == Kind::ThreadYield);
        let of: IndexSet<ComponentInstanceId> = self
            .live_trampolines()
            .filter(|(_, trampoline)| yields(trampoline))
            .map(|(id, _)| self.dfg.trampoline_instance(id))
            .collect();
        let Some(&first) = of.first() else { return Ok(()) };
        let refuse = |instance, why: String| Err(format!("{} uses `thread.yield`, and {why}", self.name(instance)));
        if !outer.is_empty() {
            return refuse(first, "others wait for the host, which is not fused yet".to_owned());
        }
        let blocking = self.blocking_instances(calls);
        if let Some(&blocks) = blocking.first() {
            return match of.iter().find(|instance| !blocking.contains(*instance)) {
                Some(&instance) => refuse(instance, format!("{} blocks", self.name(blocks))),
                None => Ok(()),
            };
        }
        if let Some(&second) = of.get_index(1) {
            return refuse(first, format!("so does {}", self.name(second)));
        }
        let may_yield =
            |start: CoreDef| super::reached(self.dfg, [start]).iter().any(|id| yields(&self.dfg.trampolines[*id]));
        for call in calls {
            let TaskCall::Inner(id, lift) = *call else { continue };
            let caller = self.dfg.trampoline_instance(id);
            let func = || self.dfg.func_name(&ComponentFunc::Lift(lift));
            if may_yield(self.dfg.lifts[lift].func) {
                return refuse(
                    first,
                    format!(
                        "{} calls `{}`, which may yield while its caller is on the stack",
                        self.name(caller),
                        func()
                    ),
                );
            }
            if self.cancels_at_once(caller) && self.options(lift).callback.is_some_and(may_yield) {
                return refuse(
                    first,
                    format!("{} may cancel a call of `{}`, which may yield then", self.name(caller), func()),
                );
            }
        }
        Ok(())
    }

    /// Whether an instance may cancel a call while somebody on the stack would go on: it does so with `async`, or may be called itself.
    fn cancels_at_once(&self, instance: ComponentInstanceId) -> bool {
        let has_destructor =
            |def: &ResourceDef| matches!(def, ResourceDef::Defined { instance: of, dtor: Some(_) } if *of == instance);
        let is_called = || {
            self.dfg.resources.iter().any(|(_, resource)| has_destructor(&resource.def))
                || self.live_trampolines().any(|(id, trampoline)| match *trampoline {
                    Trampoline::Lower { func: ComponentFunc::Lift(lift), .. } => {
                        self.options(lift).instance == instance && self.dfg.trampoline_instance(id) != instance
                    }
                    _ => false,
                })
        };
        self.live_trampolines().any(|(_, trampoline)| match *trampoline {
            Trampoline::Host(builtin) if builtin.instance == instance => match builtin.kind {
                Kind::SubtaskCancel { is_async } => is_async || is_called(),
                _ => false,
            },
            _ => false,
        })
    }
}
