//! An adapter between two component instances.
//!
//! In: a `canon lower` of one instance and the `canon lift` of another that it calls. Out: one core function
//! with the signature of the lower, which does what `canon_lower` and `canon_lift` of `CanonicalABI.md` do
//! together, in this order:
//!
//! 1. trap if the caller may not leave, where the plan says that this can be;
//! 2. save the callee's context slots, where it has any, and zero them: it may be running already;
//! 3. note which borrows the caller lends, and open a scope for those that the callee gets;
//! 4. lift the parameters and lower them into the callee, whose `may_leave` is clear while `realloc` may run;
//! 5. call the callee, which must have dropped its borrows when it returns; they are the caller's again;
//! 6. lift the result and lower it into the caller, whose `may_leave` is clear while its `realloc` may run. The
//!    caller's pointer to where the result goes is checked here and not before: the callee's effects on the
//!    host come first;
//! 7. call post-return with the callee's flat results and its `may_leave` clear;
//! 8. bring the callee's context slots back. If the callee is the principal, they are those of the host's task.
//!
//! Whatever throws in between becomes a trap, where the plan says that something can throw.

use super::body::{BodyBuilder, Bytes, Local};
use super::place::{Destination, Memory, Side, Slot, SlotPlace, Source};
use super::value::ValueWalk;
use super::{Adapters, func_ref};
use crate::abi::Pointer;
use crate::abi::signature::{CanonSide, Signature};
use crate::abi::types::{FuncType, ValType as InterfaceType};
use crate::dfg::{CanonOptions, Trampoline};
use crate::error::AdapterError;
use crate::ids::{ComponentInstanceId, LiftId, OptionsId, TrampolineId};
use crate::synth::{FuncRef, GlobalRef, MemoryRef, Step, SynthFunc, TrapClass};
use wasm_encoder::ValType;

impl<'a> Adapters<'a> {
    /// The adapter for a `canon lower` of a lifted function.
    pub(super) fn crossing(&mut self, id: TrampolineId, lift: LiftId) -> Result<SynthFunc, AdapterError> {
        let Trampoline::Lower { options, .. } = self.dfg.trampolines[id] else {
            return Err(AdapterError::Misplanned {
                trampoline: id.to_string(),
                reason: "only a lowered function has an adapter",
            });
        };
        let (caller, callee) =
            (self.dfg.options[options].instance, self.dfg.options[self.dfg.lifts[lift].options].instance);
        let name =
            format!("adapter {} {}->{}", self.lift_name(lift), self.instance_name(caller), self.instance_name(callee));
        let ty = &self.dfg.types[self.dfg.lifts[lift].ty];
        let lowered = self.lowered(ty, &self.dfg.options[options]);
        let body = BodyBuilder::new(name, lowered.params, lowered.results);
        self.or_unsupported(body, |adapters, body| adapters.crossing_body(body, id, options, lift))
    }

    /// The core signature of a function that is lowered with these options.
    pub(super) fn lowered(&self, ty: &FuncType, options: &CanonOptions) -> Signature {
        let abi = self.abi_of(pointer(options));
        match options.is_async {
            true => abi.async_signature(ty, CanonSide::Lower, false),
            false => abi.signature(ty, CanonSide::Lower),
        }
    }

