//! Adapters between the host and an instance that it shares handles or pointers with.
//!
//! In: an exported or imported function whose values are not the same on both sides ([`Edge`]). Out: a function with
//! the same core signature that rewrites them on the way in and on the way out ([`edge`](super::edge)), and
//! for an export whose result had to be rewritten in memory, the post-return that undoes it.
//!
//! An export opens a scope for the borrows that it is given, and traps if one is left when the result has been
//! lifted (`CanonicalABI.md`, `canon_lift`, `Task.return_`). The guest's post-return finds its result as it
//! returned it; where it has none and there is something to undo, one is made.
//!
//! An import lends its borrows until the host has returned (`canon_lower`). Where handles were put into the memory of its parameters, it is
//! what it was when the host first asks for memory, or else when the call is over, but for the place of the result, which may
//! be the same. The memory of a guest whose memory is a window is not touched: the host is given copies.
//!
//! The host checks the pointer to where a result goes after it has done its work. A pointer out of the guest's window
//! is therefore no trap here: the host gets one that is certain to be wrong, and traps when its turn comes.

use super::Adapters;
use super::body::{BodyBuilder, Bytes, Local};
use super::edge::{Conversion, Direction, Inner, Leaving, Means, ValuePlace};
use super::place::{Slot, SlotPlace};
use crate::abi::handles::HandleTypes;
use crate::abi::layout::Layout;
use crate::abi::signature::{CanonSide, Signature};
use crate::abi::types::{FuncType, ValType as InterfaceType};
use crate::dfg::{CanonOptions, Trampoline};
use crate::error::AdapterError;
use crate::ids::TrampolineId;
use crate::plan::{Edge, Pointers};
use crate::synth::{FuncRef, GlobalRef, HostImport, Inst, SynthFunc, TrapClass};
use wasm_encoder::{BlockType, Instruction, ValType};

impl<'a> Adapters<'a> {
    /// `func`, which is lifted as `ty`, for the host.
    pub(super) fn export_adapter(
        &mut self,
        field: &str,
        func: FuncRef,
        ty: &FuncType,
        options: &CanonOptions,
    ) -> Result<FuncRef, AdapterError> {
        let signature = self.abi.signature(ty, CanonSide::Lift);
        let name = format!("shim {field} host->{}", self.instance_name(options.instance));
        let body = BodyBuilder::new(name, signature.params.clone(), signature.results.clone());
        let adapter = self.or_unsupported(body, |adapters, body| {
            let stashes = options.post_return.is_some();
            let mut adapter = adapters.adapter(body, ty, options)?;
            adapter.export(func, ty, &signature, stashes)?;
            Ok(adapter.body.finish())
        })?;
        Ok(FuncRef::Synth(self.synths.push(adapter)))
    }

    /// The post-return of an export that has an adapter: `post_return` as the guest expects to be called, or, where it
    /// has none, what is left to do for the adapter. `None` where that is nothing.
    pub(super) fn post_return_adapter(
        &mut self,
        field: &str,
        post_return: Option<FuncRef>,
        ty: &FuncType,
        options: &CanonOptions,
    ) -> Result<Option<FuncRef>, AdapterError> {
        let Signature { results, results_in_memory, .. } = self.abi.signature(ty, CanonSide::Lift);
        let name = format!("shim cabi_post_{field} host->{}", self.instance_name(options.instance));
        let inner = self.inner(options, &name)?;
        let rewritten = self.is_rewritten(inner, Direction::Outbound, ty.result.as_slice());
        let undoes = rewritten && results_in_memory.is_some() && !inner.edge.windowed();
        // The host got another number than the guest returned, which was kept.
        let kept =
            rewritten && !undoes && !(results_in_memory.is_some() && self.is_only_checked(inner, ty.result.as_slice()));
        let moved = results_in_memory.is_some() && inner.edge.pointers == Pointers::Moved;
        let converts = kept || moved;
        if !undoes && (post_return.is_none() || !converts) {
            return Ok(post_return);
        }
        let body = BodyBuilder::new(name, results, Vec::new());
        let adapter = self.or_unsupported(body, |adapters, body| {
            let mut adapter = adapters.adapter(body, ty, options)?;
            if undoes {
                // An export is entered when nothing else is at work, so its notes are all there are.
                for _ in 0..3 {
                    adapter.body.i32(0);
                }
                adapter.rewriter("restore")?;
            }
            if let Some(post_return) = post_return {
                if kept {
                    adapter.body.inst(Inst::GlobalGet(GlobalRef::Returned));
                } else {
                    adapter.body.get(0);
                    if moved {
                        let memory = adapter.memory()?;
                        adapter.body.enter_window(memory.memory);
                    }
                }
                adapter.body.call(post_return);
            }
            Ok(adapter.body.finish())
        })?;
        Ok(Some(FuncRef::Synth(self.synths.push(adapter))))
    }

