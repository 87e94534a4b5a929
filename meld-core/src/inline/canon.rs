//! Canonical built-ins.
//!
//! In: `canon` definitions. Out: lifts, trampolines and sets of options, interned, so that what is equal
//! is one (`CanonicalABI.md`, "Canonical definitions"). A built-in that meld does not carry out is a
//! [`Trampoline::Unsupported`]: dead ones are harmless, and whether it is dead is not known here.

use super::frame::{ComponentFuncDef, EvaluatedCoreType, EvaluatedType, at};
use super::{Activation, Def, Fault, Inliner, missing};
use crate::abi::Pointer;
use crate::dfg::{
    CanonOptions, ComponentFunc, CoreDef, CoreItem, CoreKind, HostBuiltin, HostBuiltinKind, Lift, StringEncoding,
    ThreadStart, Trampoline,
};
use crate::ids::OptionsId;
use crate::parse::{builtin_name, builtin_options, builtin_type};
use wasmparser::{CanonicalFunction, CanonicalOption, ValType as CoreType};

impl<'p, 'a> Inliner<'p, 'a> {
    /// Carries out a canonical built-in.
    pub(super) fn canon(&mut self, top: &Activation<'p, 'a>, canon: &CanonicalFunction) -> Result<(), Fault> {
        let (frame, instance) = (top.frame, top.instance);
        let trampoline = match canon {
            CanonicalFunction::Lift { core_func_index, type_index, options } => {
                let ty = match at(&self.frames[frame].types, *type_index, "type")? {
                    EvaluatedType::Func(ty) => ty,
                    _ => return Err(missing(format!("function type {type_index}"))),
                };
                let func = self.frames[frame].get_core(CoreKind::Func, *core_func_index)?;
                let options = self.options(top, options)?;
                let lift = self.dfg.lifts.intern(Lift { ty, func, options });
                self.frames[frame].push(Def::Func(ComponentFuncDef::Lift(lift)));
                return Ok(());
            }
            CanonicalFunction::Lower { func_index, options } => {
                let func = at(&self.frames[frame].funcs, *func_index, "func")?;
                let func = self.used(&func);
                let options = self.options(top, options)?;
                Trampoline::Lower { func, options }
            }
            CanonicalFunction::ResourceNew { resource } => {
                Trampoline::ResourceNew { instance, resource: self.resource(frame, *resource)? }
            }
            CanonicalFunction::ResourceRep { resource } => {
                Trampoline::ResourceRep { instance, resource: self.resource(frame, *resource)? }
            }
            CanonicalFunction::ResourceDrop { resource } => {
                Trampoline::ResourceDrop { instance, resource: self.resource(frame, *resource)? }
            }
            CanonicalFunction::ContextGet { ty: CoreType::I32, slot } => {
                Trampoline::ContextGet { instance, slot: *slot, width: Pointer::W32 }
            }
            CanonicalFunction::ContextSet { ty: CoreType::I32, slot } => {
                Trampoline::ContextSet { instance, slot: *slot, width: Pointer::W32 }
            }
            CanonicalFunction::ContextGet { ty: CoreType::I64, slot } => {
                Trampoline::ContextGet { instance, slot: *slot, width: Pointer::W64 }
            }
            CanonicalFunction::ContextSet { ty: CoreType::I64, slot } => {
                Trampoline::ContextSet { instance, slot: *slot, width: Pointer::W64 }
            }
            CanonicalFunction::BackpressureInc => Trampoline::BackpressureInc { instance },
            CanonicalFunction::BackpressureDec => Trampoline::BackpressureDec { instance },
            other => match self.host_builtin(top, other)? {
                Some(builtin) => Trampoline::Host(builtin),
                None => {
                    let name = builtin_name(other);
                    let ty = builtin_type(other).map(|ty| self.val_type(frame, ty)).transpose()?;
                    let ordinal = self.unsupported;
                    self.unsupported += 1;
                    Trampoline::Unsupported { instance, name, ordinal, ty }
                }
            },
        };
        let trampoline = self.dfg.trampolines.intern(trampoline);
        self.frames[frame].push_core(CoreKind::Func, CoreDef::Trampoline(trampoline))
    }

