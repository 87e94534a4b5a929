//! Built-ins of the principal, as canonical definitions of the wrapper.
//!
//! In: an import of the fused module that is a built-in, and the types of the composition. Out: the index of the core function. The wrapper has
//! the state of the principal, so the built-ins are those of the input. Their types are written out in the wrapper: value types are equal
//! where their structure is (`Explainer.md`, "Type Checking"), and resources are those that the wrapper imports or defines.

use super::Wrapper;
use crate::abi::Pointer;
use crate::abi::types::{TypeDef, ValType};
use crate::canonical::{self, encoding};
use crate::core_interface::CoreImport;
use crate::dfg::{HostBuiltin, HostBuiltinKind as Kind, ResourceDef, Trampoline};
use crate::error::WrapError;
use crate::ids::{ResourceId, TypeId};
use crate::maps::Map;
use crate::synth::{HostImport, WakerCall};
use crate::value_types::for_each_defined;
use wasm_encoder::{CanonicalOption, ComponentValType, ExportKind};

impl<'a> Wrapper<'a> {
    /// The core function of a built-in that is not about a resource; `None` for any other import.
    pub(super) fn builtin(&mut self, id: HostImport, import: &'a CoreImport) -> Result<Option<u32>, WrapError> {
        let core_type = |width: Pointer| width.core_type();
        Ok(Some(match id {
            HostImport::ContextGet(slot, width) => self.encoder.component().context_get(core_type(width), slot),
            HostImport::ContextSet(slot, width) => self.encoder.component().context_set(core_type(width), slot),
            HostImport::BackpressureInc => self.encoder.component().backpressure_inc(),
            HostImport::BackpressureDec => self.encoder.component().backpressure_dec(),
            HostImport::Waker(call) => self.waker(call, import)?,
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

    /// What the loop of tasks uses; the stream that wakes a task has no elements.
    fn waker(&mut self, call: WakerCall, import: &'a CoreImport) -> Result<u32, WrapError> {
        let ty = match call {
            WakerCall::SetNew
            | WakerCall::SetDrop
            | WakerCall::Join
            | WakerCall::Wait
            | WakerCall::Poll
            | WakerCall::SubtaskDrop => None,
            _ => Some(*self.waker_stream.get_or_insert_with(|| {
                let (index, encoder) = self.encoder.component().type_defined(None);
                encoder.stream(None);
                index
            })),
        };
        let memory = import.options.memory.as_deref().map(|name| self.fused_item(ExportKind::Memory, name));
        let memory = || memory.ok_or_else(|| WrapError::NoPath { field: import.field.clone() });
        let component = self.encoder.component();
        Ok(match (call, ty) {
            (WakerCall::Wait, _) => component.waitable_set_wait(memory()?),
            (WakerCall::Poll, _) => component.waitable_set_poll(memory()?),
            (WakerCall::SubtaskDrop, _) => component.subtask_drop(),
            (WakerCall::SetDrop, _) => component.waitable_set_drop(),
            (WakerCall::Join, _) => component.waitable_join(),
            (WakerCall::SetNew, _) | (_, None) => component.waitable_set_new(),
            (WakerCall::StreamNew, Some(ty)) => component.stream_new(ty),
            (WakerCall::Read, Some(ty)) => component.stream_read(ty, [CanonicalOption::Async]),
            (WakerCall::Write, Some(ty)) => component.stream_write(ty, [CanonicalOption::Async]),
            (WakerCall::CancelRead, Some(ty)) => component.stream_cancel_read(ty, false),
            (WakerCall::DropReadable, Some(ty)) => component.stream_drop_readable(ty),
            (WakerCall::DropWritable, Some(ty)) => component.stream_drop_writable(ty),
        })
    }

    fn host_builtin(&mut self, builtin: HostBuiltin, import: &'a CoreImport) -> Result<u32, WrapError> {
        let field = || WrapError::NoPath { field: import.field.clone() };
        let ty = builtin.ty.map(|ty| self.builtin_type(ty, &import.field)).transpose()?;
        let mut options = self.options(&import.options);
        if builtin.kind == Kind::TaskReturn && import.options.memory.is_none() {
            options.push(encoding(import.options.encoding));
        }
        let memory = import.options.memory.as_deref().map(|name| self.fused_item(ExportKind::Memory, name));
        if let Some((start, table)) = builtin.start.zip(import.table.as_deref()) {
            let table = self.fused_item(ExportKind::Table, table);
            return Ok(canonical::thread_new_indirect(self.encoder.component(), start.closure, table));
        }
        canonical::host_builtin(self.encoder.component(), builtin.kind, ty, options, memory).ok_or_else(field)
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
        let types = &self.dfg.types;
        let mut resources = Map::default();
        let mut mentioned = Vec::new();
        for_each_defined(types, [ty], |id| {
            if let TypeDef::Own(resource) | TypeDef::Borrow(resource) = types[id] {
                mentioned.push(resource);
            }
        });
        for resource in mentioned {
            resources.insert(resource, self.builtin_resource(resource, field)?);
        }
        let written = self.written.value(ty, &resources, self.encoder.component());
        written.map_err(|_| WrapError::NoPath { field: field.to_owned() })
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
