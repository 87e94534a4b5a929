//! Built-ins of the principal, as canonical definitions of the wrapper.
//!
//! In: an import of the fused module that is a built-in, and the types of the composition. Out: the index of the core function. The wrapper has
//! the state of the principal, so the built-ins are those of the input. Their types are written out in the wrapper: value types are equal
//! where their structure is (`Explainer.md`, "Type Checking"), and resources are those that the wrapper imports or defines.

use super::Wrapper;
use super::boundary::encoding;
use crate::abi::Pointer;
use crate::abi::types::{TypeDef, ValType};
use crate::core_interface::CoreImport;
use crate::dfg::{HostBuiltin, HostBuiltinKind as Kind, ResourceDef, Trampoline};
use crate::error::WrapError;
use crate::ids::{ResourceId, TypeId};
use crate::synth::{HostImport, WakerCall};
use wasm_encoder::{CanonicalOption, ComponentValType, ExportKind, PrimitiveValType};

impl<'a> Wrapper<'a> {
    /// The core function of a built-in that is not about a resource; `None` for any other import.
    pub(super) fn builtin(&mut self, id: HostImport, import: &'a CoreImport) -> Result<Option<u32>, WrapError> {
        let core_type = |width: Pointer| width.core_type();
        Ok(Some(match id {
            HostImport::ContextGet(slot, width) => self.encoder.component().context_get(core_type(width), slot),
            HostImport::ContextSet(slot, width) => self.encoder.component().context_set(core_type(width), slot),
            HostImport::BackpressureInc => self.encoder.component().backpressure_inc(),
            HostImport::BackpressureDec => self.encoder.component().backpressure_dec(),
            HostImport::Waker(call) => self.waker(call),
            HostImport::Builtin(id) => match self.dfg.trampolines[id] {
                Trampoline::Host(builtin) => self.host_builtin(builtin, import)?,
                _ => return Err(WrapError::NoPath { field: import.field.clone() }),
            },
            HostImport::Lower(..)
            | HostImport::ResourceDrop(_)
            | HostImport::ResourceNew(_)
            | HostImport::ResourceRep(_) => return Ok(None),
        }))
    }

    /// What wakes a task; its stream has no elements.
    fn waker(&mut self, call: WakerCall) -> u32 {
        let ty = match call {
            WakerCall::SetNew | WakerCall::SetDrop | WakerCall::Join => None,
            _ => Some(*self.waker_stream.get_or_insert_with(|| {
                let (index, encoder) = self.encoder.component().type_defined(None);
                encoder.stream(None);
                index
            })),
        };
        let component = self.encoder.component();
        match (call, ty) {
            (WakerCall::SetDrop, _) => component.waitable_set_drop(),
            (WakerCall::Join, _) => component.waitable_join(),
            (WakerCall::SetNew, _) | (_, None) => component.waitable_set_new(),
            (WakerCall::StreamNew, Some(ty)) => component.stream_new(ty),
            (WakerCall::Read, Some(ty)) => component.stream_read(ty, [CanonicalOption::Async]),
            (WakerCall::Write, Some(ty)) => component.stream_write(ty, [CanonicalOption::Async]),
            (WakerCall::CancelRead, Some(ty)) => component.stream_cancel_read(ty, false),
            (WakerCall::DropReadable, Some(ty)) => component.stream_drop_readable(ty),
            (WakerCall::DropWritable, Some(ty)) => component.stream_drop_writable(ty),
        }
    }