    fn crossing_body(
        &mut self,
        body: BodyBuilder,
        id: TrampolineId,
        lower: OptionsId,
        lift: LiftId,
    ) -> Result<SynthFunc, AdapterError> {
        let caller_abi = self.abi_of(pointer(&self.dfg.options[lower]));
        let (lift, mut crossing) = (&self.dfg.lifts[lift], self.between(body, lower, lift)?);
        let (lower, options) = (crossing.lower, crossing.walk.adapters.dfg.options[lift.options].clone());
        let ty = crossing.ty;
        let (caller, callee) = (crossing.caller, crossing.callee);
        let plan = crossing.walk.adapters.plan;
        let state = |instance| plan.instances[instance];
        // Of the caller's code, only its realloc runs in here.
        let caller_runs = caller_abi.needs_realloc(ty, CanonSide::Lower);
        if state(callee.instance).throws || caller_runs && state(caller.instance).throws {
            crossing.walk.body.begin_barrier();
        }
        if plan.guarded.contains(&id) {
            crossing.walk.body.trap_unless_set(GlobalRef::MayLeave(caller.instance), TrapClass::MayLeave);
        }
        // The task of this call neither returns early nor is cancelled, nor can it wait.
        let previous = plan.principal.tasks.as_ref().and_then(|tasks| tasks.number(callee.instance)).map(|_| {
            crossing.walk.body.i32(0);
            crossing.walk.adapters.call_tasks(&mut crossing.walk.body, "set_current");
            crossing.walk.body.pop(ValType::I32)
        });
        let context = crossing.walk.body.enter_context(callee.instance, state(callee.instance).context);
        let host_context = crossing.walk.body.enter_host_context(state(callee.instance).host_context);
        let flat = crossing.lowered.params_in_memory.is_none();
        let frames = crossing.walk.adapters.frames(ty, callee.instance, flat)?;
        let frames = crossing.walk.enter_frames(frames, caller.instance, callee.instance);
        crossing.params()?;
        crossing.walk.body.call(func_ref(lift.func));
        crossing.walk.leave_frames(frames, caller.instance, callee.instance);
        crossing.results(options.post_return.map(func_ref))?;
        crossing.walk.body.leave_host_context(host_context);
        crossing.walk.body.leave_context(context);
        if let Some(previous) = previous {
            crossing.walk.body.get(previous.index);
            crossing.walk.adapters.call_tasks(&mut crossing.walk.body, "set_current");
            crossing.walk.body.plain(wasm_encoder::Instruction::Drop);
        }
        if lower.is_async {
            crossing.walk.body.i32(SUBTASK_RETURNED);
        }
        Ok(crossing.walk.body.finish())
    }

    /// Begins the body of a call of a lifted function, lowered with these options.
    pub(super) fn between(
        &mut self,
        body: BodyBuilder,
        lower: OptionsId,
        lift: LiftId,
    ) -> Result<Crossing<'_, 'a>, AdapterError> {
        let lift = &self.dfg.lifts[lift];
        let (lower, options) = (&self.dfg.options[lower], &self.dfg.options[lift.options]);
        let ty = &self.dfg.types[lift.ty];
        let caller = self.side(lower);
        let callee = self.side(options);
        let abis = [pointer(lower), pointer(options)].map(|pointer| self.abi_of(pointer));
        if ty.params.iter().map(|(_, ty)| *ty).chain(ty.result).any(|ty| abis.iter().any(|abi| abi.facts(ty).oversized))
        {
            return Err(AdapterError::Oversized { item: body.name().to_owned() });
        }
        let lowered = self.lowered(ty, lower);
        Ok(Crossing {
            walk: ValueWalk { adapters: self, body, outlined: None, lend_one: false },
            ty,
            lower,
            lowered,
            lifted: abis[1].signature(ty, CanonSide::Lift),
            caller,
            callee,
        })
    }

    /// Resolves canonical options.
    pub(super) fn side(&mut self, options: &CanonOptions) -> Side {
        let memory = self.canon_memory(options);
        let realloc = options.realloc.map(|def| self.realloc(func_ref(def), options.instance, pointer(options)));
        Side { instance: options.instance, encoding: options.encoding, memory, realloc, in_task: false }
    }

    /// The memory of canonical options under which the host calls, or is called.
    pub(super) fn host_memory(&self, options: &CanonOptions, item: &str) -> Result<Option<Memory>, AdapterError> {
        if options.memory64 {
            let reason = HOST_WIDE.to_owned();
            return Err(AdapterError::Unsupported { item: item.to_owned(), reason });
        }
        let memory = self.canon_memory(options);
        let reach = options.memory.and_then(|memory| self.reaches.get(&memory).copied());
        Ok(memory.map(|memory| Memory { reach, ..memory }))
    }

