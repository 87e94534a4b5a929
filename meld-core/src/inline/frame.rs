//! Index spaces that hold definitions.
//!
//! In: nothing; the interpreter fills it. Out: [`ComponentFrame`], the index spaces of one instantiation, and
//! [`Def`], the definition behind a component index. `Def`s are cheap to clone: an instance is shared.
//! Rejected: index spaces that hold indices of other frames, which every use would have to follow.

use super::{Fault, missing};
use crate::abi::Pointer;
use crate::abi::types::ValType;
use crate::dfg::{CoreDef, CoreItem, CoreKind, ImportFunc, ImportPath};
use crate::ids::{CoreInstanceId, FrameId, FuncTypeId, LiftId, ModuleId, ResourceId, StaticComponentId, ViewId};
use crate::maps::Map;
use std::rc::Rc;
use wasmparser::{
    ComponentExternalKind, CompositeInnerType, CompositeType, CoreType, InstanceTypeDeclaration, SubType,
    ValType as CoreValType,
};

/// The definition behind an index of a component.
#[derive(Clone)]
pub(super) enum Def<'p, 'a> {
    Func(ComponentFuncDef),
    Instance(Rc<Instance<'p, 'a>>),
    Component(ComponentDef),
    Module(ModuleDef),
    Type(EvaluatedType<'p, 'a>),
}

impl Def<'_, '_> {
    /// Which index space it goes to.
    pub(super) fn kind(&self) -> ComponentExternalKind {
        match self {
            Def::Func(_) => ComponentExternalKind::Func,
            Def::Instance(_) => ComponentExternalKind::Instance,
            Def::Component(_) => ComponentExternalKind::Component,
            Def::Module(_) => ComponentExternalKind::Module,
            Def::Type(_) => ComponentExternalKind::Type,
        }
    }
}

/// A component function.
#[derive(Clone)]
pub(super) enum ComponentFuncDef {
    /// Of the host. It becomes a `ComponentFunc::Import` once something uses it.
    Import(Rc<ImportFunc>),
    Lift(LiftId),
}

/// A component instance: its exports. What of it has state is elsewhere.
pub(super) struct Instance<'p, 'a> {
    pub(super) exports: Map<&'a str, Def<'p, 'a>>,
    /// Where it is among the root's imports, if it is the host's.
    pub(super) import: Option<Rc<ImportPath>>,
    /// Whether there is a resource type among the exports, at any depth.
    pub(super) has_resources: bool,
}

impl<'p, 'a> Instance<'p, 'a> {
    pub(super) fn new(exports: Map<&'a str, Def<'p, 'a>>, import: Option<Rc<ImportPath>>) -> Self {
        let has_resources = exports.values().any(|def| match def {
            Def::Type(EvaluatedType::Resource(..)) => true,
            Def::Instance(instance) => instance.has_resources,
            _ => false,
        });
        Self { exports, import, has_resources }
    }
}

/// A component that can be instantiated.
#[derive(Clone)]
pub(super) enum ComponentDef {
    /// One of the input, and the index spaces around its definition.
    Static { component: StaticComponentId, around: FrameId },
    /// The host's.
    Import(Rc<ImportPath>),
}

/// A core module.
#[derive(Clone)]
pub(super) enum ModuleDef {
    /// One of the input.
    Static(ModuleId),
    /// The host's.
    Import(Rc<ImportPath>),
}

/// An evaluated type.
#[derive(Clone, Copy)]
pub(super) enum EvaluatedType<'p, 'a> {
    /// A value type.
    Val(ValType),
    Func(FuncTypeId),
    /// A resource, and the view of it that this index is.
    Resource(ResourceId, ViewId),
    /// An instance type. It is evaluated when something has it: each time its resources are other ones.
    Instance {
        decls: &'p [InstanceTypeDeclaration<'a>],
        around: FrameId,
    },
    /// A component type. Nothing that can be fused ever has one.
    Component,
}

/// A core type, as far as a definition of the component asks for one.
#[derive(Clone, Copy)]
pub(super) enum EvaluatedCoreType {
    /// The type of a function with one parameter of that width and no result, as a function type alone declares it: final, with no
    /// supertype, and in a recursion group of its own.
    Start(Pointer),
    /// Any other.
    Other,
}

impl EvaluatedCoreType {
    /// The types that a definition declares, in order.
    pub(super) fn of(ty: &CoreType<'_>) -> Vec<Self> {
        let CoreType::Rec(group) = ty else { return vec![EvaluatedCoreType::Other] };
        let count = group.types().len();
        group.types().map(|ty| if count == 1 { Self::start(ty) } else { EvaluatedCoreType::Other }).collect()
    }

