//! The boundary between the fused module and its host.
//!
//! In: the exports of the plan, and the imports that trampolines call. Out: the [`CoreInterface`], and the
//! functions that set an instance's state for calls that come from outside: the host, or the component
//! around the module, knows one `may_leave` flag and one set of context slots for everything inside.
//!
//! - An exported function and a destructor have context slots of their own ([`context`](super::context)).
//! - A `realloc` runs with `may_leave` clear and context slots of its own.
//! - A post-return runs with `may_leave` clear, and sees the context slots of the function it belongs to.
//! - A core exception that would leave any of them becomes a trap (`CanonicalABI.md`, `call_and_trap_on_throw`). A component
//!   around the module would see to that itself, and finds nothing left to do; a host of the core module might catch it.
//! - What the host was shown in a guest's memory while it carries out an import is put back before any code of a guest runs:
//!   the host may call in meanwhile, when it has lifted its parameters (`settle`).
//!
//! `may_leave` is set when a call is over, and not as it was before: while it is clear, only code of that instance can
//! run, none of which gets out of the instance. So it is set whenever the host, or anybody else, can call in.
//!
//! Where the plan says that an instance has no such state, the guest's own function is exported.

use super::CoreExports;
use super::body::BodyBuilder;
use super::core_names::{CoreNames, GroupNumber, HostMemory, Identity};
use super::{Adapters, func_ref, place};
use crate::abi::Pointer;
use crate::abi::handles::HandleTypes;
use crate::abi::signature::{CanonSide, Signature};
use crate::core_interface::{CoreExport, CoreImport, CoreInterface, CoreOptions, KnownName};
use crate::dfg::{
    CanonOptions, CoreDef, CoreItem, HostBuiltin, HostBuiltinKind, ImportPath, ResourceDef, StringEncoding, Trampoline,
};
use crate::error::AdapterError;
use crate::ids::{ComponentInstanceId, ImportFuncId, OptionsId, ResourceId, TrampolineId};
use crate::plan::{ExportPlan, TrampolinePlan};
use crate::synth::{Address, FuncRef, GlobalRef, HostImport, Inst, MemoryRef, WakerCall};
use indexmap::{IndexMap, IndexSet};
use wasm_encoder::{BlockType, Instruction, ValType};

/// Parameters of a callback (`CanonicalABI.md`, `canon lift`).
const CALLBACK_PARAMS: [ValType; 3] = [ValType::I32; 3];

/// For which call a wrapper sets the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Wrapping {
    /// A `realloc` that an adapter calls, which has cleared `may_leave` itself.
    Realloc,
    /// A `realloc` that the host calls.
    HostRealloc,
    /// A post-return that the host calls.
    PostReturn,
    /// A lifted function that the host calls.
    Export {
        /// Whether a post-return sees the context slots of the call.
        has_post_return: bool,
    },
    /// A destructor that a built-in calls, which turns core exceptions into traps itself.
    Destructor,
    /// A destructor that the host calls.
    HostDestructor,
    /// A start function.
    Start,
}

impl Wrapping {
    fn clears_may_leave(self) -> bool {
        matches!(self, Wrapping::HostRealloc | Wrapping::PostReturn)
    }

    fn is_called_by_host(self) -> bool {
        !matches!(self, Wrapping::Realloc | Wrapping::Destructor)
    }
}

