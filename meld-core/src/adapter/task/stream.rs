//! Streams and futures. What is done if the other end is the host's is in [`outer`](super::outer).
//!
//! In: a built-in, or a readable end that crosses. Out: what checks the range of an operation, and the function that copies elements when two
//! operations meet: by their numbers, as a list is moved (`CanonicalABI.md`, `stream_copy`, `future_copy`, `BufferGuestImpl`,
//! `lift_async_value`, `lower_stream`, `lower_future`). The meeting itself is in the runtime module of tasks.

use super::super::Adapters;
use super::super::body::{BodyBuilder, Bytes, Local};
use super::super::place::{Destination, Side, Source};
use super::super::value::ValueWalk;
use crate::abi::types::{TypeDef, ValType as InterfaceType};
use crate::dfg::{HostBuiltin, HostBuiltinKind as Kind, StringEncoding, Trampoline};
use crate::error::AdapterError;
use crate::ids::{ComponentInstanceId, TrampolineId};
use crate::plan::is_none_or_number;
use crate::synth::{AccessOp, FuncRef, GlobalRef, SynthFunc, TrapClass};
use wasm_encoder::{BlockType, Instruction, ValType};

/// `Buffer.MAX_LENGTH`
const MAX_LENGTH: u32 = (1 << 28) - 1;

/// Parameters of the functions that copy elements.
const FROM: u32 = 0;
const TO: u32 = 1;
const COUNT: u32 = 2;

impl<'a> Adapters<'a> {
    /// The element of a stream or a future.
    pub(super) fn element(&self, builtin: &HostBuiltin) -> Option<InterfaceType> {
        let InterfaceType::Def(id) = builtin.ty? else { return None };
        match self.dfg.types[id] {
            TypeDef::Stream(element) | TypeDef::Future(element) => element,
            _ => None,
        }
    }

    /// A built-in of a stream or a future.
    pub(super) fn end_builtin(
        &mut self,
        id: TrampolineId,
        kind: Kind,
        builtin: HostBuiltin,
        body: &mut BodyBuilder,
    ) -> Result<(), AdapterError> {
        let ty = builtin.ty.ok_or_else(|| AdapterError::Misplanned {
            trampoline: id.to_string(),
            reason: "a built-in of a stream or a future has its type",
        })?;
        let instance = builtin.instance;
        match kind {
            Kind::StreamNew | Kind::FutureNew => self.pair(builtin, ty, body),
            Kind::StreamRead | Kind::StreamWrite | Kind::FutureRead | Kind::FutureWrite => {
                self.copy_builtin(id, builtin, ty, body)?;
            }
            Kind::StreamCancelRead { is_async }
            | Kind::StreamCancelWrite { is_async }
            | Kind::FutureCancelRead { is_async }
            | Kind::FutureCancelWrite { is_async } => {
                let writable = matches!(kind, Kind::StreamCancelWrite { .. } | Kind::FutureCancelWrite { .. });
                self.entry_of(body, instance, self.end_tag(ty, writable), 0, false);
                if self.is_outer(ty) {
                    self.outer_cancel(id, is_async, body);
                } else {
                    body.i32(is_async.into());
                    self.call_tasks(body, "end_cancel");
                }
            }
            Kind::StreamDropReadable
            | Kind::StreamDropWritable
            | Kind::FutureDropReadable
            | Kind::FutureDropWritable => {
                let writable = matches!(kind, Kind::StreamDropWritable | Kind::FutureDropWritable);
                self.entry_of(body, instance, self.end_tag(ty, writable), 0, true);
                if self.is_outer(ty) {
                    self.outer_drop(id, body);
                } else {
                    self.call_tasks(body, "end_drop");
                }
            }
            _ => {
                let reason = "the planner keeps out what is not carried out in the module";
                return Err(AdapterError::Misplanned { trampoline: id.to_string(), reason });
            }
        }
        Ok(())
    }

    /// `stream.new`, `future.new`: the readable end has the lower index.
    fn pair(&mut self, builtin: HostBuiltin, ty: InterfaceType, body: &mut BodyBuilder) {
        let InterfaceType::Def(id) = ty else { unreachable!("streams and futures are defined types") };
        let is_number = is_none_or_number(&self.dfg.types, id);
        body.i32(u32::from(builtin.kind == Kind::FutureNew));
        body.i32(is_number.into());
        self.call_tasks(body, "pair_new");
        let writer = body.pop(ValType::I32);
        let reader = body.pop(ValType::I32);
        for (end, writable) in [(&reader, false), (&writer, true)] {
            self.enter_table(body, builtin.instance, self.end_tag(ty, writable), end);
            body.plain(Instruction::I64ExtendI32U);
        }
        body.i64(32);
        body.plain(Instruction::I64Shl);
        body.plain(Instruction::I64Or);
    }

