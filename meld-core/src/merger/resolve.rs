//! From what synthesized code names to entities.
//!
//! In: [`FuncRef`], [`MemoryRef`] and [`GlobalRef`] in adapters, arguments and the interface. Out: ids. Trap
//! functions, flags and imports exist only where something names them, and each once.

use crate::dfg::{CoreItem, CoreKind};
use crate::error::MergeError;
use crate::ids::{FuncId, GlobalId, Id, MemoryId, ScopeId, TableId};
use crate::input::CoreModule;
use crate::merger::Merger;
use crate::module::{Code, GlobalDef, ModuleKey, Op, missing};
use crate::synth::{Address, FuncRef, GlobalRef, HostImport, Inst, MemoryRef};

impl Merger<'_> {
    /// The function that `func` names.
    pub(crate) fn func(&mut self, func: FuncRef) -> Result<FuncId, MergeError> {
        match func {
            FuncRef::Core(item) => {
                let (scope, index) = self.defined(item, CoreKind::Func)?;
                self.out.scopes[scope].func(index)
            }
            FuncRef::Trampoline(id) => match self.adapted.trampolines.get(&id) {
                Some(FuncRef::Trampoline(_)) | None => Err(missing("an import", format!("the function of {id}"))),
                Some(&func) => self.func(func),
            },
            FuncRef::Synth(id) => {
                self.synths.get(id.index()).copied().ok_or_else(|| missing("synthesized code", id.to_string()))
            }
            FuncRef::Runtime(id, name) => {
                let (scope, module) = self.runtime(id)?;
                match module.exports.get(name) {
                    Some(export) if export.kind == CoreKind::Func => {
                        let index = self.shift(scope, &module, CoreKind::Func, export.index)?;
                        self.out.scopes[scope].func(index)
                    }
                    _ => Err(missing(&format!("runtime module `{}`", module.name), format!("function `{name}`"))),
                }
            }
            FuncRef::Host(import) => self.host_import(import),
            FuncRef::Trap(class) => Ok(self.out.trap(class)),
        }
    }

    /// The memory that `memory` names.
    pub(super) fn memory(&mut self, memory: MemoryRef) -> Result<MemoryId, MergeError> {
        match memory {
            MemoryRef::Core(item) => {
                let (scope, index) = self.defined(item, CoreKind::Memory)?;
                self.out.scopes[scope].memory(index)
            }
            MemoryRef::Runtime(id) => {
                let (scope, module) = self.runtime(id)?;
                let index = self.shift(scope, &module, CoreKind::Memory, module.imported.memories)?;
                self.out.scopes[scope].memory(index)
            }
        }
    }

    /// The table of a core instance.
    pub(super) fn table(&mut self, item: CoreItem) -> Result<TableId, MergeError> {
        let (scope, index) = self.defined(item, CoreKind::Table)?;
        self.out.scopes[scope].table(index)
    }

    /// The global that `global` names.
    pub(super) fn global(&mut self, global: GlobalRef) -> GlobalId {
        let initial = match global {
            GlobalRef::MayLeave(_) => 1,
            GlobalRef::Context(..)
            | GlobalRef::LeftContext(..)
            | GlobalRef::Backpressure(_)
            | GlobalRef::SuppressDtor
            | GlobalRef::Returned
            | GlobalRef::WrongPointer
            | GlobalRef::BorrowScope
            | GlobalRef::Extension(_) => 0,
        };
        let out = &mut self.out;
        *self.flags.entry(global).or_insert_with(|| out.globals.push(GlobalDef::Flag(global, initial)))
    }

    /// The immutable global with this value.
    pub(super) fn constant(&mut self, value: i32) -> GlobalId {
        let globals = &mut self.out.globals;
        *self.constants.entry(value).or_insert_with(|| globals.push(GlobalDef::Constant(value)))
    }

    /// The immutable global with this address.
    pub(super) fn address(&mut self, address: Address) -> Result<GlobalId, MergeError> {
        let place = self.place(address)?;
        let globals = &mut self.out.globals;
        Ok(*self.addresses.entry(place).or_insert_with(|| globals.push(GlobalDef::Address(place))))
    }

    /// The address that `address` names.
    fn place(&mut self, address: Address) -> Result<Address<MemoryId>, MergeError> {
        Ok(match address {
            Address::WindowBase(memory) => Address::WindowBase(self.memory(memory)?),
            Address::ArenaBase(memory) => Address::ArenaBase(self.memory(memory)?),
            Address::ArenaEnd(memory) => Address::ArenaEnd(self.memory(memory)?),
            Address::WindowStart(memory) => Address::WindowStart(self.memory(memory)?),
            Address::StackLimit(memory) => Address::StackLimit(self.memory(memory)?),
            Address::StackTop(memory) => Address::StackTop(self.memory(memory)?),
        })
    }

    /// The scope of an item, and its index in the scope as it is now.
    pub(super) fn defined(&self, item: CoreItem, kind: CoreKind) -> Result<(ScopeId, u32), MergeError> {
        let Some(&scope) = self.instance_scopes.get(&item.instance) else {
            return Err(missing("a core definition", format!("an instantiation of {}", item.instance)));
        };
        if item.kind != kind {
            return Err(self.out.scopes[scope].missing_item(kind, item.index));
        }
        Ok((scope, self.shift(scope, self.out.module_of(scope), kind, item.index)?))
    }

    /// Until imports are bound, a scope holds definitions only.
    fn shift(&self, scope: ScopeId, module: &CoreModule<'_>, kind: CoreKind, index: u32) -> Result<u32, MergeError> {
        if self.imports_bound {
            return Ok(index);
        }
        let imported = match kind {
            CoreKind::Func => module.imported.funcs,
            CoreKind::Table => module.imported.tables,
            CoreKind::Memory => module.imported.memories,
            CoreKind::Global => module.imported.globals,
            CoreKind::Tag => module.imported.tags,
        };
        index.checked_sub(imported).ok_or_else(|| self.out.scopes[scope].missing_item(kind, index))
    }

    fn runtime(
        &self,
        id: crate::ids::RuntimeInstanceId,
    ) -> Result<(ScopeId, std::rc::Rc<CoreModule<'static>>), MergeError> {
        let scope = self.runtime_scopes.get(id.index()).copied();
        let scope = scope.ok_or_else(|| missing("synthesized code", id.to_string()))?;
        match self.out.scopes[scope].module {
            ModuleKey::Runtime(key) => Ok((scope, self.out.runtime_modules[key].clone())),
            ModuleKey::Input(_) => Err(missing("synthesized code", id.to_string())),
        }
    }

    /// The import, which the interface declares.
    fn host_import(&self, import: HostImport) -> Result<FuncId, MergeError> {
        let func = self.out.host_imports.get(&import).copied();
        func.ok_or_else(|| missing("synthesized code", format!("the import {import:?}")))
    }

    /// A body with its references resolved.
    pub(super) fn code(&mut self, locals: Vec<wasm_encoder::ValType>, body: &[Inst]) -> Result<Code, MergeError> {
        let mut ops = Vec::with_capacity(body.len());
        for inst in body {
            ops.push(match *inst {
                Inst::Plain(ref instruction) => Op::Plain(instruction.clone()),
                Inst::Call(func) => Op::Call(self.func(func)?),
                Inst::RefFunc(func) => Op::RefFunc(self.func(func)?),
                Inst::GlobalGet(global) => Op::GlobalGet(self.global(global)),
                Inst::GlobalSet(global) => Op::GlobalSet(self.global(global)),
                Inst::Access { op, memory, offset, align } => {
                    Op::Access { op, memory: self.memory(memory)?, offset, align }
                }
                Inst::MemorySize(memory) => Op::MemorySize(self.memory(memory)?),
                Inst::OwnSize(memory) => Op::OwnSize(self.memory(memory)?),
                Inst::Address(address) => Op::Address(self.place(address)?),
                Inst::MemoryCopy { dst, src } => Op::MemoryCopy { dst: self.memory(dst)?, src: self.memory(src)? },
                Inst::MemoryFill(memory) => Op::MemoryFill(self.memory(memory)?),
                Inst::MemoryInit { data, .. } => match data {},
            });
        }
        Ok(Code { locals, ops, steps: Vec::new() })
    }
}
