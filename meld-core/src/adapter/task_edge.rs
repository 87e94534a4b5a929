//! Pointers of the principal, if its memory is a window of the one memory.
//!
//! In: a function that the principal lowers with the option `async`, or one of its built-ins. Out: a function with the same core signature that
//! checks the pointers (`CanonicalABI.md`, `canon lower`, `canon task.return`, `canon waitable-set.wait`, `canon {stream,future}.{read,write}`).
//! The plan gives the window at address 0 to the principal, so that the host's addresses are the guest's. But the host does not
//! know where the window ends. So a pointer out of the window is replaced by one that is certain to be out of the memory, and
//! the host traps when its turn comes, as in [`host`](super::host).
//!
//! The host lifts what it is given when the call begins, or when a reader is there for what is written; it may be after this function has
//! returned. So no copy can be given to it: what is written to a stream or a future is checked when it is given away, and a wrong pointer
//! in it traps then. Of an asynchronous call that has not started when it returns, a wrong pointer traps at once, too. A guest may not
//! change such memory before the host has read it, and what it would change then is not checked again.

use super::Adapters;
use super::body::{BodyBuilder, Bytes, Local};
use super::edge::{Conversion, Direction, ValuePlace};
use super::place::{Slot, SlotPlace};
use crate::abi::signature::{CanonSide, Signature};
use crate::abi::types::{FuncType, TypeDef, ValType as InterfaceType};
use crate::dfg::{HostBuiltin, HostBuiltinKind as Kind};
use crate::error::AdapterError;
use crate::ids::{ImportFuncId, OptionsId, TrampolineId};
use crate::plan::Pointers;
use crate::synth::{FuncRef, GlobalRef, HostImport, Inst, SynthFunc, TrapClass};
use wasm_encoder::{BlockType, Instruction, ValType};

/// Bits of what an asynchronous call returns that are its state; `STARTING` is 0.
const STATE: u32 = 15;

/// Bytes of an event, and its alignment.
const EVENT: (u64, u32) = (8, 4);

impl Adapters<'_> {
    /// An imported function that is lowered with the option `async`.
    pub(super) fn late_import(
        &mut self,
        id: TrampolineId,
        func: ImportFuncId,
        options: OptionsId,
    ) -> Result<SynthFunc, AdapterError> {
        let ty = &self.dfg.types[self.dfg.import_funcs[func].ty];
        let canon = &self.dfg.options[options];
        let signature = self.abi.async_signature(ty, CanonSide::Lower, false);
        let body = BodyBuilder::new(self.trampoline_name(id), signature.params.clone(), signature.results.clone());
        self.or_unsupported(body, |adapters, mut body| {
            adapters.guarded(id, &mut body);
            let mut adapter = adapters.adapter(body, ty, canon)?;
            adapter.late(FuncRef::Host(HostImport::Lower(func, options)), ty, &signature)?;
            Ok(adapter.body.finish())
        })
    }

    /// A built-in that is given pointers.
    pub(super) fn builtin_edge(
        &mut self,
        id: TrampolineId,
        builtin: &HostBuiltin,
        options: OptionsId,
    ) -> Result<SynthFunc, AdapterError> {
        let canon = &self.dfg.options[options];
        let (params, results) = self.host_builtin_signature(builtin);
        let value = match builtin.ty {
            Some(InterfaceType::Def(def)) if builtin.kind != Kind::TaskReturn => match self.dfg.types[def] {
                TypeDef::Stream(element) | TypeDef::Future(element) => element,
                _ => None,
            },
            ty => ty,
        };
        let ty = FuncType {
            is_async: false,
            params: value.map(|ty| (String::new(), ty)).into_iter().collect(),
            result: None,
        };
        let host = FuncRef::Host(HostImport::Builtin(id));
        let body = BodyBuilder::new(self.trampoline_name(id), params, results);
        self.or_unsupported(body, |adapters, mut body| {
            adapters.guarded(id, &mut body);
            let lifted = adapters.abi.signature(&ty, CanonSide::Lift);
            let mut adapter = adapters.adapter(body, &ty, canon)?;
            match builtin.kind {
                Kind::TaskReturn => adapter.late(host, &ty, &lifted)?,
                Kind::WaitableSetWait | Kind::WaitableSetPoll => adapter.buffer(EVENT, None)?,
                Kind::StreamRead => adapter.copies(value, false, true)?,
                Kind::StreamWrite => adapter.copies(value, true, true)?,
                Kind::FutureRead => adapter.copies(value, false, false)?,
                Kind::FutureWrite => adapter.copies(value, true, false)?,
                _ => {
                    let reason = "this built-in is given no pointers";
                    return Err(AdapterError::Misplanned { trampoline: id.to_string(), reason });
                }
            }
            if builtin.kind != Kind::TaskReturn {
                adapter.body.call(host);
            }
            Ok(adapter.body.finish())
        })
    }
}

impl Conversion<'_, '_> {
    /// Checks the parameters, calls the host, and leaves its result on the stack.
    fn late(&mut self, func: FuncRef, ty: &FuncType, signature: &Signature) -> Result<(), AdapterError> {
        let wrong = self.late_params(ty, signature)?;
        self.import_arguments(signature)?;
        self.body.call(func);
        if let Some(wrong) = wrong {
            if !signature.results.is_empty() {
                let state = self.body.pop(ValType::I32);
                self.trap_if_late(&wrong, &state);
                self.body.get(state.index);
                self.body.release(state);
            }
            self.body.release(wrong);
        }
        Ok(())
    }