impl Adapters<'_> {
    /// A `realloc` for adapters.
    pub(super) fn realloc(&mut self, func: FuncRef, instance: ComponentInstanceId, pointer: Pointer) -> FuncRef {
        let pointer = pointer.core_type();
        self.wrap(func, instance, Wrapping::Realloc, "realloc", &[pointer; 4], &[pointer])
    }

    /// `func`, in a function that sets the state of `instance` for the call, where it has such state.
    pub(super) fn wrap(
        &mut self,
        func: FuncRef,
        instance: ComponentInstanceId,
        wrapping: Wrapping,
        name: &str,
        params: &[ValType],
        results: &[ValType],
    ) -> FuncRef {
        let state = self.plan.instances[instance];
        if wrapping == Wrapping::Realloc && !state.host_context.is_empty() {
            return self.with_host_context(func, instance, name, params, results);
        }
        let locks = state.may_leave && wrapping.clears_may_leave();
        let barrier = wrapping.is_called_by_host() && state.throws;
        // Post-return comes right after the function, and restores what was shown of its result.
        let settles = wrapping.is_called_by_host()
            && !matches!(wrapping, Wrapping::PostReturn | Wrapping::Start)
            && !self.shown.is_empty();
        if !locks && !barrier && !settles && state.context.is_empty() {
            return func;
        }
        if let Some(wrapped) = self.wrapped.get(&(func, instance, wrapping)) {
            return *wrapped;
        }
        let name = format!("shim {name} {}", self.instance_name(instance));
        let mut body = BodyBuilder::new(name, params.to_vec(), results.to_vec());
        if barrier {
            body.begin_barrier();
        }
        if settles {
            self.settle(&mut body);
        }
        let context = match wrapping {
            Wrapping::PostReturn => body.reenter_context(instance, state.context),
            _ => body.enter_context(instance, state.context),
        };
        if locks {
            body.set_global(GlobalRef::MayLeave(instance), 0);
        }
        for param in 0..params.len() {
            body.get(u32::try_from(param).expect("at most 17 parameters"));
        }
        body.call(func);
        if locks {
            body.set_global(GlobalRef::MayLeave(instance), 1);
        }
        if let Wrapping::Export { has_post_return: true } = wrapping {
            body.keep_context(&context);
        }
        body.leave_context(context);
        let wrapped = FuncRef::Synth(self.synths.push(body.finish()));
        self.wrapped.insert((func, instance, wrapping), wrapped);
        wrapped
    }

    /// A function of the principal that an adapter calls, with context slots of its own: those of the host, saved around the call.
    fn with_host_context(
        &mut self,
        func: FuncRef,
        instance: ComponentInstanceId,
        name: &str,
        params: &[ValType],
        results: &[ValType],
    ) -> FuncRef {
        let key = (func, instance, Wrapping::Realloc);
        if let Some(wrapped) = self.wrapped.get(&key) {
            return *wrapped;
        }
        let name = format!("shim {name} {}", self.instance_name(instance));
        let mut body = BodyBuilder::new(name, params.to_vec(), results.to_vec());
        let saved = body.enter_host_context(self.plan.instances[instance].host_context);
        for param in 0..params.len() {
            body.get(u32::try_from(param).expect("at most 17 parameters"));
        }
        body.call(func);
        body.leave_host_context(saved);
        let wrapped = FuncRef::Synth(self.synths.push(body.finish()));
        self.wrapped.insert(key, wrapped);
        wrapped
    }

    /// Puts back all that the host was shown in guests' memories.
    pub(super) fn settle(&mut self, body: &mut BodyBuilder) {
        for memory in self.shown.clone() {
            for _ in 0..3 {
                body.i32(0);
            }
            body.call(self.rewriter(memory, "restore"));
        }
    }

    /// The memories in which the host is shown other words than the guest's while it carries out an import.
    fn shown(&self) -> Result<Vec<place::Memory>, AdapterError> {
        let mut shown: Vec<place::Memory> = Vec::new();
        for (&id, plan) in &self.plan.trampolines {
            let TrampolinePlan::HostAdapter(HostImport::Lower(func, options)) = *plan else { continue };
            let ty = &self.dfg.types[self.dfg.import_funcs[func].ty];
            let inner = self.inner(&self.dfg.options[options], &self.trampoline_name(id))?;
            // From a window, the host is given copies.
            if let Some(memory) = inner.memory
                && !inner.edge.windowed()
                && self.rewrites_params(inner, ty, &self.abi.signature(ty, CanonSide::Lower))
                && shown.iter().all(|known| known.memory != memory.memory)
            {
                shown.push(memory);
            }
        }
        Ok(shown)
    }

    /// A destructor for the module itself.
    pub(super) fn inner_destructor(&mut self, dtor: CoreDef, instance: ComponentInstanceId) -> FuncRef {
        self.wrap(func_ref(dtor), instance, Wrapping::Destructor, "destructor", &[ValType::I32], &[])
    }

    /// Everything the host sees.
    pub(super) fn interface(
        &mut self,
        trampolines: &IndexMap<TrampolineId, FuncRef>,
    ) -> Result<(CoreInterface, CoreExports), AdapterError> {
        let plan = self.plan;
        let mut interface = CoreInterface::default();
        let mut exports = CoreExports::default();
        let mut names = CoreNames::new(self.dfg, &plan.passthrough.names, &plan.exports);
        self.shown = self.shown()?;
        // Exported functions first: their names are not ours to choose.
        let fields: Vec<String> = plan.exports.values().map(|export| names.export(&export.path)).collect();
        for (export, field) in plan.exports.values().zip(fields) {
            let export = self.export(export, field, trampolines, &mut exports, &mut names)?;
            interface.exports.push(export);
        }
        // What the host adapters of exports call.
        self.write_converters()?;
        for plan in plan.trampolines.values() {
            if let TrampolinePlan::Host(import) | TrampolinePlan::HostAdapter(import) = *plan
                && !interface.imports.contains_key(&import)
            {
                let imported = self.import(import, &mut exports, &mut names)?;
                interface.imports.insert(import, imported);
                self.destructor(import, &mut interface, &mut exports, &mut names);
            }
        }
        // Built-ins and host adapters call functions of the host that are no trampoline's.
        for import in self.host_calls() {
            if !interface.imports.contains_key(&import) {
                let imported = self.import(import, &mut exports, &mut names)?;
                interface.imports.insert(import, imported);
                self.destructor(import, &mut interface, &mut exports, &mut names);
            }
        }
        if let Some(shared) = plan.memory.shared()
            && shared.arena > 0
            && let Some(memory) = shared.arena_home
        {
            let memory = MemoryRef::Core(memory);
            exports.addresses.insert("__meld_arena_base".to_owned(), Address::ArenaBase(memory));
            if !plan.needs.open_arena {
                exports.addresses.insert("__meld_arena_end".to_owned(), Address::ArenaEnd(memory));
            }
            let group = names.group(memory, None);
            exports.memories.insert(names.memory(group), memory);
        }
        Ok((interface, exports))
    }

    /// The functions of the host that bodies call, in order.
    fn host_calls(&self) -> IndexSet<HostImport> {
        let insts = self.synths.values().flat_map(|func| &func.body);
        let host = insts.filter_map(|inst| match inst {
            Inst::Call(FuncRef::Host(import)) => Some(*import),
            _ => None,
        });
        host.collect()
    }

    fn export(
        &mut self,
        export: &ExportPlan,
        field: String,
        trampolines: &IndexMap<TrampolineId, FuncRef>,
        exports: &mut CoreExports,
        names: &mut CoreNames<'_>,
    ) -> Result<CoreExport, AdapterError> {
        let lift = &self.dfg.lifts[export.lift];
        let options = &self.dfg.options[lift.options];
        if options.is_async {
            return self.async_export(export, &field, trampolines, exports, names);
        }
        let ty = &self.dfg.types[lift.ty];
        let Signature { params, results, .. } = self.abi.signature(ty, CanonSide::Lift);
        let mut func = planned(lift.func, trampolines)?;
        let converts = self.plan.edge(options).concerns(self.abi, ty, CanonSide::Lift);
        if converts {
            func = self.export_adapter(&field, func, ty, options)?;
        } else {
            let wrapping = Wrapping::Export { has_post_return: options.post_return.is_some() };
            func = self.wrap(func, options.instance, wrapping, &field, &params, &results);
        }
        func = self.root_call(export.lift, func, &params, &results);
        let needs_memory = self.abi.needs_memory(ty);
        let needs_realloc = self.abi.needs_realloc(ty, CanonSide::Lift);
        let (mut core_options, _) =
            self.options(&field, options, needs_memory, (needs_realloc, false), exports, names)?;
        let mut post_return = options.post_return.map(|post_return| {
            let name = format!("cabi_post_{field}");
            self.wrap(func_ref(post_return), options.instance, Wrapping::PostReturn, &name, &results, &[])
        });
        if converts {
            post_return = self.post_return_adapter(&field, post_return, ty, options)?;
        }
        if let Some(func) = post_return {
            let name = names.post_return(&field);
            exports.options.insert(name.clone(), func);
            core_options.post_return = Some(name);
        }
        exports.funcs.insert(field.clone(), func);
        Ok(CoreExport { path: export.path.clone(), field, ty: lift.ty, options: core_options })
    }

    /// An exported function with the option `async`: the core function and the callback. The host calls them, and their state is the
    /// host's.
    fn async_export(
        &mut self,
        export: &ExportPlan,
        field: &str,
        trampolines: &IndexMap<TrampolineId, FuncRef>,
        exports: &mut CoreExports,
        names: &mut CoreNames<'_>,
    ) -> Result<CoreExport, AdapterError> {
        let lift = &self.dfg.lifts[export.lift];
        let options = &self.dfg.options[lift.options];
        let field = names.async_export(field, options.callback.is_some());
        let (mut core_options, _) = self.verbatim(&field, options, exports, names)?;
        let wrapping = Wrapping::Export { has_post_return: false };
        if let Some(callback) = options.callback {
            let name = names.callback(&field);
            let func = match self.root_callback(export.lift) {
                Some(callback) => callback,
                None => {
                    let callback = planned(callback, trampolines)?;
                    self.wrap(callback, options.instance, wrapping, &name, &CALLBACK_PARAMS, &[ValType::I32])
                }
            };
            exports.options.insert(name.clone(), func);
            core_options.callback = Some(name);
        }
        let func = match self.root_start(export.lift)? {
            Some(start) => start,
            None => {
                let has_callback = options.callback.is_some();
                let Signature { params, results, .. } =
                    self.abi.async_signature(&self.dfg.types[lift.ty], CanonSide::Lift, has_callback);
                let func = planned(lift.func, trampolines)?;
                self.wrap(func, options.instance, wrapping, &field, &params, &results)
            }
        };
        exports.funcs.insert(field.clone(), func);
        Ok(CoreExport { path: export.path.clone(), field, ty: lift.ty, options: core_options })
    }

    /// Exactly the options of the input: the host compares those of `task.return` with those of the lifted function.
    fn verbatim(
        &mut self,
        item: &str,
        options: &CanonOptions,
        exports: &mut CoreExports,
        names: &mut CoreNames<'_>,
    ) -> Result<(CoreOptions, Option<GroupNumber>), AdapterError> {
        let needs = (options.realloc.is_some(), false);
        let (core_options, group) = self.options(item, options, options.memory.is_some(), needs, exports, names)?;
        Ok((CoreOptions { is_async: options.is_async, ..core_options }, group))
    }

    fn import(
        &mut self,
        import: HostImport,
        exports: &mut CoreExports,
        names: &mut CoreNames<'_>,
    ) -> Result<CoreImport, AdapterError> {
        let (plain, known) = names.plain_import(import);
        let no_options = CoreOptions::without_memory(StringEncoding::Utf8);
        let mut table = None;
        let (params, results, options, identity, group) = match import {
            HostImport::Lower(func, id) if self.dfg.options[id].is_async => {
                let ty = &self.dfg.types[self.dfg.import_funcs[func].ty];
                let signature = self.abi.async_signature(ty, CanonSide::Lower, false);
                let canon = &self.dfg.options[id];
                let (options, group) = self.verbatim(&plain.1, canon, exports, names)?;
                let group = group.filter(|_| options.realloc.is_some() || !self.plan.memory.is_one());
                // In one memory, what several instances call by the same options is one function of the host.
                let identity = if self.plan.memory.is_one() {
                    let memory = canon.memory.map(|memory| self.seen(memory));
                    let (realloc, encoding) = (options.realloc.clone(), options.encoding);
                    Identity::WithOptions { names: plain.clone(), memory, realloc, encoding }
                } else {
                    Identity::Builtin(import)
                };
                (signature.params, signature.results, options, identity, group)
            }
            HostImport::Lower(func, id) => {
                let ty = &self.dfg.types[self.dfg.import_funcs[func].ty];
                let signature = self.abi.signature(ty, CanonSide::Lower);
                let (options, group) = self.lower_options(&plain.1, id, ty, exports, names)?;
                let identity = self.identity(func, id, &options);
                // Addresses in the one memory are the same whatever group they are of.
                let group = group.filter(|_| options.realloc.is_some() || !self.plan.memory.is_one());
                (signature.params, signature.results, options, identity, group)
            }
            HostImport::ResourceDrop(_) => {
                (vec![ValType::I32], Vec::new(), no_options, Identity::Builtin(import), None)
            }
            HostImport::ResourceNew(_) | HostImport::ResourceRep(_) => {
                (vec![ValType::I32], vec![ValType::I32], no_options, Identity::Builtin(import), None)
            }
            HostImport::Builtin(id) => {
                let (params, results) = self.trampoline_signature(id)?;
                let (options, memory, group) = match self.dfg.trampolines[id] {
                    Trampoline::Host(builtin @ HostBuiltin { options: Some(options), .. }) => {
                        let canon = &self.dfg.options[options];
                        let (mut options, group) = self.verbatim(&plain.1, canon, exports, names)?;
                        // What waits in the module does not make the host wait.
                        options.is_async |= self.plan.principal.tasks.is_some() && builtin.kind.is_copy();
                        (options, canon.memory, group)
                    }
                    Trampoline::Host(builtin) => {
                        let is_async = self.plan.principal.tasks.is_some() && builtin.kind.is_copy();
                        (CoreOptions { is_async, ..no_options }, None, None)
                    }
                    _ => (no_options, None, None),
                };
                let plain = plain.clone();
                let (identity, group) = match self.dfg.trampolines[id] {
                    // Its names say which one it is: it reads no other memory than its function's.
                    Trampoline::Host(HostBuiltin { kind: HostBuiltinKind::TaskReturn, .. }) => {
                        (Identity::TaskReturn(plain), None)
                    }
                    Trampoline::Host(HostBuiltin { start: Some(start), .. }) => {
                        let name = names.table(start.table);
                        exports.tables.insert(name.clone(), start.table);
                        table = Some(name);
                        (Identity::Thread { names: plain, table: start.table }, None)
                    }
                    _ => {
                        let (realloc, encoding) = (options.realloc.clone(), options.encoding);
                        let memory = memory.map(|memory| self.seen(memory));
                        let group = group.filter(|_| realloc.is_some() || !self.plan.memory.is_one());
                        (Identity::WithOptions { names: plain, memory, realloc, encoding }, group)
                    }
                };
                (params, results, options, identity, group)
            }
            HostImport::ContextGet(_, width) => {
                (Vec::new(), vec![width.core_type()], no_options, Identity::Builtin(import), None)
            }
            HostImport::ContextSet(_, width) => {
                (vec![width.core_type()], Vec::new(), no_options, Identity::Builtin(import), None)
            }
            HostImport::Waker(call) => {
                let (params, results) = call.signature();
                let memory = self.plan.principal.tasks.as_ref().and_then(|tasks| tasks.waker_memory);
                let memory = match (call, memory) {
                    (WakerCall::Wait | WakerCall::Poll, _) => Some(MemoryRef::Runtime(self.events())),
                    // It is passed nothing: if a memory is exported anyway, that is the one that tools find.
                    (WakerCall::Read | WakerCall::Write, Some(memory))
                        if exports.memories.values().all(|exported| *exported == MemoryRef::Core(memory)) =>
                    {
                        Some(MemoryRef::Core(memory))
                    }
                    _ => None,
                };
                let (mut options, mut numbered) = (no_options, None);
                if let Some(memory) = memory {
                    let group = names.group(memory, None);
                    exports.memories.insert(names.memory(group), memory);
                    options.memory = Some(names.memory(group));
                    let own = !self.plan.memory.is_one();
                    numbered = (own && matches!(call, WakerCall::Wait | WakerCall::Poll)).then_some(group);
                }
                (params, results, options, Identity::Builtin(import), numbered)
            }
            HostImport::BackpressureInc | HostImport::BackpressureDec => {
                (Vec::new(), Vec::new(), no_options, Identity::Builtin(import), None)
            }
        };
        let has_strings = match import {
            HostImport::Lower(func, _) => self.abi.has_strings(&self.dfg.types[self.dfg.import_funcs[func].ty]),
            HostImport::Builtin(id) => match &self.dfg.trampolines[id] {
                Trampoline::Host(builtin) => self.host_builtin_has_strings(builtin),
                _ => false,
            },
            _ => false,
        };
        let (module, field) = names.import(identity, plain.clone(), group);
        let known = if known == KnownName::Known && field != plain.1 { KnownName::Unknown } else { known };
        let (mut droppable, mut passes_through) = (Vec::new(), false);
        let (path, ty) = match import {
            HostImport::Lower(func, _) => {
                let func = &self.dfg.import_funcs[func];
                (Some(func.path.clone()), Some(func.ty))
            }
            HostImport::ResourceDrop(id) | HostImport::ResourceNew(id) | HostImport::ResourceRep(id) => {
                (self.resource_path(id), None)
            }
            HostImport::Builtin(_)
            | HostImport::ContextGet(..)
            | HostImport::ContextSet(..)
            | HostImport::BackpressureInc
            | HostImport::BackpressureDec
            | HostImport::Waker(_) => (None, None),
        };
        if let HostImport::Lower(func, _) = import {
            let handles = HandleTypes::of_func(self.abi.types(), &self.dfg.types[self.dfg.import_funcs[func].ty]);
            droppable.extend(handles.resources().filter(|id| self.dtor(*id).is_some()));
            passes_through = self.plan.passthrough.is_core(func);
        }
        Ok(CoreImport {
            module,
            field,
            params,
            results,
            path,
            ty,
            options,
            table,
            known,
            has_strings,
            droppable,
            passes_through,
        })
    }

    /// A memory, as the host sees it.
    fn seen(&self, memory: CoreItem) -> HostMemory {
        match self.plan.memory.shared() {
            Some(shared) => HostMemory::Shared(shared.domains.of(memory)),
            None => HostMemory::Own(memory),
        }
    }

    /// What the host can tell of an imported function that is lowered with these options, which are `options` for it.
    fn identity(&self, func: ImportFuncId, id: OptionsId, options: &CoreOptions) -> Identity {
        let ty = &self.dfg.types[self.dfg.import_funcs[func].ty];
        let memory = self.dfg.options[id].memory.filter(|_| options.memory.is_some());
        Identity::Func {
            func,
            memory: memory.map(|memory| self.seen(memory)),
            realloc: options.realloc.clone(),
            encoding: self.abi.has_strings(ty).then_some(options.encoding),
        }
    }

    fn lower_options(
        &mut self,
        field: &str,
        options: OptionsId,
        ty: &crate::abi::types::FuncType,
        exports: &mut CoreExports,
        names: &mut CoreNames<'_>,
    ) -> Result<(CoreOptions, Option<GroupNumber>), AdapterError> {
        let options = &self.dfg.options[options];
        let needs_memory = self.abi.needs_memory(ty);
        let needs_realloc = self.abi.needs_realloc(ty, CanonSide::Lower);
        let restores = needs_realloc
            && !self.plan.edge(options).windowed()
            && self.rewrites_params(self.inner(options, field)?, ty, &self.abi.signature(ty, CanonSide::Lower));
        self.options(field, options, needs_memory, (needs_realloc, restores), exports, names)
    }

    /// Exports the memory and the `realloc` that a function needs, and only those: what is exported stays
    /// alive. `restores`: whether it is called while parameters are rewritten in memory.
    fn options(
        &mut self,
        item: &str,
        options: &CanonOptions,
        needs_memory: bool,
        (needs_realloc, restores): (bool, bool),
        exports: &mut CoreExports,
        names: &mut CoreNames<'_>,
    ) -> Result<(CoreOptions, Option<GroupNumber>), AdapterError> {
        let missing = |option| AdapterError::MissingOption { item: item.to_owned(), option };
        let (encoding, mut memory, mut realloc) = (options.encoding, None, None);
        if !needs_memory && !needs_realloc {
            return Ok((CoreOptions::without_memory(encoding), None));
        }
        let storage = MemoryRef::Core(options.memory.ok_or_else(|| missing("memory"))?);
        let mut allocates = None;
        if needs_realloc {
            let value = func_ref(options.realloc.ok_or_else(|| missing("realloc"))?);
            let (params, results) = ([ValType::I32; 4], [ValType::I32]);
            let value = self.wrap(value, options.instance, Wrapping::HostRealloc, "cabi_realloc", &params, &results);
            let value = self.edge_realloc(value, options, restores, item)?;
            allocates = Some(value);
        }
        let group = names.group(storage, allocates);
        if needs_memory {
            self.host_memory(options, item)?;
            let name = names.memory(group);
            exports.memories.insert(name.clone(), storage);
            memory = Some(name);
        }
        if let Some(value) = allocates {
            let name = names.realloc(group);
            exports.options.insert(name.clone(), value);
            realloc = Some(name);
        }
        Ok((CoreOptions { memory, realloc, ..CoreOptions::without_memory(encoding) }, Some(group)))
    }

    /// A destructor that does nothing while handles only change their table.
    fn suppressible(&mut self, dtor: FuncRef, name: &str) -> FuncRef {
        let mut body = BodyBuilder::new(format!("shim {name} unless suppressed"), vec![ValType::I32], Vec::new());
        body.inst(Inst::GlobalGet(GlobalRef::SuppressDtor));
        body.plain(Instruction::I32Eqz);
        body.plain(Instruction::If(BlockType::Empty));
        body.get(0);
        body.call(dtor);
        body.plain(Instruction::End);
        FuncRef::Synth(self.synths.push(body.finish()))
    }

    /// Where a resource of the host is among the root's imports.
    fn resource_path(&self, resource: ResourceId) -> Option<ImportPath> {
        match &self.dfg.resources[resource].def {
            ResourceDef::Imported(path) => Some(path.clone()),
            ResourceDef::Defined { .. } => None,
        }
    }

    /// The destructor of a resource, and the instance that defines it.
    fn dtor(&self, resource: ResourceId) -> Option<(ComponentInstanceId, CoreDef)> {
        match self.dfg.resources[resource].def {
            ResourceDef::Defined { instance, dtor } => Some((instance, dtor?)),
            ResourceDef::Imported(_) => None,
        }
    }

    /// Exports the destructor of a resource that the host keeps handles of.
    fn destructor(
        &mut self,
        import: HostImport,
        interface: &mut CoreInterface,
        exports: &mut CoreExports,
        names: &mut CoreNames<'_>,
    ) {
        let (HostImport::ResourceNew(resource)
        | HostImport::ResourceRep(resource)
        | HostImport::ResourceDrop(resource)) = import
        else {
            return;
        };
        let Some((instance, dtor)) = self.dtor(resource) else { return };
        if interface.dtors.contains_key(&resource) {
            return;
        }
        let name = names.destructor(resource);
        let mut func = self.wrap(func_ref(dtor), instance, Wrapping::HostDestructor, &name, &[ValType::I32], &[]);
        if self.suppressed.contains(&resource) {
            func = self.suppressible(func, &name);
        }
        exports.funcs.insert(name.clone(), func);
        interface.dtors.insert(resource, name);
    }
}

/// The function of a definition. That of a trampoline is the one that was planned for it.
fn planned(def: CoreDef, trampolines: &IndexMap<TrampolineId, FuncRef>) -> Result<FuncRef, AdapterError> {
    match func_ref(def) {
        FuncRef::Trampoline(id) => trampolines.get(&id).copied().ok_or_else(|| AdapterError::Unplanned(id.to_string())),
        func => Ok(func),
    }
}