    /// An imported function as its instance calls it.
    pub(super) fn import_adapter(&mut self, id: TrampolineId, import: HostImport) -> Result<SynthFunc, AdapterError> {
        let (HostImport::Lower(func, options), Trampoline::Lower { .. }) = (import, &self.dfg.trampolines[id]) else {
            let reason = "only a lowered function has values to convert";
            return Err(AdapterError::Misplanned { trampoline: id.to_string(), reason });
        };
        let ty = &self.dfg.types[self.dfg.import_funcs[func].ty];
        let options = &self.dfg.options[options];
        let signature = self.abi.signature(ty, CanonSide::Lower);
        let body = BodyBuilder::new(self.trampoline_name(id), signature.params.clone(), signature.results.clone());
        self.or_unsupported(body, |adapters, mut body| {
            adapters.guarded(id, &mut body);
            let mut adapter = adapters.adapter(body, ty, options)?;
            adapter.import(FuncRef::Host(import), ty, &signature)?;
            Ok(adapter.body.finish())
        })
    }

    /// Whether some parameter of an import has something to rewrite in memory.
    pub(super) fn rewrites_params(&self, inner: Inner, ty: &FuncType, signature: &Signature) -> bool {
        let types: Vec<InterfaceType> = ty.params.iter().map(|(_, ty)| *ty).collect();
        if signature.params_in_memory.is_some() {
            return self.is_rewritten(inner, Direction::Outbound, &types);
        }
        let handles = Inner { edge: Edge { pointers: Pointers::Same, ..inner.edge }, ..inner };
        types.iter().any(|ty| {
            let facts = self.abi.facts(*ty);
            inner.edge.windowed() && facts.has_nested_pointers
                || facts.has_pointers && self.is_rewritten(handles, Direction::Outbound, &[*ty])
        })
    }

    /// The inner side of an adapter called `item`.
    pub(super) fn inner(&self, options: &CanonOptions, item: &str) -> Result<Inner, AdapterError> {
        let CanonOptions { instance, encoding, .. } = *options;
        Ok(Inner { instance, memory: self.host_memory(options, item)?, encoding, edge: self.plan.edge(options) })
    }

    pub(super) fn adapter<'w>(
        &'w mut self,
        body: BodyBuilder,
        ty: &FuncType,
        options: &CanonOptions,
    ) -> Result<Conversion<'w, 'a>, AdapterError> {
        if types_of(ty).any(|ty| self.abi.facts(ty).oversized) {
            return Err(AdapterError::Oversized { item: body.name().to_owned() });
        }
        let inner = self.inner(options, body.name())?;
        Ok(Conversion {
            abi: self.abi,
            adapters: self,
            body,
            inner,
            way: Direction::Inbound,
            scan: false,
            leaving: Leaving::Now,
            in_task: false,
            outlined: None,
        })
    }
}

