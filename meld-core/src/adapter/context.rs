//! Context slots.
//!
//! In: a body that calls into an instance which has context slots. Out: code around the call that gives it slots of its
//! own. A slot is a global of the instance, so that `context.get` and `context.set` cost one instruction. The
//! specification has slots in threads (`CanonicalABI.md`, `Thread.storage`): a call into an instance, a `realloc` and
//! a destructor begin with zeros; a post-return sees what its function left; and a caller finds its own again.
//!
//! The instance may be running already when it is entered: the caller may be a child that it called, or the host, which it
//! called. So the caller saves the slots in its locals, and they come back when the call is over. Calls are
//! synchronous and hence nested, and so are the locals that keep slots: code after a call finds the slots as
//! they were before it. A trap ends all calls at once, and nothing looks at the slots after it.
//!
//! Between a function that the host calls and its post-return, the host is at work. What was in the slots is kept for
//! the post-return in globals. One place an instance is enough: the host lifts the result and calls post-return, and
//! nothing else, before it does anything that could enter the instance.

use super::body::{BodyBuilder, Local};
use crate::abi::Pointer;
use crate::ids::ComponentInstanceId;
use crate::plan::ContextSlots;
use crate::synth::{FuncRef, GlobalRef, HostImport, Inst};

/// The slots of an instance as they were before it was entered.
#[derive(Debug)]
#[must_use = "slots that are saved come back"]
pub(super) struct SavedContext {
    instance: ComponentInstanceId,
    slots: Vec<(u32, Pointer, Local)>,
}

/// The slots of the task that the host has, as they were before a function of the principal was called from inside.
#[derive(Debug)]
#[must_use = "slots that are saved come back"]
pub(super) struct SavedHostContext(Vec<(u32, Pointer, Local)>);

impl BodyBuilder {
    /// Saves the slots that the host keeps for the principal, and sets them to zero.
    pub(super) fn enter_host_context(&mut self, slots: ContextSlots) -> SavedHostContext {
        let save = |(slot, width): (u32, Pointer)| {
            self.call(FuncRef::Host(HostImport::ContextGet(slot, width)));
            let saved = self.pop(width.core_type());
            self.zero(width.core_type());
            self.call(FuncRef::Host(HostImport::ContextSet(slot, width)));
            (slot, width, saved)
        };
        SavedHostContext(slots.iter().map(save).collect())
    }

    /// Brings back what was saved.
    pub(super) fn leave_host_context(&mut self, saved: SavedHostContext) {
        for (slot, width, local) in saved.0 {
            self.get(local.index);
            self.call(FuncRef::Host(HostImport::ContextSet(slot, width)));
            self.release(local);
        }
    }

    /// Saves the slots of `instance`, and sets them to zero.
    pub(super) fn enter_context(&mut self, instance: ComponentInstanceId, slots: ContextSlots) -> SavedContext {
        let saved = self.save_context(instance, slots);
        for (slot, width) in slots.iter() {
            self.zero(width.core_type());
            self.inst(Inst::GlobalSet(GlobalRef::Context(instance, slot, width)));
        }
        saved
    }

    /// Saves the slots of `instance`, and sets them to what its exported function left.
    pub(super) fn reenter_context(&mut self, instance: ComponentInstanceId, slots: ContextSlots) -> SavedContext {
        let saved = self.save_context(instance, slots);
        for (slot, width) in slots.iter() {
            self.inst(Inst::GlobalGet(GlobalRef::LeftContext(instance, slot, width)));
            self.inst(Inst::GlobalSet(GlobalRef::Context(instance, slot, width)));
        }
        saved
    }

    /// Keeps what is in the slots for a post-return.
    pub(super) fn keep_context(&mut self, saved: &SavedContext) {
        for (slot, width, _) in &saved.slots {
            self.inst(Inst::GlobalGet(GlobalRef::Context(saved.instance, *slot, *width)));
            self.inst(Inst::GlobalSet(GlobalRef::LeftContext(saved.instance, *slot, *width)));
        }
    }

    /// Brings back what was saved.
    pub(super) fn leave_context(&mut self, saved: SavedContext) {
        for (slot, width, local) in saved.slots {
            self.get(local.index);
            self.inst(Inst::GlobalSet(GlobalRef::Context(saved.instance, slot, width)));
            self.release(local);
        }
    }

    fn save_context(&mut self, instance: ComponentInstanceId, slots: ContextSlots) -> SavedContext {
        let save = |(slot, width): (u32, Pointer)| {
            self.inst(Inst::GlobalGet(GlobalRef::Context(instance, slot, width)));
            (slot, width, self.pop(width.core_type()))
        };
        let slots = slots.iter().map(save).collect();
        SavedContext { instance, slots }
    }
}