    fn host_builtin(&mut self, builtin: HostBuiltin, import: &'a CoreImport) -> Result<u32, WrapError> {
        let field = || WrapError::NoPath { field: import.field.clone() };
        // The type immediates of streams and futures are indices, and that of `task.return` is a value type.
        let ty = match (builtin.kind, builtin.ty) {
            (_, None) => None,
            (_, Some(ty)) => Some(self.builtin_type(ty, &import.field)?),
        };
        let index = match ty {
            Some(ComponentValType::Type(index)) => Ok(index),
            Some(ComponentValType::Primitive(_)) | None => Err(field()),
        };
        let mut options = self.options(&import.options);
        if builtin.kind == Kind::TaskReturn && import.options.memory.is_none() {
            options.push(encoding(import.options.encoding));
        }
        let memory = import.options.memory.as_deref().map(|name| self.fused_item(ExportKind::Memory, name));
        let component = self.encoder.component();
        Ok(match builtin.kind {
            Kind::TaskReturn => component.task_return(ty, options),
            Kind::TaskCancel => component.task_cancel(),
            Kind::SubtaskDrop => component.subtask_drop(),
            Kind::SubtaskCancel { is_async } => component.subtask_cancel(is_async),
            Kind::StreamNew => component.stream_new(index?),
            Kind::StreamRead => component.stream_read(index?, options),
            Kind::StreamWrite => component.stream_write(index?, options),
            Kind::StreamForward => component.stream_forward(index?),
            Kind::StreamCancelRead { is_async } => component.stream_cancel_read(index?, is_async),
            Kind::StreamCancelWrite { is_async } => component.stream_cancel_write(index?, is_async),
            Kind::StreamDropReadable => component.stream_drop_readable(index?),
            Kind::StreamDropWritable => component.stream_drop_writable(index?),
            Kind::FutureNew => component.future_new(index?),
            Kind::FutureRead => component.future_read(index?, options),
            Kind::FutureWrite => component.future_write(index?, options),
            Kind::FutureForward => component.future_forward(index?),
            Kind::FutureCancelRead { is_async } => component.future_cancel_read(index?, is_async),
            Kind::FutureCancelWrite { is_async } => component.future_cancel_write(index?, is_async),
            Kind::FutureDropReadable => component.future_drop_readable(index?),
            Kind::FutureDropWritable => component.future_drop_writable(index?),
            Kind::ErrorContextNew => component.error_context_new(options),
            Kind::ErrorContextDebugMessage => component.error_context_debug_message(options),
            Kind::ErrorContextDrop => component.error_context_drop(),
            Kind::WaitableSetNew => component.waitable_set_new(),
            Kind::WaitableSetWait => component.waitable_set_wait(memory.ok_or_else(field)?),
            Kind::WaitableSetPoll => component.waitable_set_poll(memory.ok_or_else(field)?),
            Kind::WaitableSetDrop => component.waitable_set_drop(),
            Kind::WaitableJoin => component.waitable_join(),
            Kind::ThreadIndex => component.thread_index(),
            Kind::ThreadYield => component.thread_yield(),
            Kind::ThreadResumeLater => component.thread_resume_later(),
            Kind::ThreadSuspend => component.thread_suspend(),
            Kind::ThreadSuspendThenResume => component.thread_suspend_then_resume(),
            Kind::ThreadYieldThenResume => component.thread_yield_then_resume(),
            Kind::ThreadSuspendThenPromote => component.thread_suspend_then_promote(),
            Kind::ThreadYieldThenPromote => component.thread_yield_then_promote(),
        })
    }

    /// Resources that live built-ins mention and that the composition defines.
    pub(super) fn builtin_resources(&self) -> Vec<ResourceId> {
        let mut work: Vec<ValType> = Vec::new();
        for &id in self.interface.imports.keys() {
            if let HostImport::Builtin(id) = id
                && let Trampoline::Host(builtin) = &self.dfg.trampolines[id]
            {
                work.extend(builtin.ty);
            }
        }
        let mut found = Vec::new();
        let mut seen: crate::maps::Set<TypeId> = Default::default();
        while let Some(ty) = work.pop() {
            let ValType::Def(id) = ty else { continue };
            if !seen.insert(id) {
                continue;
            }
            match &self.dfg.types[id] {
                TypeDef::Own(resource) | TypeDef::Borrow(resource) => {
                    if let ResourceDef::Defined { .. } = self.dfg.resources[*resource].def {
                        found.push(*resource);
                    }
                }
                def => def.for_each_part(|part| work.push(part)),
            }
        }
        found
    }