impl Conversion<'_, '_> {
    fn export(
        &mut self,
        func: FuncRef,
        ty: &FuncType,
        signature: &Signature,
        stashes: bool,
    ) -> Result<(), AdapterError> {
        let instance = self.inner.instance;
        let state = self.adapters.plan.instances[instance];
        if state.throws {
            self.body.begin_barrier();
        }
        self.adapters.settle(&mut self.body);
        let context = self.body.enter_context(instance, state.context);
        self.way = Direction::Inbound;
        let scope = self.borrows(ty).then(|| {
            self.table("scope_enter");
            let scope = self.body.pop(ValType::I32);
            // Converters find the scope here; nothing else can run before the call.
            self.body.get(scope.index);
            self.body.inst(Inst::GlobalSet(GlobalRef::BorrowScope));
            scope
        });
        self.enter_with_params(signature)?;
        self.params(ty, signature)?;
        for param in locals(&signature.params) {
            self.body.get(param);
        }
        self.body.call(func);
        self.way = Direction::Outbound;
        let result = self.pop_result(ty, signature);
        if let Some(result) = &result {
            self.export_result(ty, signature, result, stashes)?;
        }
        if let Some(scope) = scope {
            self.body.get(scope.index);
            self.table("scope_leave");
            self.body.release(scope);
        }
        if let Some(result) = result {
            self.body.get(result.index);
            self.body.release(result);
        }
        if stashes {
            self.body.keep_context(&context);
        }
        self.body.leave_context(context);
        Ok(())
    }

    /// Makes the host's pointer to parameters in memory the guest's.
    pub(super) fn enter_with_params(&mut self, signature: &Signature) -> Result<(), AdapterError> {
        if signature.params_in_memory.is_some() && self.inner.edge.pointers == Pointers::Moved {
            let memory = self.memory()?;
            self.body.get(0);
            self.body.enter_window(memory.memory);
            self.body.set(0);
        }
        Ok(())
    }

    fn export_result(
        &mut self,
        ty: &FuncType,
        signature: &Signature,
        result: &Local,
        stashes: bool,
    ) -> Result<(), AdapterError> {
        let Some(layout) = signature.results_in_memory else {
            if stashes {
                self.body.get(result.index);
                self.body.inst(Inst::GlobalSet(GlobalRef::Returned));
            }
            return self.flat_result(ty, signature, result);
        };
        let types = ty.result.as_slice();
        self.check(result.index, layout)?;
        if !self.adapters.is_rewritten(self.inner, self.way, types) {
            return self.moved(result.index);
        }
        if !self.inner.edge.windowed() {
            let mark = self.mark()?;
            self.fields(types, ValuePlace::Memory { base: result.index, offset: 0 })?;
            self.apply(&mark)?;
            self.body.release(mark);
            return Ok(());
        }
        let scanned = self.adapters.is_only_checked(self.inner, types);
        if stashes && !scanned {
            self.body.get(result.index);
            self.body.inst(Inst::GlobalSet(GlobalRef::Returned));
        }
        if scanned {
            self.scanned(|adapter| adapter.fields(types, ValuePlace::Memory { base: result.index, offset: 0 }))?;
        }
        self.begin_outbox()?;
        self.fields_out(types, result.index, layout)?;
        if scanned {
            self.body.plain(Instruction::End);
        }
        Ok(())
    }

    /// Scans what `scan` walks, and opens the block that converts it if something is wrong in it.
    pub(super) fn scanned(
        &mut self,
        scan: impl FnOnce(&mut Self) -> Result<(), AdapterError>,
    ) -> Result<(), AdapterError> {
        self.scan = true;
        scan(self)?;
        self.scan = false;
        self.body.inst(Inst::GlobalGet(GlobalRef::WrongPointer));
        self.body.plain(Instruction::If(BlockType::Empty));
        self.body.set_global(GlobalRef::WrongPointer, 0);
        Ok(())
    }

    /// Copies a tuple at the guest's pointer in local `base`, which has been checked, converts the copy, and makes `base` its address.
    fn fields_out(&mut self, types: &[InterfaceType], base: u32, layout: Layout) -> Result<(), AdapterError> {
        let copy = self.copy_out(base, Bytes::Const(layout.size))?;
        self.fields(types, ValuePlace::Memory { base: copy.index, offset: 0 })?;
        self.outbox_address(&copy)?;
        self.body.set(base);
        self.body.release(copy);
        Ok(())
    }