    /// The memory of canonical options. If accesses are checked, so is what a guest points to beyond its window: an adapter must not read or write
    /// for it what it does not reach.
    pub(super) fn canon_memory(&self, options: &CanonOptions) -> Option<Memory> {
        options.memory.map(|item| {
            let module = &self.dfg.modules[self.dfg.core_instances[item.instance].module];
            let ty = module.memories[item.index as usize];
            let shared = self.plan.memory.shared();
            let reaches_beyond = shared.is_some_and(|shared| shared.reaches_beyond(item));
            let is_isolated = shared.is_some_and(|shared| shared.isolate);
            Memory {
                memory: MemoryRef::Core(item),
                page_size_log2: if reaches_beyond { 0 } else { self.plan.memory.page_size_log2(&ty) },
                pointer: pointer(options),
                reach: self.reaches.get(&item).copied().filter(|_| is_isolated),
            }
        })
    }
}

/// What a function that is lowered with the option `async` returns if it has returned already: there is no subtask
/// (`CanonicalABI.md`, `canon lower`: `Subtask.State.RETURNED`).
const SUBTASK_RETURNED: u32 = 2;

/// Why no function of the host has its values in a wide memory.
const HOST_WIDE: &str = "a function at the boundary to the host cannot pass values through a memory with 64-bit addresses \
    yet; call it through a component with a 32-bit memory";

/// The width of pointers under canonical options.
fn pointer(options: &CanonOptions) -> Pointer {
    if options.memory64 { Pointer::W64 } else { Pointer::W32 }
}

/// A crossing that is being written.
pub(super) struct Crossing<'w, 'a> {
    pub(super) walk: ValueWalk<'w, 'a>,
    pub(super) ty: &'a FuncType,
    /// What the function is lowered with.
    pub(super) lower: &'a CanonOptions,
    pub(super) lowered: Signature,
    pub(super) lifted: Signature,
    pub(super) caller: Side,
    pub(super) callee: Side,
}

impl Crossing<'_, '_> {
    /// Leaves the callee's core parameters on the stack.
    pub(super) fn params(&mut self) -> Result<(), AdapterError> {
        self.walk.body.step(Step::Parameters);
        let types: Vec<InterfaceType> = self.ty.params.iter().map(|(_, ty)| *ty).collect();
        let slots: Vec<Slot> = locals(&self.lowered.params);
        let (caller, callee) = (self.caller, self.callee);
        let src = match self.lowered.params_in_memory {
            None => Source::Stack { slots: &slots[..self.lifted.params.len()], side: &caller },
            Some(layout) => {
                let memory = self.walk.memory(&caller)?;
                self.walk.body.check_aligned(0, layout.align, TrapClass::PointerUnaligned);
                let bytes = Bytes::Const(layout.size);
                self.walk.body.check_in_bounds(memory, 0, bytes, TrapClass::PointerOutOfBounds);
                Source::Memory { base: 0, offset: 0, side: &caller }
            }
        };
        let locks = self.walk.adapters.abi.needs_realloc(self.ty, CanonSide::Lift) && self.may_leave(callee.instance);
        if locks {
            self.walk.body.set_global(GlobalRef::MayLeave(callee.instance), 0);
        }
        match self.lifted.params_in_memory {
            None => {
                let dst = Destination::Stack { types: &self.lifted.params, side: &callee };
                self.walk.fields(&types, src, dst)?;
            }
            Some(layout) => {
                // The tuple's own memory comes before that of the values in it.
                let tuple = self.walk.allocate(&callee, Bytes::Const(layout.size), layout.align)?;
                let dst = Destination::Memory { base: tuple.index, offset: 0, side: &callee };
                self.walk.fields(&types, src, dst)?;
                self.walk.body.get(tuple.index);
                self.walk.body.release(tuple);
            }
        }
        if locks {
            self.walk.body.set_global(GlobalRef::MayLeave(callee.instance), 1);
        }
        self.walk.body.step(Step::Call);
        Ok(())
    }