    /// Gives an end an entry, and pushes its index.
    pub(super) fn enter_table(&mut self, body: &mut BodyBuilder, instance: ComponentInstanceId, tag: u32, end: &Local) {
        let add = self.table_func(instance, "new_own");
        body.get(end.index);
        body.i32(tag);
        body.get(end.index);
        body.call(add);
        self.call_tasks(body, "end_at");
    }

    /// `stream.read`, `stream.write`, `future.read`, `future.write`.
    fn copy_builtin(
        &mut self,
        id: TrampolineId,
        builtin: HostBuiltin,
        ty: InterfaceType,
        body: &mut BodyBuilder,
    ) -> Result<(), AdapterError> {
        let own = builtin.options.map(|options| &self.dfg.options[options]);
        let is_stream = matches!(builtin.kind, Kind::StreamRead | Kind::StreamWrite);
        let writable = matches!(builtin.kind, Kind::StreamWrite | Kind::FutureWrite);
        let number = self.tasks_plan().copy(id).ok_or_else(|| AdapterError::Misplanned {
            trampoline: id.to_string(),
            reason: "every read and every write that is live has a number",
        })?;
        self.entry_of(body, builtin.instance, self.end_tag(ty, writable), 0, false);
        let end = body.pop(ValType::I32);
        if is_stream {
            body.get(2);
            body.i32(MAX_LENGTH);
            body.plain(Instruction::I32GtU);
            body.trap_if(TrapClass::ListTooLong);
        }
        let mut size = 0;
        if let Some(element) = self.element(&builtin) {
            let layout = self.abi.facts(element).layout;
            size = u32::try_from(layout.size).map_err(|_| AdapterError::Oversized { item: body.name().to_owned() })?;
            let memory = own.and_then(|own| self.canon_memory(own));
            let memory =
                memory.ok_or_else(|| AdapterError::MissingOption { item: body.name().to_owned(), option: "memory" })?;
            if is_stream {
                body.get(2);
                body.plain(Instruction::If(BlockType::Empty));
            }
            body.check_aligned(1, layout.align, TrapClass::PointerUnaligned);
            if is_stream {
                body.get(2);
                body.plain(Instruction::I64ExtendI32U);
                body.i64(layout.size);
                body.plain(Instruction::I64Mul);
                let bytes = body.pop(ValType::I64);
                body.check_in_bounds(memory, 1, Bytes::Local(bytes.index), TrapClass::PointerOutOfBounds);
                body.release(bytes);
                body.plain(Instruction::End);
            } else {
                body.check_in_bounds(memory, 1, Bytes::Const(layout.size), TrapClass::PointerOutOfBounds);
            }
        }
        let outer = self.is_outer(ty);
        if outer {
            self.begin_outer_copy(id, number, &end, body)?;
        }
        body.get(end.index);
        body.i32(number);
        body.get(1);
        if is_stream {
            body.get(2);
        } else {
            body.i32(1);
        }
        body.i32(size);
        body.i32(self.instance_number(builtin.instance));
        body.i32(own.is_some_and(|own| own.is_async).into());
        self.call_tasks(body, "end_copy");
        if outer {
            body.plain(Instruction::End);
        }
        Ok(())
    }

    /// Writes the function that copies elements, by the numbers of a write and a read.
    pub(super) fn write_copies(&mut self) -> Result<(), AdapterError> {
        let copy = self.task_funcs().callbacks.copy;
        let copies = (0..).zip(&self.tasks_plan().copies);
        let copies: Vec<(u32, HostBuiltin)> = copies
            .filter_map(|(number, id)| match self.dfg.trampolines[*id] {
                Trampoline::Host(builtin) => Some((number, builtin)),
                _ => None,
            })
            .collect();
        let of = |kinds: [Kind; 2]| copies.iter().copied().filter(move |(_, builtin)| kinds.contains(&builtin.kind));
        let mut pairs = Vec::new();
        for (writing, write) in of([Kind::StreamWrite, Kind::FutureWrite]) {
            let mut reads = Vec::new();
            for (reading, read) in of([Kind::StreamRead, Kind::FutureRead]).filter(|(_, read)| read.ty == write.ty) {
                let same = read.instance == write.instance;
                let func = match self.element(&write) {
                    // What is not a number does not stay in one instance: the runtime traps before.
                    Some(element) if !same || self.abi.facts(element).bit_copy => {
                        Some(self.copy_func(element, &write, &read)?)
                    }
                    _ => None,
                };
                reads.push((reading, func));
            }
            pairs.push((writing, reads));
        }
        let mut body = BodyBuilder::new("copy of elements".to_owned(), vec![ValType::I32; 5], Vec::new());
        let cases: Vec<(u32, usize)> = pairs.iter().zip(0..).map(|((writing, _), at)| (*writing, at)).collect();
        self.numbered(&mut body, 0, &cases, |adapters, body, _, at| {
            adapters.numbered(body, 1, &pairs[at].1, |_, body, _, func| {
                if let Some(func) = func {
                    for param in 2..5 {
                        body.get(param);
                    }
                    body.call(func);
                }
            });
        });
        self.synths[copy] = body.finish();
        Ok(())
    }