    /// Makes the guest's pointer in local `base`, which has been checked, an address of the host.
    fn moved(&mut self, base: u32) -> Result<(), AdapterError> {
        if self.inner.edge.pointers == Pointers::Moved {
            let memory = self.memory()?;
            self.body.get(base);
            self.body.leave_window(memory.memory);
            self.body.set(base);
        }
        Ok(())
    }

    fn import(&mut self, func: FuncRef, ty: &FuncType, signature: &Signature) -> Result<(), AdapterError> {
        self.way = Direction::Outbound;
        let lent = self.borrows(ty).then(|| {
            self.table("lend_mark");
            self.body.pop(ValType::I32)
        });
        let in_memory = self.adapters.rewrites_params(self.inner, ty, signature);
        let rewritten = if in_memory && !self.inner.edge.windowed() { Some(self.mark()?) } else { None };
        if in_memory && self.inner.edge.windowed() {
            self.params_out(ty, signature)?;
        } else {
            self.params(ty, signature)?;
        }
        if let Some(mark) = &rewritten {
            self.apply(mark)?;
        }
        self.import_arguments(signature)?;
        self.body.call(func);
        self.way = Direction::Inbound;
        let result = self.pop_result(ty, signature);
        if let Some(mark) = lent {
            self.body.get(mark.index);
            self.table("lend_release");
            self.body.release(mark);
        }
        if let Some(mark) = rewritten {
            self.body.get(mark.index);
            match signature.results_in_memory {
                Some(layout) => {
                    self.body.get(last(&signature.params));
                    self.body.i32(layout.size as u32);
                }
                None => {
                    self.body.i32(0);
                    self.body.i32(0);
                }
            }
            self.rewriter("restore")?;
            self.body.release(mark);
        }
        if self.adapters.is_rewritten(self.inner, self.way, ty.result.as_slice())
            && signature.results_in_memory.is_some()
        {
            self.fields(ty.result.as_slice(), ValuePlace::Memory { base: last(&signature.params), offset: 0 })?;
        }
        if let Some(result) = result {
            self.flat_result(ty, signature, &result)?;
            self.body.get(result.index);
            self.body.release(result);
        }
        Ok(())
    }

    /// Calls `func`, which takes parameters and returns nothing, while handles in the memory of the parameters are those of the host.
    pub(super) fn give(&mut self, func: FuncRef, ty: &FuncType, signature: &Signature) -> Result<(), AdapterError> {
        self.way = Direction::Outbound;
        let in_memory = self.adapters.rewrites_params(self.inner, ty, signature);
        let mark = if in_memory && !self.inner.edge.windowed() { Some(self.mark()?) } else { None };
        if in_memory && self.inner.edge.windowed() {
            self.params_out(ty, signature)?;
        } else {
            self.params(ty, signature)?;
        }
        if let Some(mark) = &mark {
            self.apply(mark)?;
        }
        self.import_arguments(signature)?;
        self.body.call(func);
        if let Some(mark) = mark {
            self.body.get(mark.index);
            self.body.i32(0);
            self.body.i32(0);
            self.rewriter("restore")?;
            self.body.release(mark);
        }
        Ok(())
    }

    /// Pushes the arguments for the host. The pointer to the result stays the guest's in its local.
    pub(super) fn import_arguments(&mut self, signature: &Signature) -> Result<(), AdapterError> {
        for param in locals(&signature.params) {
            self.body.get(param);
            if let Some(layout) = signature.results_in_memory
                && param == last(&signature.params)
                && self.inner.edge.windowed()
            {
                let memory = self.memory()?;
                if self.inner.edge.pointers == Pointers::Moved {
                    self.body.leave_window(memory.memory);
                }
                self.body.unless_out_of_window(memory, param, Bytes::Const(layout.size), layout.align);
            }
        }
        Ok(())
    }