    /// Converts the parameters, which the host may read later. If there are pointers in memory, they are the host's, too, and are checked; returns the
    /// local that says whether one is wrong: the host is given copies then, for as long as this call lasts.
    pub(super) fn late_params(&mut self, ty: &FuncType, signature: &Signature) -> Result<Option<Local>, AdapterError> {
        self.way = Direction::Outbound;
        if !self.inner.edge.windowed() || !self.adapters.rewrites_params(self.inner, ty, signature) {
            self.params(ty, signature)?;
            return Ok(None);
        }
        self.unless_moved("the host would read pointers in its memory after the call")?;
        self.body.i32(0);
        let wrong = self.body.pop(ValType::I32);
        self.scanned(|adapter| adapter.params(ty, signature))?;
        self.body.i32(1);
        self.body.set(wrong.index);
        self.begin_outbox()?;
        self.params(ty, signature)?;
        self.body.plain(Instruction::End);
        Ok(Some(wrong))
    }

    /// The planner has placed the window of this instance at address 0.
    fn unless_moved(&self, reason: &str) -> Result<(), AdapterError> {
        match self.inner.edge.pointers {
            Pointers::Moved => {
                Err(AdapterError::Unsupported { item: self.body.name().to_owned(), reason: reason.to_owned() })
            }
            Pointers::Same | Pointers::Checked => Ok(()),
        }
    }

    /// Traps if a pointer is wrong and the call, which returned what is in local `state`, has not begun: the host would read copies that are gone.
    pub(super) fn trap_if_late(&mut self, wrong: &Local, state: &Local) {
        self.body.get(state.index);
        self.body.i32(STATE);
        self.body.plain(Instruction::I32And);
        self.body.plain(Instruction::I32Eqz);
        self.body.get(wrong.index);
        self.body.plain(Instruction::I32And);
        self.body.trap_if(TrapClass::ListOutOfBounds);
    }

    /// Leaves the arguments of `read` or `write` of a stream or a future of `value` on the stack.
    fn copies(&mut self, value: Option<InterfaceType>, writes: bool, is_stream: bool) -> Result<(), AdapterError> {
        let Some(value) = value else {
            // Nothing is copied, so the pointer means nothing.
            for argument in 0..if is_stream { 3 } else { 2 } {
                self.body.get(argument);
            }
            return Ok(());
        };
        let layout = self.abi.facts(value).layout;
        self.way = Direction::Outbound;
        if writes && self.adapters.is_rewritten(self.inner, self.way, &[value]) {
            self.scan_elements(value, 1, is_stream.then_some(2))?;
        }
        self.buffer((layout.size, layout.align), is_stream.then_some(2))
    }

    /// Traps if a pointer leads out of the window in an element at the pointer in local `pointer`, or in one of as many as local `count` says.
    pub(super) fn scan_elements(
        &mut self,
        value: InterfaceType,
        pointer: u32,
        count: Option<u32>,
    ) -> Result<(), AdapterError> {
        let layout = self.abi.facts(value).layout;
        self.way = Direction::Outbound;
        self.unless_moved("the host would read pointers in its memory later")?;
        self.scan = true;
        if let Some(count) = count {
            let slots = [pointer, count].map(|local| Slot { place: SlotPlace::Local(local), ty: ValType::I32 });
            self.list(&[value], ValuePlace::Flat(&slots))?;
        } else {
            let memory = self.memory()?;
            self.body.plain(Instruction::Block(BlockType::Empty));
            self.body.out_of_bounds(memory, pointer, Bytes::Const(layout.size));
            self.body.plain(Instruction::BrIf(0));
            self.fields(&[value], ValuePlace::Memory { base: pointer, offset: 0 })?;
            self.body.plain(Instruction::End);
        }
        self.scan = false;
        self.body.inst(Inst::GlobalGet(GlobalRef::WrongPointer));
        self.body.trap_if(TrapClass::ListOutOfBounds);
        Ok(())
    }

    /// Leaves two arguments on the stack, a handle and a pointer to that many bytes with that alignment, and the third one, by which the bytes are
    /// multiplied, if there is one.
    fn buffer(&mut self, (size, align): (u64, u32), count: Option<u32>) -> Result<(), AdapterError> {
        let memory = self.memory()?;
        self.body.get(0);
        self.body.get(1);
        let Some(count) = count else {
            self.body.unless_out_of_window(memory, 1, Bytes::Const(size), align);
            return Ok(());
        };
        // A length below 2^32 times a size below 2^32 fits 64 bits; what is more than a memory has is out of bounds anyway.
        let most = u64::from(u32::MAX);
        self.body.get(count);
        self.body.plain(Instruction::I64ExtendI32U);
        self.body.i64(size);
        self.body.plain(Instruction::I64Mul);
        let bytes = self.body.pop(ValType::I64);
        self.body.get(bytes.index);
        self.body.i64(most);
        self.body.get(bytes.index);
        self.body.i64(most);
        self.body.plain(Instruction::I64LtU);
        self.body.plain(Instruction::Select);
        self.body.set(bytes.index);
        self.body.unless_out_of_window(memory, 1, Bytes::Local(bytes.index), align);
        self.body.release(bytes);
        self.body.get(count);
        Ok(())
    }
}
