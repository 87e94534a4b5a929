//! What a function mentions.
//!
//! In: functions of the merged module. Out: the entities that each mentions. What a guest body mentions, in the
//! indices of its module, the parser has noted; a scope turns it into entities. Only a body in which calls became
//! direct is looked through again, at the places that the parser noted.

use super::windows::{Growth, Size};
use crate::error::MergeError;
use crate::ids::{CoreTypeId, DataId, ElemId, FuncId, GlobalId, MemoryId, ScopeId, TableId, TagId};
use crate::input::references::for_each_index;
use crate::input::{Body, CoreModule, RawUse};
pub(crate) use crate::input::{Use, Whole};
use crate::module::entities::{FuncDef, Op, Scope};
use crate::module::remap::{self, Bridge, Remap};
use crate::module::{DirectCall, MergedModule};
use crate::synth::Address;
use std::convert::Infallible;
use wasm_encoder::reencode::Reencode;
use wasmparser::{BinaryReader, ConstExpr, FunctionBody, Operator};

/// A mention of an entity.
pub(crate) type Entity = Use<FuncId, TableId, MemoryId, GlobalId, TagId, CoreTypeId, ElemId, DataId, Infallible>;

/// Writes down every index it is shown, in order.
#[derive(Default)]
pub(crate) struct Collector {
    pub(crate) uses: Vec<RawUse>,
}

macro_rules! collect {
    ($($name:ident: $variant:ident;)*) => {
        impl Remap for Collector {$(
            fn $name(&mut self, index: u32) -> Result<u32, MergeError> {
                self.uses.push(Use::$variant(index));
                Ok(index)
            }
        )*
            fn whole(&mut self, whole: Whole, _out: &mut Vec<u8>) -> Result<bool, MergeError> {
                self.uses.push(Use::Whole(whole));
                Ok(false)
            }
        }
    };
}
for_each_index!(collect);

/// Everything that a body mentions but at the calls in `skip`, each thing once.
fn uses_without(module: &CoreModule<'_>, body: &Body<'_>, skip: &[DirectCall]) -> Result<Vec<RawUse>, MergeError> {
    let mut collector = Collector::default();
    if body.locals_mention_types {
        let locals = FunctionBody::new(BinaryReader::new(body.bytes, 0)).get_locals_reader()?;
        for local in locals {
            Bridge(&mut collector).val_type(local?.1)?;
        }
    }
    let mut skip = skip.iter().peekable();
    for at in module.relocations(body) {
        if skip.next_if(|call| call.call == at).is_none() {
            remap::instruction(body.bytes, at as usize, &mut collector, &mut Vec::new())?;
        }
    }
    let mut uses = collector.uses;
    uses.sort_unstable();
    uses.dedup();
    Ok(uses)
}

/// Everything that a constant expression mentions. A global means itself here.
pub(crate) fn const_uses(expr: &ConstExpr<'_>) -> Result<Vec<RawUse>, MergeError> {
    let mut collector = Collector::default();
    for operator in expr.get_operators_reader() {
        match operator? {
            Operator::RefFunc { function_index } => collector.uses.push(Use::FuncRef(function_index)),
            operator => {
                Bridge(&mut collector).instruction(operator)?;
            }
        }
    }
    Ok(collector.uses)
}

/// The replacement of an instruction on a whole memory. Where memories are no windows: the memory, which is
/// mentioned anyway.
fn whole(module: &MergedModule<'_>, scope: &Scope, whole: Whole) -> Result<Entity, MergeError> {
    let (Whole::Size(index) | Whole::Grow(index) | Whole::Copy(index, _) | Whole::Fill(index) | Whole::Init(index, _)) =
        whole;
    let memory = scope.memory(index)?;
    let Some(windows) = &module.windows else { return Ok(Use::Memory(memory)) };
    Ok(match whole {
        Whole::Size(_) => match windows.window(memory)?.size() {
            Size::Pages(_) => Use::Memory(memory),
            Size::Global(size) => Use::Global(size),
        },
        Whole::Grow(_) => match windows.window(memory)?.growth {
            Growth::Unbounded | Growth::Fixed => Use::Memory(memory),
            Growth::Bounded { grow, .. } => Use::Func(grow),
        },
        Whole::Copy(..) | Whole::Fill(_) if windows.alone => Use::Memory(memory),
        Whole::Copy(_, src) => Use::Func(windows.copy(memory, scope.memory(src)?)?),
        Whole::Fill(_) => Use::Func(windows.fill(memory)?),
        Whole::Init(_, data) => Use::Func(windows.init(memory, scope.data(data)?)?),
    })
}