    fn start(ty: &SubType) -> Self {
        match &ty.composite_type {
            CompositeType { inner: CompositeInnerType::Func(func), shared: false, .. }
                if ty.is_final && ty.supertype_idxs.is_empty() && func.results().is_empty() =>
            {
                match func.params() {
                    [CoreValType::I32] => EvaluatedCoreType::Start(Pointer::W32),
                    [CoreValType::I64] => EvaluatedCoreType::Start(Pointer::W64),
                    _ => EvaluatedCoreType::Other,
                }
            }
            _ => EvaluatedCoreType::Other,
        }
    }
}

/// A core instance.
#[derive(Clone)]
pub(super) enum CoreInstanceDef<'a> {
    /// An instantiated module.
    Module(CoreInstanceId),
    /// A bag of exports.
    Exports(Rc<Map<&'a str, (CoreKind, CoreDef)>>),
}

/// The index spaces of one instantiation of a component, or of one evaluation of an instance type.
#[derive(Default)]
pub(super) struct ComponentFrame<'p, 'a> {
    /// The index spaces around the definition.
    pub(super) around: Option<FrameId>,
    pub(super) types: Vec<EvaluatedType<'p, 'a>>,
    pub(super) funcs: Vec<ComponentFuncDef>,
    pub(super) instances: Vec<Rc<Instance<'p, 'a>>>,
    pub(super) components: Vec<ComponentDef>,
    pub(super) modules: Vec<ModuleDef>,
    pub(super) core_instances: Vec<CoreInstanceDef<'a>>,
    pub(super) core_funcs: Vec<CoreDef>,
    pub(super) core_tables: Vec<CoreItem>,
    pub(super) core_memories: Vec<CoreItem>,
    pub(super) core_globals: Vec<CoreItem>,
    pub(super) core_tags: Vec<CoreItem>,
    pub(super) core_types: Vec<EvaluatedCoreType>,
}

impl<'p, 'a> ComponentFrame<'p, 'a> {
    /// The definition behind `index` of `kind`.
    pub(super) fn get(&self, kind: ComponentExternalKind, index: u32) -> Result<Def<'p, 'a>, Fault> {
        Ok(match kind {
            ComponentExternalKind::Func => Def::Func(at(&self.funcs, index, "func")?),
            ComponentExternalKind::Instance => Def::Instance(at(&self.instances, index, "instance")?),
            ComponentExternalKind::Component => Def::Component(at(&self.components, index, "component")?),
            ComponentExternalKind::Module => Def::Module(at(&self.modules, index, "core module")?),
            ComponentExternalKind::Type => Def::Type(at(&self.types, index, "type")?),
            ComponentExternalKind::Value => return Err(Fault::Unsupported("component values are".to_string())),
        })
    }

    /// Gives `def` the next index of its kind.
    pub(super) fn push(&mut self, def: Def<'p, 'a>) {
        match def {
            Def::Func(def) => self.funcs.push(def),
            Def::Instance(def) => self.instances.push(def),
            Def::Component(def) => self.components.push(def),
            Def::Module(def) => self.modules.push(def),
            Def::Type(def) => self.types.push(def),
        }
    }

    /// The definition behind `index` of the core index space `kind`.
    pub(super) fn get_core(&self, kind: CoreKind, index: u32) -> Result<CoreDef, Fault> {
        match kind {
            CoreKind::Func => at(&self.core_funcs, index, "core func"),
            CoreKind::Table => at(&self.core_tables, index, "core table").map(CoreDef::Item),
            CoreKind::Memory => at(&self.core_memories, index, "core memory").map(CoreDef::Item),
            CoreKind::Global => at(&self.core_globals, index, "core global").map(CoreDef::Item),
            CoreKind::Tag => at(&self.core_tags, index, "core tag").map(CoreDef::Item),
        }
    }

    /// Gives `def` the next index of the core index space `kind`.
    pub(super) fn push_core(&mut self, kind: CoreKind, def: CoreDef) -> Result<(), Fault> {
        let space = match kind {
            CoreKind::Func => {
                self.core_funcs.push(def);
                return Ok(());
            }
            CoreKind::Table => &mut self.core_tables,
            CoreKind::Memory => &mut self.core_memories,
            CoreKind::Global => &mut self.core_globals,
            CoreKind::Tag => &mut self.core_tags,
        };
        match def {
            CoreDef::Item(item) if item.kind == kind => space.push(item),
            CoreDef::Item(_) | CoreDef::Trampoline(_) => return Err(missing(format!("{kind:?} of that name"))),
        }
        Ok(())
    }
}

/// The element of an index space.
pub(super) fn at<T: Clone>(space: &[T], index: u32, what: &str) -> Result<T, Fault> {
    space.get(index as usize).cloned().ok_or_else(|| missing(format!("{what} {index}")))
}