    /// Converts the parameters for the host, some of which have something in the memory of a guest that is a window.
    fn params_out(&mut self, ty: &FuncType, signature: &Signature) -> Result<(), AdapterError> {
        let types: Vec<InterfaceType> = ty.params.iter().map(|(_, ty)| *ty).collect();
        let scanned = self.adapters.is_only_checked(self.inner, &types);
        if scanned {
            self.scanned(|adapter| adapter.params(ty, signature))?;
        }
        self.begin_outbox()?;
        self.params(ty, signature)?;
        if scanned {
            self.body.plain(Instruction::End);
        }
        Ok(())
    }

    /// Converts the parameters, which are in the locals of the adapter or in memory.
    pub(super) fn params(&mut self, ty: &FuncType, signature: &Signature) -> Result<(), AdapterError> {
        let types: Vec<InterfaceType> = ty.params.iter().map(|(_, ty)| *ty).collect();
        let pointer = signature.params_in_memory.is_some() && self.inner.edge.windowed();
        let rewritten = self.adapters.is_rewritten(self.inner, self.way, &types);
        if !pointer && !rewritten {
            return Ok(());
        }
        match signature.params_in_memory {
            None => {
                let slots: Vec<Slot> = locals(&signature.params)
                    .zip(&signature.params)
                    .map(|(local, ty)| Slot { place: SlotPlace::Local(local), ty: *ty })
                    .collect();
                self.fields(&types, ValuePlace::Flat(&slots))
            }
            Some(layout) => {
                if self.way == Direction::Outbound {
                    self.check(0, layout)?;
                }
                match self.means() {
                    Means::Copies if rewritten => self.fields_out(&types, 0, layout),
                    Means::Copies => self.moved(0),
                    Means::InPlace | Means::Notes | Means::Scan => {
                        self.fields(&types, ValuePlace::Memory { base: 0, offset: 0 })
                    }
                }
            }
        }
    }

    /// Takes the core result off the stack, if it is converted or points to what is.
    fn pop_result(&mut self, ty: &FuncType, signature: &Signature) -> Option<Local> {
        let pointer = signature.results_in_memory.is_some() && self.inner.edge.windowed();
        match signature.results[..] {
            [result] if pointer || self.adapters.is_rewritten(self.inner, self.way, ty.result.as_slice()) => {
                Some(self.body.pop(result))
            }
            _ => None,
        }
    }

    fn flat_result(&mut self, ty: &FuncType, signature: &Signature, result: &Local) -> Result<(), AdapterError> {
        let slots: Vec<Slot> =
            signature.results.iter().map(|ty| Slot { place: SlotPlace::Local(result.index), ty: *ty }).collect();
        self.fields(ty.result.as_slice(), ValuePlace::Flat(&slots))
    }

    /// Whether some parameter has a borrow that is converted.
    fn borrows(&self, ty: &FuncType) -> bool {
        let handles = HandleTypes::of_values(self.abi.types(), ty.params.iter().map(|(_, ty)| *ty));
        self.inner.edge.handles && self.adapters.converted_borrows(self.inner.instance, self.way, &handles)
    }

    /// Traps unless the address in local `base` is one of a value with that layout, as lifting does.
    fn check(&mut self, base: u32, layout: Layout) -> Result<(), AdapterError> {
        let memory = self.memory()?;
        self.body.check_aligned(base, layout.align, TrapClass::PointerUnaligned);
        self.body.check_in_bounds(memory, base, Bytes::Const(layout.size), TrapClass::PointerOutOfBounds);
        Ok(())
    }

    fn mark(&mut self) -> Result<Local, AdapterError> {
        self.rewriter("mark")?;
        Ok(self.body.pop(ValType::I32))
    }

    fn apply(&mut self, mark: &Local) -> Result<(), AdapterError> {
        self.body.get(mark.index);
        self.rewriter("apply")
    }
}

fn types_of(ty: &FuncType) -> impl Iterator<Item = InterfaceType> {
    ty.params.iter().map(|(_, ty)| *ty).chain(ty.result)
}

/// The locals that are parameters.
fn locals(params: &[ValType]) -> std::ops::Range<u32> {
    0..u32::try_from(params.len()).expect("at most 17 parameters")
}

/// The local that is the last parameter.
fn last(params: &[ValType]) -> u32 {
    locals(params).end - 1
}