    /// Takes the callee's core results off the stack, leaves the adapter's own there, and calls post-return.
    pub(super) fn results(&mut self, post_return: Option<FuncRef>) -> Result<(), AdapterError> {
        self.walk.body.step(Step::Results);
        let types: &[InterfaceType] = self.ty.result.as_slice();
        let (caller, callee) = (self.caller, self.callee);
        let locks = self.walk.adapters.abi.needs_realloc(self.ty, CanonSide::Lower) && self.may_leave(caller.instance);
        if locks {
            self.walk.body.set_global(GlobalRef::MayLeave(caller.instance), 0);
        }
        // Post-return gets the results as they are now, so they have to be kept for it.
        let kept = match self.lifted.results[..] {
            [ty] if post_return.is_some() || self.lowered.results_in_memory.is_some() => Some(self.walk.body.pop(ty)),
            _ => None,
        };
        match (self.lifted.results_in_memory, self.lowered.results_in_memory) {
            (None, None) => {
                let place = match &kept {
                    Some(local) => SlotPlace::Local(local.index),
                    None => SlotPlace::Top,
                };
                let slots: Vec<Slot> = self.lifted.results.iter().map(|ty| Slot { place, ty: *ty }).collect();
                let src = Source::Stack { slots: &slots, side: &callee };
                let dst = Destination::Stack { types: &self.lowered.results, side: &caller };
                self.walk.fields(types, src, dst)?;
            }
            (Some(lifted), Some(lowered)) => {
                let from = kept.as_ref().expect("a result in memory is kept").index;
                let to = u32::try_from(self.lowered.params.len() - 1).expect("at most 17 parameters");
                let (source, destination) = (self.walk.memory(&callee)?, self.walk.memory(&caller)?);
                let body = &mut self.walk.body;
                body.check_aligned(from, lifted.align, TrapClass::PointerUnaligned);
                body.check_in_bounds(source, from, Bytes::Const(lifted.size), TrapClass::PointerOutOfBounds);
                body.check_aligned(to, lowered.align, TrapClass::PointerUnaligned);
                body.check_in_bounds(destination, to, Bytes::Const(lowered.size), TrapClass::PointerOutOfBounds);
                let src = Source::Memory { base: from, offset: 0, side: &callee };
                let dst = Destination::Memory { base: to, offset: 0, side: &caller };
                self.walk.fields(types, src, dst)?;
            }
            // The caller has lowered it with the option `async`.
            (None, Some(lowered)) => {
                let to = u32::try_from(self.lowered.params.len() - 1).expect("at most 17 parameters");
                let destination = self.walk.memory(&caller)?;
                let body = &mut self.walk.body;
                body.check_aligned(to, lowered.align, TrapClass::PointerUnaligned);
                body.check_in_bounds(destination, to, Bytes::Const(lowered.size), TrapClass::PointerOutOfBounds);
                let place = |local: &Local| SlotPlace::Local(local.index);
                let slots =
                    kept.iter().zip(&self.lifted.results).map(|(local, ty)| Slot { place: place(local), ty: *ty });
                let slots: Vec<Slot> = slots.collect();
                let src = Source::Stack { slots: &slots, side: &callee };
                let dst = Destination::Memory { base: to, offset: 0, side: &caller };
                self.walk.fields(types, src, dst)?;
            }
            (Some(_), None) => unreachable!("what is in memory when it is lifted is not flat when it is lowered"),
        }
        if locks {
            self.walk.body.set_global(GlobalRef::MayLeave(caller.instance), 1);
        }
        if let Some(post_return) = post_return {
            self.walk.body.step(Step::PostReturn);
            let locks = self.may_leave(callee.instance);
            if locks {
                self.walk.body.set_global(GlobalRef::MayLeave(callee.instance), 0);
            }
            if let Some(kept) = &kept {
                self.walk.body.get(kept.index);
            }
            self.walk.body.call(post_return);
            if locks {
                self.walk.body.set_global(GlobalRef::MayLeave(callee.instance), 1);
            }
        }
        if let Some(kept) = kept {
            self.walk.body.release(kept);
        }
        self.walk.body.step(Step::Leave);
        Ok(())
    }

    pub(super) fn may_leave(&self, instance: ComponentInstanceId) -> bool {
        self.walk.adapters.plan.instances[instance].may_leave
    }
}

/// The parameters as a flat source.
pub(super) fn locals(params: &[ValType]) -> Vec<Slot> {
    (0..).zip(params).map(|(i, ty)| Slot { place: SlotPlace::Local(i), ty: *ty }).collect()
}
