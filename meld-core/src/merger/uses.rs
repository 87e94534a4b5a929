//! What a function mentions.
//!
//! In: functions of the merged module. Out: the entities that each mentions. Guest bodies are walked at
//! most once per *module*, whatever the number of instances, and only at the places that the parser noted;
//! the result, in the module's own indices, is kept, and a scope turns it into entities.

use super::entities::{FuncDef, ModuleKey, Op, Scope};
use super::reindex::{self, Bridge, Renumber};
use super::{DirectCall, MergedModule};
use crate::error::MergeError;
use crate::ids::{CoreTypeId, DataId, ElemId, FuncId, GlobalId, MemoryId, ScopeId, TableId, TagId};
use crate::memory::{Growth, Place, Size};
use crate::parse::Body;
use indexmap::IndexMap;
use std::convert::Infallible;
use wasm_encoder::reencode::Reencode;
use wasmparser::{BinaryReader, ConstExpr, FunctionBody, Operator};

/// A mention, in the indices of a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Use<F, T, M, G, A, Y, E, D, W> {
    /// A call.
    Func(F),
    /// A reference is taken.
    FuncRef(F),
    /// An indirect call through the table.
    TableCall(T),
    /// Any other instruction on the table.
    Table(T),
    /// An instruction on the memory.
    Memory(M),
    /// An instruction on the global.
    Global(G),
    /// An instruction on the tag.
    Tag(A),
    /// The type.
    Type(Y),
    /// An instruction on the segment.
    Elem(E),
    /// An instruction on the segment.
    Data(D),
    /// An instruction on a whole memory, beside the mentions of its indices: in a window other entities stand
    /// for it.
    Whole(W),
}

/// A mention in the indices of a module.
pub(crate) type RawUse = Use<u32, u32, u32, u32, u32, u32, u32, u32, Whole>;

/// A mention of an entity.
pub(crate) type Entity = Use<FuncId, TableId, MemoryId, GlobalId, TagId, CoreTypeId, ElemId, DataId, Infallible>;

/// An instruction on a whole memory, in the indices of a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Whole {
    /// `memory.size`
    Size(u32),
    /// `memory.grow`
    Grow(u32),
    /// `memory.copy`: destination, source.
    Copy(u32, u32),
    /// `memory.fill`
    Fill(u32),
    /// `memory.init`: memory, data segment.
    Init(u32, u32),
}

/// Writes down every index it is shown, in order.
#[derive(Default)]
pub(crate) struct Collector {
    pub(crate) uses: Vec<RawUse>,
}

/// Writes down every index it is shown, and remembers the last few: code says the same thing over and over.
struct Distinct {
    uses: Vec<RawUse>,
    recent: [Option<RawUse>; Distinct::RECENT],
}

impl Distinct {
    /// A power of two.
    const RECENT: usize = 64;

    fn new() -> Self {
        Self { uses: Vec::new(), recent: [None; Self::RECENT] }
    }

    #[inline]
    fn push(&mut self, used: RawUse, slot: u32) {
        let slot = &mut self.recent[slot as usize % Self::RECENT];
        if *slot != Some(used) {
            *slot = Some(used);
            self.uses.push(used);
        }
    }

    /// Everything that was written down, each thing once, in order.
    fn finish(mut self) -> Box<[RawUse]> {
        self.uses.sort_unstable();
        self.uses.dedup();
        self.uses.into()
    }
}

impl Collector {
    #[inline]
    fn push(&mut self, used: RawUse, _slot: u32) {
        self.uses.push(used);
    }
}

/// Keeps instructions on whole memories apart from indices.
const WHOLE_SLOT: u32 = 60;

macro_rules! collect {
    // Small indices are the common ones; the numbers keep those of different spaces apart.
    ($collector:ident: $($name:ident: $variant:ident + $slot:literal;)*) => {
        impl Renumber for $collector {$(
            #[inline]
            fn $name(&mut self, index: u32) -> Result<u32, MergeError> {
                self.push(Use::$variant(index), index.wrapping_add($slot));
                Ok(index)
            }
        )*
            fn whole(&mut self, whole: Whole, _out: &mut Vec<u8>) -> Result<bool, MergeError> {
                self.push(Use::Whole(whole), WHOLE_SLOT);
                Ok(false)
            }
        }
    };
    ($collector:ident) => {
        collect! {
            $collector:
            func: Func + 0;
            func_ref: FuncRef + 20;
            table: Table + 53;
            table_call: TableCall + 54;
            memory: Memory + 62;
            global: Global + 56;
            tag: Tag + 50;
            ty: Type + 40;
            elem: Elem + 51;
            data: Data + 52;
        }
    };
}
collect!(Collector);
collect!(Distinct);

