//! Entities of the merged module.
//!
//! In: nothing. Out: the types that the arenas of a [`MergedModule`](crate::module::MergedModule) hold. An entity
//! that comes from a core module is only an [`Origin`]: the scope and the index among the *defined* items
//! of its module; its type and initializer stay in the parsed module and are read there. Nothing is copied.

use crate::dfg::CoreKind;
use crate::error::MergeError;
use crate::ids::{
    CoreInstanceId, CoreTypeId, DataId, ElemId, FuncId, GlobalId, MemoryId, ModuleId, RuntimeModuleId, ScopeId,
    TableId, TagId,
};
use crate::synth::{Address, HostImport, Inst, TrapClass};
use std::rc::Rc;
use wasm_encoder::ValType;

/// A parsed core module: of the input, or of the runtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ModuleKey {
    /// A module of the composition.
    Input(ModuleId),
    /// A runtime module.
    Runtime(RuntimeModuleId),
}

/// What the indices of one core instance's module mean: for every index space of the module, imports
/// first, the entities.
#[derive(Debug)]
pub struct Scope {
    /// The module.
    pub module: ModuleKey,
    /// The core instance of the composition; `None` for one of the runtime's.
    pub instance: Option<CoreInstanceId>,
    /// Whether bodies have addresses of the one memory, and not of a window, so that no base is added to them.
    pub(crate) is_absolute: bool,
    /// A path for people; prefixes the names of functions.
    pub path: String,
    /// The type index space. Types do not depend on the instance, so all scopes of a module share it.
    pub types: Rc<[CoreTypeId]>,
    /// The function index space.
    pub funcs: Vec<FuncId>,
    /// The table index space.
    pub tables: Vec<TableId>,
    /// The memory index space.
    pub memories: Vec<MemoryId>,
    /// The global index space.
    pub globals: Vec<GlobalId>,
    /// The tag index space.
    pub tags: Vec<TagId>,
    /// The element segments.
    pub elems: Vec<ElemId>,
    /// The data segments.
    pub datas: Vec<DataId>,
}

macro_rules! lookups {
    ($($name:ident: $space:ident -> $id:ident, $what:literal;)*) => {$(
        #[doc = concat!("The ", $what, " that `index` means here.")]
        pub(crate) fn $name(&self, index: u32) -> Result<$id, MergeError> {
            self.$space.get(index as usize).copied().ok_or_else(|| self.missing($what, index))
        }
    )*};
}

impl Scope {
    lookups! {
        ty: types -> CoreTypeId, "type";
        func: funcs -> FuncId, "function";
        table: tables -> TableId, "table";
        memory: memories -> MemoryId, "memory";
        global: globals -> GlobalId, "global";
        tag: tags -> TagId, "tag";
        elem: elems -> ElemId, "element segment";
        data: datas -> DataId, "data segment";
    }

    /// The error for an index that the module does not have.
    pub(crate) fn missing(&self, what: &str, index: u32) -> MergeError {
        MergeError::Missing { item: format!("core instance `{}`", self.path), missing: format!("{what} {index}") }
    }

    /// The error for an item of a core index space that the module does not have.
    pub(crate) fn missing_item(&self, kind: CoreKind, index: u32) -> MergeError {
        self.missing(&format!("{kind:?}").to_lowercase(), index)
    }
}

/// Where an entity of a core module comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The instance.
    pub scope: ScopeId,
    /// Position among the items of its kind that the module defines: imports do not count.
    pub index: u32,
}

/// A function.
#[derive(Debug)]
pub struct Func {
    /// Its type.
    pub ty: CoreTypeId,
    /// What it does.
    pub def: FuncDef,
}

/// What a function does.
#[derive(Debug)]
pub enum FuncDef {
    /// Imported by the fused module.
    Import(HostImport),
    /// Bytes of the input; `calls` are indirect calls in it that became direct ones, in order.
    Guest {
        /// Which body.
        origin: Origin,
        /// Rewritten call sites.
        calls: Box<[DirectCall]>,
    },
    /// Synthesized. There are few of them: in place, they would make every function of a guest three times as large.
    Synth(Box<Synthesized>),
    /// Traps and says why.
    Trap(TrapClass),
    /// Runs [`MergedModule::init`](crate::module::MergedModule::init).
    Init,
}

/// A function that the input does not have.
#[derive(Debug)]
pub struct Synthesized {
    /// Debug name.
    pub name: String,
    /// The body.
    pub code: Code,
    /// The adapter that it is. `None` for the replacement of an instruction on a window.
    pub id: Option<crate::ids::SynthId>,
}

/// A `call_indirect` of a constant index that became a `call`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DirectCall {
    /// Offset in the body of the `i32.const` or `i64.const`.
    pub start: u32,
    /// Offset in the body of the `call_indirect`.
    pub call: u32,
    /// The callee.
    pub callee: FuncId,
}

/// A synthesized body.
#[derive(Debug)]
pub struct Code {
    /// Locals after the parameters.
    pub locals: Vec<ValType>,
    /// Instructions without the final `end`.
    pub ops: Vec<Op>,
    /// Which part of an adapter's work begins at which of them, in ascending order.
    pub steps: Vec<(usize, crate::synth::Step)>,
}

/// An instruction of a synthesized body: of entities, by their ids.
pub type Op = Inst<FuncId, GlobalId, MemoryId, DataId>;

/// What of the values that a function gets and returns is in globals.
#[derive(Debug, Default)]
pub(crate) struct InGlobals {
    /// Its last parameters, in order: they are locals of the function, which come first, and it sets them by these globals.
    pub(crate) params: Vec<(GlobalId, ValType)>,
    /// Its results but the first.
    pub(crate) results: Vec<GlobalId>,
}

/// A global.
#[derive(Debug, Clone, Copy)]
pub enum GlobalDef {
    /// Of a core module.
    Guest(Origin),
    /// A mutable number that adapters use, with its initial value.
    Flag(crate::synth::GlobalRef, i32),
    /// An immutable i32 that a runtime module imports.
    Constant(i32),
    /// The same, of an address. It has no value before memories have their places.
    Address(Address<MemoryId>),
    /// The pointer of the shared stack: a mutable i32 that begins at its top.
    StackPointer,
    /// A number that passes between a function and its caller ([`InGlobals`]): mutable, and 0 at first.
    Passed(ValType),
}

/// A segment.
#[derive(Debug, Clone, Copy)]
pub struct Segment {
    /// Where it comes from.
    pub origin: Origin,
    /// Active in the input, but carried out by the init function, in the order of instantiation.
    pub deferred: bool,
    /// Active, and not provably in bounds.
    pub may_trap: bool,
}

/// A step of the init function, in the order of instantiation.
#[derive(Debug, Clone, Copy)]
pub enum InitStep {
    /// Carries out a deferred element segment.
    Elem(ElemId),
    /// Carries out a deferred data segment.
    Data(DataId),
    /// Calls a start function.
    Call(FuncId),
}