    /// A built-in that the host carries out; `None` for any other, and for `thread.new-indirect` with an unusual type.
    fn host_builtin(
        &mut self,
        top: &Activation<'p, 'a>,
        canon: &CanonicalFunction,
    ) -> Result<Option<HostBuiltin>, Fault> {
        let Ok(kind) = HostBuiltinKind::of(canon) else { return Ok(None) };
        let options = match canon {
            CanonicalFunction::WaitableSetWait { memory } | CanonicalFunction::WaitableSetPoll { memory } => {
                Some(self.options(top, &[CanonicalOption::Memory(*memory)])?)
            }
            _ => builtin_options(canon).map(|options| self.options(top, options)).transpose()?,
        };
        let ty = builtin_type(canon).map(|ty| self.val_type(top.frame, ty)).transpose()?;
        let start = match *canon {
            CanonicalFunction::ThreadNewIndirect { func_ty_index, table_index } => {
                let frame = &self.frames[top.frame];
                match at(&frame.core_types, func_ty_index, "core type")? {
                    EvaluatedCoreType::Start(closure) => {
                        let table = at(&frame.core_tables, table_index, "core table")?;
                        Some(ThreadStart { table, index: self.table_width(table)?, closure })
                    }
                    // Of a type in a larger group, or of one that has subtypes, nobody makes such functions.
                    EvaluatedCoreType::Other => return Ok(None),
                }
            }
            _ => None,
        };
        Ok(Some(HostBuiltin { instance: top.instance, kind, ty, options, start }))
    }

    fn table_width(&self, table: CoreItem) -> Result<Pointer, Fault> {
        let module = &self.dfg.modules[self.dfg.core_instances[table.instance].module];
        let position = table.index.checked_sub(module.imported.tables).ok_or_else(|| missing("a table".to_string()))?;
        let table64 = at(&module.tables, position, "table")?.ty.table64;
        Ok(if table64 { Pointer::W64 } else { Pointer::W32 })
    }

    /// A function that something uses: an import gets its id here.
    pub(super) fn used(&mut self, func: &ComponentFuncDef) -> ComponentFunc {
        match func {
            ComponentFuncDef::Import(import) => ComponentFunc::Import(self.dfg.import_funcs.intern((**import).clone())),
            ComponentFuncDef::Lift(lift) => ComponentFunc::Lift(*lift),
        }
    }

    fn options(&mut self, top: &Activation<'p, 'a>, options: &[CanonicalOption]) -> Result<OptionsId, Fault> {
        let frame = &self.frames[top.frame];
        let func = |index: &u32| frame.get_core(CoreKind::Func, *index).map(Some);
        let mut canon = CanonOptions {
            instance: top.instance,
            encoding: StringEncoding::Utf8,
            memory: None,
            realloc: None,
            post_return: None,
            is_async: false,
            callback: None,
            memory64: false,
        };
        for option in options {
            match option {
                CanonicalOption::UTF8 => canon.encoding = StringEncoding::Utf8,
                CanonicalOption::UTF16 => canon.encoding = StringEncoding::Utf16,
                CanonicalOption::CompactUTF16 => canon.encoding = StringEncoding::CompactUtf16,
                CanonicalOption::Memory(index) => {
                    let memory = at(&frame.core_memories, *index, "core memory")?;
                    canon.memory64 = self.is_memory64(memory)?;
                    canon.memory = Some(memory);
                }
                CanonicalOption::Realloc(index) => canon.realloc = func(index)?,
                CanonicalOption::PostReturn(index) => canon.post_return = func(index)?,
                CanonicalOption::Callback(index) => canon.callback = func(index)?,
                CanonicalOption::Async => canon.is_async = true,
                CanonicalOption::CoreType(_) => {
                    return Err(Fault::Unsupported("the canonical option `core-type` is".to_string()));
                }
                CanonicalOption::Gc => return Err(Fault::Unsupported("the canonical option `gc` is".to_string())),
            }
        }
        Ok(self.dfg.options.intern(canon))
    }

    fn is_memory64(&self, memory: CoreItem) -> Result<bool, Fault> {
        let module = &self.dfg.modules[self.dfg.core_instances[memory.instance].module];
        Ok(at(&module.memories, memory.index, "memory")?.memory64)
    }
}