    /// Writes a branch on the number in a parameter.
    pub(super) fn numbered<T: Copy>(
        &mut self,
        body: &mut BodyBuilder,
        param: u32,
        cases: &[(u32, T)],
        write: impl FnMut(&mut Self, &mut BodyBuilder, u32, T),
    ) {
        for _ in 0..cases.len() + 2 {
            body.plain(Instruction::Block(BlockType::Empty));
        }
        body.get(param);
        self.branch(body, cases, TrapClass::CopyState, write);
    }

    /// The function that copies elements from one operation to another, whose ranges have been checked: `(from, to, count)`.
    fn copy_func(
        &mut self,
        element: InterfaceType,
        write: &HostBuiltin,
        read: &HostBuiltin,
    ) -> Result<FuncRef, AdapterError> {
        let (from, to) = (self.instance_name(write.instance), self.instance_name(read.instance));
        let body = BodyBuilder::new(format!("elements {from}->{to}"), vec![ValType::I32; 3], Vec::new());
        let sides = [write, read].map(|builtin| self.copy_side(builtin));
        let func = self.or_unsupported(body, |adapters, body| adapters.copy_body(body, element, sides))?;
        Ok(FuncRef::Synth(self.synths.push(func)))
    }

    fn copy_side(&mut self, builtin: &HostBuiltin) -> Side {
        match builtin.options.map(|options| &self.dfg.options[options]) {
            Some(options) => self.side(options),
            None => Side {
                instance: builtin.instance,
                encoding: StringEncoding::Utf8,
                memory: None,
                realloc: None,
                in_task: false,
            },
        }
    }

    fn copy_body(
        &mut self,
        mut body: BodyBuilder,
        element: InterfaceType,
        [src, dst]: [Side; 2],
    ) -> Result<SynthFunc, AdapterError> {
        let facts = self.abi.facts(element);
        let state = self.plan.instances[dst.instance];
        if facts.has_pointers && state.throws {
            body.begin_barrier();
        }
        let locks = facts.has_pointers && state.may_leave;
        if locks {
            body.set_global(GlobalRef::MayLeave(dst.instance), 0);
        }
        body.get(COUNT);
        body.plain(Instruction::I64ExtendI32U);
        body.i64(facts.layout.size);
        body.plain(Instruction::I64Mul);
        let bytes = body.pop(ValType::I64);
        let mut walk = ValueWalk { adapters: self, body, outlined: None, lend_one: false };
        let from = Source::Memory { base: FROM, offset: 0, side: &src };
        let to = Destination::Memory { base: TO, offset: 0, side: &dst };
        walk.elements(&[element], FROM, TO, Bytes::Local(bytes.index), from, to)?;
        if locks {
            walk.body.set_global(GlobalRef::MayLeave(dst.instance), 1);
        }
        Ok(walk.body.finish())
    }
}

impl ValueWalk<'_, '_> {
    /// Moves the readable end of a stream or a future.
    pub(in crate::adapter) fn readable_end(
        &mut self,
        ty: InterfaceType,
        src: Source<'_>,
        dst: Destination<'_>,
    ) -> Result<(), AdapterError> {
        let (from, to) = (src.side().instance, dst.side().instance);
        let tag = self.adapters.end_tag(ty, false);
        let index = self.hold(src, ValType::I32, AccessOp::I32Load)?;
        self.begin_write(dst);
        self.adapters.entry_of(&mut self.body, from, tag, index.local(), true);
        self.adapters.call_tasks(&mut self.body, "end_lift");
        let end = self.body.pop(ValType::I32);
        self.adapters.enter_table(&mut self.body, to, tag, &end);
        self.body.release(end);
        self.end_write(dst, ValType::I32, AccessOp::I32Store)?;
        self.release(index);
        Ok(())
    }
}