    /// A value type, written out in the wrapper.
    fn builtin_type(&mut self, ty: ValType, field: &str) -> Result<ComponentValType, WrapError> {
        let primitive = match ty {
            ValType::Bool => PrimitiveValType::Bool,
            ValType::S8 => PrimitiveValType::S8,
            ValType::U8 => PrimitiveValType::U8,
            ValType::S16 => PrimitiveValType::S16,
            ValType::U16 => PrimitiveValType::U16,
            ValType::S32 => PrimitiveValType::S32,
            ValType::U32 => PrimitiveValType::U32,
            ValType::S64 => PrimitiveValType::S64,
            ValType::U64 => PrimitiveValType::U64,
            ValType::F32 => PrimitiveValType::F32,
            ValType::F64 => PrimitiveValType::F64,
            ValType::Char => PrimitiveValType::Char,
            ValType::String => PrimitiveValType::String,
            ValType::ErrorContext => PrimitiveValType::ErrorContext,
            ValType::Def(id) => return self.builtin_def(id, field).map(ComponentValType::Type),
        };
        Ok(ComponentValType::Primitive(primitive))
    }

    fn builtin_def(&mut self, id: TypeId, field: &str) -> Result<u32, WrapError> {
        if let Some(&known) = self.written.get(&id) {
            return Ok(known);
        }
        let dfg = self.dfg;
        let def = &dfg.types[id];
        // Parts come first: a type refers to earlier ones only.
        let mut parts = Vec::new();
        let mut failed = None;
        def.for_each_part(|part| match (failed.is_none()).then(|| self.builtin_type(part, field)) {
            Some(Ok(part)) => parts.push(part),
            Some(Err(error)) => failed = Some(error),
            None => {}
        });
        if let Some(error) = failed {
            return Err(error);
        }
        let resource = match def {
            TypeDef::Own(resource) | TypeDef::Borrow(resource) => Some(self.builtin_resource(*resource, field)?),
            _ => None,
        };
        let mut parts = parts.into_iter();
        let missing = || WrapError::NoPath { field: field.to_owned() };
        let mut part = || parts.next().ok_or_else(missing);
        let (index, encoder) = self.encoder.component().type_defined(None);
        match def {
            TypeDef::Record(fields) => {
                let fields = fields.iter().map(|(name, _)| Ok((name.as_str(), part()?)));
                encoder.record(fields.collect::<Result<Vec<_>, WrapError>>()?);
            }
            TypeDef::Variant(cases) => {
                let cases = cases.iter().map(|(name, ty)| Ok((name.as_str(), ty.map(|_| part()).transpose()?)));
                encoder.variant(cases.collect::<Result<Vec<_>, WrapError>>()?);
            }
            TypeDef::List(_) => encoder.list(part()?),
            TypeDef::FixedLengthList(_, length) => encoder.fixed_length_list(part()?, *length),
            TypeDef::Map(..) => encoder.map(part()?, part()?),
            TypeDef::Tuple(items) => {
                let items = items.iter().map(|_| part()).collect::<Result<Vec<_>, WrapError>>()?;
                encoder.tuple(items);
            }
            TypeDef::Flags(names) => encoder.flags(names.iter().map(String::as_str)),
            TypeDef::Enum(names) => encoder.enum_type(names.iter().map(String::as_str)),
            TypeDef::Option(_) => encoder.option(part()?),
            TypeDef::Result { ok, err } => {
                let ok = ok.map(|_| part()).transpose()?;
                encoder.result(ok, err.map(|_| part()).transpose()?);
            }
            TypeDef::Own(_) => encoder.own(resource.ok_or_else(missing)?),
            TypeDef::Borrow(_) => encoder.borrow(resource.ok_or_else(missing)?),
            TypeDef::Stream(ty) => encoder.stream(ty.map(|_| part()).transpose()?),
            TypeDef::Future(ty) => encoder.future(ty.map(|_| part()).transpose()?),
        }
        self.written.insert(id, index);
        Ok(index)
    }

    fn builtin_resource(&mut self, resource: ResourceId, field: &str) -> Result<u32, WrapError> {
        match &self.dfg.resources[resource].def {
            ResourceDef::Imported(path) => Ok(self.imported(path)?.0),
            ResourceDef::Defined { .. } => {
                let known = self.resources.get(&resource).copied();
                known.ok_or_else(|| WrapError::NoPath { field: field.to_owned() })
            }
        }
    }
}