/// A use of a module, as its scope means it.
pub(crate) fn entity(module: &MergedModule<'_>, scope: ScopeId, raw: RawUse) -> Result<Entity, MergeError> {
    let scope = &module.scopes[scope];
    Ok(match raw {
        Use::Func(index) => Use::Func(module.canonical(scope.func(index)?)),
        Use::FuncRef(index) => Use::FuncRef(module.canonical(scope.func(index)?)),
        Use::TableCall(index) => Use::TableCall(scope.table(index)?),
        Use::Table(index) => Use::Table(scope.table(index)?),
        Use::Memory(index) => Use::Memory(scope.memory(index)?),
        Use::Global(index) => Use::Global(scope.global(index)?),
        Use::Tag(index) => Use::Tag(scope.tag(index)?),
        Use::Type(index) => Use::Type(scope.ty(index)?),
        Use::Elem(index) => Use::Elem(scope.elem(index)?),
        Use::Data(index) => Use::Data(scope.data(index)?),
        Use::Whole(raw) => match whole(module, scope, raw)? {
            Use::Func(func) => Use::Func(module.canonical(func)),
            entity => entity,
        },
    })
}

impl Op {
    /// What an instruction of a synthesized body mentions.
    pub(crate) fn uses(&self, add: &mut impl FnMut(Entity)) {
        match *self {
            Op::Plain(_) => {}
            Op::Call(func) => add(Use::Func(func)),
            Op::RefFunc(func) => add(Use::FuncRef(func)),
            Op::GlobalGet(global) | Op::GlobalSet(global) => add(Use::Global(global)),
            Op::Access { memory, .. }
            | Op::MemorySize(memory)
            | Op::OwnSize(memory)
            | Op::MemoryFill(memory)
            | Op::Address(
                Address::WindowBase(memory)
                | Address::WindowStart(memory)
                | Address::ArenaBase(memory)
                | Address::ArenaEnd(memory)
                | Address::StackLimit(memory)
                | Address::StackTop(memory),
            ) => add(Use::Memory(memory)),
            Op::MemoryCopy { dst, src } => {
                add(Use::Memory(dst));
                add(Use::Memory(src));
            }
            Op::MemoryInit { memory, data } => {
                add(Use::Memory(memory));
                add(Use::Data(data));
            }
        }
    }
}

impl MergedModule<'_> {
    /// Calls `add` with everything that a function mentions. An import mentions nothing here: see
    /// [`crate::module::reach`]. Nor does the init function: its steps are live or not one by one.
    pub(crate) fn uses(
        &self,
        func: FuncId,
        mut add: impl FnMut(Entity) -> Result<(), MergeError>,
    ) -> Result<(), MergeError> {
        match &self.funcs[func].def {
            FuncDef::Import(_) | FuncDef::Trap(_) | FuncDef::Init => {}
            FuncDef::Guest { origin, calls } => {
                let module = self.module_of(origin.scope);
                let body = &module.bodies[origin.index as usize];
                if calls.is_empty() {
                    for raw in module.mentions(body) {
                        add(entity(self, origin.scope, raw)?)?;
                    }
                    return Ok(());
                }
                // An indirect call that became a direct one does not mention its table any more.
                for raw in uses_without(module, body, calls)? {
                    add(entity(self, origin.scope, raw)?)?;
                }
                for call in calls {
                    add(Use::Func(self.canonical(call.callee)))?;
                }
            }
            FuncDef::Synth(synth) => {
                let mut mentions = Vec::new();
                for op in &synth.code.ops {
                    op.uses(&mut |used| mentions.push(used));
                    if let (Op::MemorySize(memory) | Op::OwnSize(memory), Some(windows)) = (op, &self.windows)
                        && let Size::Global(size) = windows.window(*memory)?.size()
                    {
                        mentions.push(Use::Global(size));
                    }
                }
                for used in mentions {
                    add(match used {
                        Use::Func(func) => Use::Func(self.canonical(func)),
                        Use::FuncRef(func) => Use::FuncRef(self.canonical(func)),
                        other => other,
                    })?;
                }
            }
        }
        Ok(())
    }
}