/// Everything that a body mentions, each thing once, without the places in `skip`.
fn distinct_uses(body: &Body<'_>, skip: &[DirectCall]) -> Result<Box<[RawUse]>, MergeError> {
    let mut collector = Distinct::new();
    look_through(body, skip, &mut collector)?;
    Ok(collector.finish())
}

/// Shows a collector every index in a body.
fn look_through<R: Renumber>(body: &Body<'_>, skip: &[DirectCall], collector: &mut R) -> Result<(), MergeError> {
    if body.locals_mention_types {
        let locals = FunctionBody::new(BinaryReader::new(body.bytes, 0)).get_locals_reader()?;
        for local in locals {
            Bridge(&mut *collector).val_type(local?.1)?;
        }
    }
    let mut skip = skip.iter().peekable();
    let mut scratch = Vec::new();
    for &at in &body.patches {
        if skip.next_if(|call| call.call == at).is_some() {
            continue;
        }
        scratch.clear();
        reindex::instruction(body.bytes, at as usize, collector, &mut scratch)?;
    }
    Ok(())
}

/// Everything that a constant expression mentions. A global stands for itself here.
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

/// What stands for an instruction on a whole memory. Where memories are no windows: the memory, which is
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
            Op::Address(Place::ArenaBase | Place::ArenaEnd) => {}
            Op::Access { memory, .. }
            | Op::MemorySize(memory)
            | Op::MemoryFill(memory)
            | Op::Address(Place::Base(memory)) => add(Use::Memory(memory)),
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

/// Uses of guest bodies, kept per module.
#[derive(Default)]
pub(crate) struct UseCache {
    modules: IndexMap<ModuleKey, Vec<Option<Box<[RawUse]>>>>,
}

impl UseCache {
    /// What a guest body mentions, each thing once, in the indices of its module.
    pub(crate) fn body(
        &mut self,
        module: &MergedModule<'_>,
        scope: ScopeId,
        body: u32,
    ) -> Result<&[RawUse], MergeError> {
        let key = module.scopes[scope].module;
        let bodies = &module.module_of(scope).bodies;
        let known = self.modules.entry(key).or_insert_with(|| vec![None; bodies.len()]);
        let index = body as usize;
        if known[index].is_none() {
            known[index] = Some(distinct_uses(&bodies[index], &[])?);
        }
        Ok(known[index].as_deref().unwrap_or_default())
    }

    /// What a function mentions. An import mentions nothing here: see [`super::reach`]. Nor does the init
    /// function: its steps are live or not one by one.
    pub(crate) fn func(&mut self, module: &MergedModule<'_>, func: FuncId) -> Result<Vec<Entity>, MergeError> {
        let mut entities = Vec::new();
        match &module.funcs[func].def {
            FuncDef::Import(_) | FuncDef::Trap(_) | FuncDef::Init => {}
            FuncDef::Guest { origin, calls } if calls.is_empty() => {
                for &raw in self.body(module, origin.scope, origin.index)? {
                    entities.push(entity(module, origin.scope, raw)?);
                }
            }
            FuncDef::Guest { origin, calls } => {
                let body = &module.module_of(origin.scope).bodies[origin.index as usize];
                for raw in distinct_uses(body, calls)? {
                    entities.push(entity(module, origin.scope, raw)?);
                }
                entities.extend(calls.iter().map(|call| Use::Func(module.canonical(call.callee))));
            }
            FuncDef::Synth { code, .. } => {
                for op in &code.ops {
                    op.uses(&mut |used| entities.push(used));
                    if let (Op::MemorySize(memory), Some(windows)) = (op, &module.windows)
                        && let Size::Global(size) = windows.window(*memory)?.size()
                    {
                        entities.push(Use::Global(size));
                    }
                }
                for used in &mut entities {
                    if let Use::Func(func) | Use::FuncRef(func) = used {
                        *func = module.canonical(*func);
                    }
                }
            }
        }
        Ok(entities)
    }
}
