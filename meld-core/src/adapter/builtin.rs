//! Built-ins that are carried out in the module, and trampolines that are nothing but a trap or a check.
//!
//! In: a trampoline. Out: its function, on globals of its instance or on its handle table (`CanonicalABI.md`,
//! `canon resource.new`, `canon resource.rep`, `canon resource.drop`, `canon context.get`,
//! `canon context.set`, `canon backpressure.inc`, `canon backpressure.dec`, and the first line of `canon lower`).

use super::Adapters;
use super::body::BodyBuilder;
use crate::abi::signature::CanonSide;
use crate::dfg::{ComponentFunc, Trampoline};
use crate::error::AdapterError;
use crate::handle_tables::Definer;
use crate::ids::{ComponentInstanceId, ResourceId, TrampolineId};
use crate::synth::{FuncRef, GlobalRef, HostImport, Inst, SynthFunc, TrapClass};
use wasm_encoder::{BlockType, Instruction, ValType};

/// One more than the largest backpressure counter.
const MAX_BACKPRESSURE: u32 = 1 << 16;

/// Core parameters and results.
type ParamsAndResults = (Vec<ValType>, Vec<ValType>);

impl Adapters<'_> {
    /// `context.*`, `backpressure.*`, and `resource.*` of an instance with a handle table.
    pub(super) fn builtin(&mut self, id: TrampolineId) -> Result<SynthFunc, AdapterError> {
        let (params, results) = self.trampoline_signature(id)?;
        let mut body = BodyBuilder::new(self.trampoline_name(id), params, results);
        match self.dfg.trampolines[id] {
            Trampoline::ContextGet { instance, slot, width } => {
                body.inst(Inst::GlobalGet(GlobalRef::Context(instance, slot, width)));
            }
            Trampoline::ContextSet { instance, slot, width } => {
                body.get(0);
                body.inst(Inst::GlobalSet(GlobalRef::Context(instance, slot, width)));
            }
            Trampoline::BackpressureInc { instance } => {
                let counter = GlobalRef::Backpressure(instance);
                body.inst(Inst::GlobalGet(counter));
                body.i32(1);
                body.plain(Instruction::I32Add);
                body.inst(Inst::GlobalSet(counter));
                body.inst(Inst::GlobalGet(counter));
                body.i32(MAX_BACKPRESSURE);
                body.plain(Instruction::I32Eq);
                body.trap_if(TrapClass::Backpressure);
            }
            Trampoline::BackpressureDec { instance } => {
                let counter = GlobalRef::Backpressure(instance);
                body.trap_unless_set(counter, TrapClass::Backpressure);
                body.inst(Inst::GlobalGet(counter));
                body.i32(1);
                body.plain(Instruction::I32Sub);
                body.inst(Inst::GlobalSet(counter));
            }
            Trampoline::ResourceNew { instance, resource } => {
                self.guarded(id, &mut body);
                body.i32(self.route(instance, resource)?.tag);
                body.get(0);
                body.call(self.table_func(instance, "new_own"));
            }
            Trampoline::ResourceRep { instance, resource } => {
                body.i32(self.route(instance, resource)?.tag);
                body.get(0);
                body.call(self.table_func(instance, "rep"));
            }
            Trampoline::ResourceDrop { instance, resource } => self.resource_drop(id, instance, resource, &mut body)?,
            _ => {
                let reason = "only `context.*`, `backpressure.*` and `resource.*` are carried out in the module";
                return Err(AdapterError::Misplanned { trampoline: id.to_string(), reason });
            }
        }
        Ok(body.finish())
    }

    /// The body of `resource.drop`: the entry goes first, then the destructor runs in the owner's instance, once
    /// (`CanonicalABI.md`, `canon_resource_drop`). An entry for a handle of the host drops that handle.
    fn resource_drop(
        &mut self,
        id: TrampolineId,
        instance: ComponentInstanceId,
        resource: ResourceId,
        body: &mut BodyBuilder,
    ) -> Result<(), AdapterError> {
        let route = self.route(instance, resource)?;
        let (tag, definer) = (route.tag, route.definer);
        if let Definer::Instance { instance, dtor: Some(_) } = definer
            && self.plan.instances[instance].throws
        {
            body.begin_barrier();
        }
        self.guarded(id, body);
        body.i32(tag);
        body.get(0);
        if self.plan.principal.tasks.is_some() {
            body.call(self.table_func(instance, "drop_of_task"));
            let task = body.pop(ValType::I32);
            body.get(task.index);
            body.plain(Instruction::If(BlockType::Empty));
            body.get(task.index);
            self.call_tasks(body, "unborrow");
            body.plain(Instruction::End);
        } else {
            body.call(self.table_func(instance, "drop"));
        }
        let what = body.pop(ValType::I32);
        let rep = body.pop(ValType::I32);
        let end = match definer {
            Definer::Instance { dtor: None, .. } => None,
            // An own has a destructor to run, a borrow has none.
            Definer::Instance { instance, dtor: Some(dtor) } => Some((self.inner_destructor(dtor, instance), 1)),
            // An own is an entry for a handle of the host, and so is a borrow that came from the host.
            Definer::Host => Some((FuncRef::Host(HostImport::ResourceDrop(resource)), 3)),
        };
        if let Some((func, when)) = end {
            body.get(what.index);
            body.i32(when);
            body.plain(Instruction::I32And);
            body.plain(Instruction::If(BlockType::Empty));
            // The task of another instance's destructor neither returns early nor is cancelled, nor can it wait.
            let other = match definer {
                Definer::Instance { instance: of, .. } if of != instance => self.plan.principal.tasks.as_ref(),
                _ => None,
            };
            let previous = other.map(|_| {
                body.i32(0);
                self.call_tasks(body, "set_current");
                body.pop(ValType::I32)
            });
            body.get(rep.index);
            body.call(func);
            if let Some(previous) = previous {
                body.get(previous.index);
                self.call_tasks(body, "set_current");
                body.plain(Instruction::Drop);
            }
            body.plain(Instruction::End);
        }
        Ok(())
    }

    /// The first line of most built-ins, where the plan says that it can matter.
    pub(super) fn guarded(&self, id: TrampolineId, body: &mut BodyBuilder) {
        if self.plan.guarded.contains(&id) {
            body.trap_unless_set(GlobalRef::MayLeave(self.dfg.trampoline_instance(id)), TrapClass::MayLeave);
        }
    }

    /// A trampoline that always traps.
    pub(super) fn traps(&mut self, id: TrampolineId, class: TrapClass) -> Result<SynthFunc, AdapterError> {
        let (params, results) = self.trampoline_signature(id)?;
        let mut body = BodyBuilder::new(self.trampoline_name(id), params, results);
        body.trap(class);
        Ok(body.finish())
    }

    /// A trampoline that nothing calls, though a table may contain it.
    pub(super) fn dead(&mut self, id: TrampolineId) -> Result<SynthFunc, AdapterError> {
        let (params, results) = self.trampoline_signature(id)?;
        let mut body = BodyBuilder::new(self.trampoline_name(id), params, results);
        body.plain(Instruction::Unreachable);
        Ok(body.finish())
    }

    /// A call of the host that traps while the caller may not leave. The host cannot tell: it
    /// only knows of the flag of the component as a whole.
    pub(super) fn guard(&mut self, id: TrampolineId, import: HostImport) -> Result<SynthFunc, AdapterError> {
        if let HostImport::Lower(func, options) = import
            && let ty = &self.dfg.types[self.dfg.import_funcs[func].ty]
            && !self.dfg.options[options].is_async
            && self.plan.edge(&self.dfg.options[options]).concerns(self.abi, ty, CanonSide::Lower)
        {
            return self.import_adapter(id, import);
        }
        if let HostImport::Lower(func, options) = import
            && self.dfg.options[options].is_async
            && self.plan.edge(&self.dfg.options[options]).windowed()
        {
            return self.late_import(id, func, options);
        }
        if let Trampoline::Host(builtin) = &self.dfg.trampolines[id]
            && let Some(options) = builtin.options
            && self.plan.edge(&self.dfg.options[options]).windowed()
        {
            return self.builtin_edge(id, builtin, options);
        }
        let (params, results) = self.trampoline_signature(id)?;
        let arguments = u32::try_from(params.len()).expect("at most 17 parameters");
        let mut body = BodyBuilder::new(self.trampoline_name(id), params, results);
        body.trap_unless_set(GlobalRef::MayLeave(self.dfg.trampoline_instance(id)), TrapClass::MayLeave);
        for i in 0..arguments {
            body.get(i);
        }
        body.call(FuncRef::Host(import));
        Ok(body.finish())
    }

    /// A trampoline that is an error where it is live.
    pub(super) fn unsupported(&mut self, id: TrampolineId, reason: String) -> Result<SynthFunc, AdapterError> {
        // The signature of some built-ins is known only to the modules that import them, and no code looks
        // at that of a function that never gets into the module.
        let (params, results) = match self.dfg.trampolines[id] {
            Trampoline::Unsupported { .. } => (Vec::new(), Vec::new()),
            _ => self.trampoline_signature(id)?,
        };
        let mut func = BodyBuilder::new(self.trampoline_name(id), params, results).finish();
        func.unsupported = Some(reason);
        Ok(func)
    }

    pub(super) fn trampoline_signature(&self, id: TrampolineId) -> Result<ParamsAndResults, AdapterError> {
        Ok(match self.dfg.trampolines[id] {
            Trampoline::Lower { func, options } => {
                let ty = match func {
                    ComponentFunc::Import(import) => self.dfg.import_funcs[import].ty,
                    ComponentFunc::Lift(lift) => self.dfg.lifts[lift].ty,
                };
                let ty = &self.dfg.types[ty];
                let signature = match self.dfg.options[options].is_async {
                    true => self.abi.async_signature(ty, CanonSide::Lower, false),
                    false => self.abi.signature(ty, CanonSide::Lower),
                };
                (signature.params, signature.results)
            }
            Trampoline::Host(builtin) => self.host_builtin_signature(&builtin),
            Trampoline::ResourceNew { .. } | Trampoline::ResourceRep { .. } => (vec![ValType::I32], vec![ValType::I32]),
            Trampoline::ResourceDrop { .. } => (vec![ValType::I32], Vec::new()),
            Trampoline::ContextSet { width, .. } => (vec![width.core_type()], Vec::new()),
            Trampoline::ContextGet { width, .. } => (Vec::new(), vec![width.core_type()]),
            Trampoline::BackpressureInc { .. } | Trampoline::BackpressureDec { .. } => (Vec::new(), Vec::new()),
            Trampoline::Unsupported { .. } => {
                let reason = "a built-in that is not supported cannot be called";
                return Err(AdapterError::Misplanned { trampoline: id.to_string(), reason });
            }
        })
    }

    pub(super) fn trampoline_name(&self, id: TrampolineId) -> String {
        let owner = self.instance_name(self.dfg.trampoline_instance(id));
        match &self.dfg.trampolines[id] {
            Trampoline::Lower { func: ComponentFunc::Import(import), .. } => {
                format!("shim {} {owner}->host", self.import_name(*import))
            }
            Trampoline::Lower { func: ComponentFunc::Lift(lift), .. } => {
                let callee = self.dfg.options[self.dfg.lifts[*lift].options].instance;
                format!("adapter {} {owner}->{}", self.lift_name(*lift), self.instance_name(callee))
            }
            Trampoline::ResourceNew { resource, .. } => {
                format!("resource.new {} {owner}", self.resource_name(*resource))
            }
            Trampoline::ResourceRep { resource, .. } => {
                format!("resource.rep {} {owner}", self.resource_name(*resource))
            }
            Trampoline::ResourceDrop { resource, .. } => {
                format!("resource.drop {} {owner}", self.resource_name(*resource))
            }
            Trampoline::ContextGet { slot, .. } => format!("context.get {slot} {owner}"),
            Trampoline::ContextSet { slot, .. } => format!("context.set {slot} {owner}"),
            Trampoline::BackpressureInc { .. } => format!("backpressure.inc {owner}"),
            Trampoline::BackpressureDec { .. } => format!("backpressure.dec {owner}"),
            Trampoline::Host(builtin) => format!("{} {owner}", builtin.kind.name()),
            Trampoline::Unsupported { name, .. } => format!("{name} {owner}"),
        }
    }
}
