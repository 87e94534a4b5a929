//! The dataflow form of a composition: what is left when every instantiation has been carried out.
//!
//! In: nothing; [`crate::inline`] fills it. Out: definitions instead of index spaces. Components and
//! their instances are gone except as owners of state; what remains is core instances, the core
//! functions that canonical built-ins make, the functions that are lifted, the host's functions, and
//! what the root exports. `Id`s are unordered; the one order that matters is [`ComponentDfg::effects`].
//! The shape follows wasmtime's `dfg`: see its `crates/environ/src/component/dfg.rs`.
//! Rejected: keeping component-level aliases or names as edges (identity would be a matter of text).

use crate::abi::Pointer;
use crate::abi::types::{Types, ValType};
use crate::ids::{
    Arena, ComponentInstanceId, CoreInstanceId, ExportedInstanceId, FuncTypeId, ImportFuncId, Interner, LiftId,
    ModuleId, OptionsId, ResourceId, TrampolineId, ViewId,
};
use crate::input::CoreModule;
pub use crate::input::{CoreKind, HostBuiltinKind, World, WorldItem};
use crate::limits::Bounds;
use indexmap::IndexMap;
use wasmparser::TypeRef;

/// A composition after inlining.
pub struct ComponentDfg<'a> {
    /// What the root may be called, as an instance of it would be.
    pub name: Option<String>,
    /// What the root calls itself, if it does.
    pub own_name: Option<&'a str>,
    /// Custom sections of the root: name and contents.
    pub root_customs: Vec<(&'a str, &'a [u8])>,
    /// Those of all other components.
    pub other_customs: Vec<(&'a str, &'a [u8])>,
    /// Core modules of the input, instantiated or not. An uninstantiated one leaves nothing behind.
    pub modules: Arena<ModuleId, CoreModule<'a>>,
    /// Component value and function types.
    pub types: Types,
    /// Component instances: owners of handle spaces, `may_leave` flags and context slots.
    pub component_instances: Arena<ComponentInstanceId, ComponentInstance>,
    /// Core instances that come from instantiating a module, in the order of instantiation.
    pub core_instances: Arena<CoreInstanceId, CoreInstance>,
    /// Resource types.
    pub resources: Arena<ResourceId, Resource>,
    /// Every place in which a component instance can name a resource type, in the order of discovery.
    pub views: Arena<ViewId, ResourceView>,
    /// Sets of canonical options.
    pub options: Interner<OptionsId, CanonOptions>,
    /// Lifted functions.
    pub lifts: Interner<LiftId, Lift>,
    /// What the instances that lift functions call them when they first export them: `func`, or
    /// `interface#func`. For messages; a function that only goes to a nested component has none.
    pub lift_names: IndexMap<LiftId, String>,
    /// Core functions made by canonical built-ins.
    pub trampolines: Interner<TrampolineId, Trampoline>,
    /// Functions that the root imports and something uses.
    pub import_funcs: Interner<ImportFuncId, ImportFunc>,
    /// What instantiation does, in order.
    pub effects: Vec<Effect>,
    /// What the root exports, by export name, in order.
    pub exports: IndexMap<String, Export>,
    /// The exports of instances that the root exports, at any depth. One instance may be exported under any number of
    /// names: code that walks through all of them visits each once.
    pub exported_instances: Arena<ExportedInstanceId, IndexMap<String, Export>>,
    /// How much may be made of it.
    pub limits: Bounds,
    /// The root's imports and exports, exactly as the input declares it.
    pub world: World,
}

impl ComponentDfg<'_> {
    /// The component instance of the built-in of a trampoline: the built-in reads and uses the state of this instance.
    pub fn trampoline_instance(&self, id: TrampolineId) -> ComponentInstanceId {
        match self.trampolines[id] {
            Trampoline::Lower { options, .. } => self.options[options].instance,
            Trampoline::ResourceNew { instance, .. }
            | Trampoline::ResourceRep { instance, .. }
            | Trampoline::ResourceDrop { instance, .. }
            | Trampoline::ContextGet { instance, .. }
            | Trampoline::ContextSet { instance, .. }
            | Trampoline::BackpressureInc { instance }
            | Trampoline::BackpressureDec { instance }
            | Trampoline::Unsupported { instance, .. }
            | Trampoline::Host(HostBuiltin { instance, .. }) => instance,
        }
    }

    /// The definition behind function `index` of the module of `instance`.
    pub fn core_func(&self, instance: CoreInstanceId, index: u32) -> CoreDef {
        let core = &self.core_instances[instance];
        let module = &self.modules[core.module];
        if index >= module.imported.funcs {
            return CoreDef::Item(CoreItem { instance, kind: CoreKind::Func, index });
        }
        let is_func = |ty| matches!(ty, TypeRef::Func(_) | TypeRef::FuncExact(_));
        let mut imported = module.imports.iter().zip(&core.args).filter(|(import, _)| is_func(import.ty));
        *imported.nth(index as usize).expect("an imported function is among the imports").1
    }
}

/// One instantiation of a component.
#[derive(Debug, Clone)]
pub struct ComponentInstance {
    /// The instance whose code instantiated this one; `None` for the root.
    pub parent: Option<ComponentInstanceId>,
    /// A path for people, unique among component instances: the names of the instances on the way down, joined with `/`. The root is
    /// the empty path.
    pub path: String,
    /// The same by debug names alone, with positions where there are none. It is accepted where `path` is, and never printed.
    pub numbered: String,
}

/// One instantiation of a core module.
#[derive(Debug, Clone)]
pub struct CoreInstance {
    /// The module.
    pub module: ModuleId,
    /// One definition per import of the module, in the order of its import section.
    pub args: Vec<CoreDef>,
    /// The component instance in which it was instantiated.
    pub owner: ComponentInstanceId,
    /// A name for people, unique among the core instances: `path/of/owner/name`.
    pub path: String,
    /// The same by debug names alone, with positions where there are none. It is accepted where `path` is, and never printed.
    pub numbered: String,
}

/// Where a core item comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CoreDef {
    /// An item of a core instance.
    Item(CoreItem),
    /// A function made by a canonical built-in.
    Trampoline(TrampolineId),
}

/// An item of a core instance, by its index space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CoreItem {
    /// The instance.
    pub instance: CoreInstanceId,
    /// Which index space `index` is of.
    pub kind: CoreKind,
    /// The index in the *module's* index space, imports first. An import means its argument; the
    /// inliner has already followed it, so this is never an imported item.
    pub index: u32,
}

/// A resource type.
#[derive(Debug, Clone)]
pub struct Resource {
    /// A name for people; identity is the [`ResourceId`].
    pub name: String,
    /// Who defines it.
    pub def: ResourceDef,
}

/// Who defines a resource type.
#[derive(Debug, Clone)]
pub enum ResourceDef {
    /// `(type (resource (rep i32) (dtor ...)))` in a component instance.
    Defined {
        /// The defining instance.
        instance: ComponentInstanceId,
        /// The core destructor: takes the representation.
        dtor: Option<CoreDef>,
    },
    /// `(sub resource)` among the root's imports.
    Imported(ImportPath),
}

/// One component instance's view of a resource type: a type that it imports, defines, exports, or gets from an
/// instance that it instantiates.
#[derive(Debug, Clone)]
pub struct ResourceView {
    /// Who sees it, and under which names.
    pub key: HandleTableKey,
    /// What it is.
    pub resource: ResourceId,
    /// The view from which this one was obtained. `None` for a definition, and for an import of the root.
    pub from: Option<ViewId>,
}

/// Names one component instance's view of a resource type. Distinct views have distinct keys.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HandleTableKey {
    /// The component instance.
    pub component: ComponentInstanceId,
    /// What the type is part of.
    pub interface: Interface,
    /// The name of the type there.
    pub resource: String,
}

/// Where a component instance sees a type. Names are extern names such as `ns:pkg/iface@1.0.0`, for nested
/// instances joined with `/`; empty for a type that is imported or exported by itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Interface {
    /// The component defines the type.
    Definition,
    /// It imports the type.
    Import(String),
    /// It exports the type.
    Export(String),
    /// An instance that it instantiated exports the type: the path of that instance and the names in it.
    Instance(String),
}

impl Interface {
    /// The names of the instances around the type, joined with `/`.
    pub fn path(&self) -> &str {
        match self {
            Interface::Definition => "",
            Interface::Import(path) | Interface::Export(path) | Interface::Instance(path) => path,
        }
    }

    /// The instance `name` inside this.
    pub fn nested(&self, name: &str) -> Self {
        let join = |path: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
        match self {
            Interface::Definition => Interface::Definition,
            Interface::Import(path) => Interface::Import(join(path)),
            Interface::Export(path) => Interface::Export(join(path)),
            Interface::Instance(path) => Interface::Instance(join(path)),
        }
    }
}

impl std::fmt::Display for Interface {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Interface::Definition => write!(f, "defined"),
            Interface::Import(path) => write!(f, "import {path:?}"),
            Interface::Export(path) => write!(f, "export {path:?}"),
            Interface::Instance(path) => write!(f, "instance {path:?}"),
        }
    }
}

/// The way from a root import to an item inside it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ImportPath {
    /// Position among [`World::imports`].
    pub import: usize,
    /// Names of nested instance exports, outermost first; empty for the import itself.
    pub exports: Vec<String>,
}

/// A function of the root's imports.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ImportFunc {
    /// Where it is.
    pub path: ImportPath,
    /// Its type.
    pub ty: FuncTypeId,
}

/// Canonical options of a lift, a lower or another built-in (`CanonicalABI.md`, "Canonical ABI options").
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CanonOptions {
    /// The component instance of the built-in.
    pub instance: ComponentInstanceId,
    /// `string-encoding`; UTF-8 where the binary is silent.
    pub encoding: StringEncoding,
    /// `memory`, a [`CoreKind::Memory`] item.
    pub memory: Option<CoreItem>,
    /// `realloc`.
    pub realloc: Option<CoreDef>,
    /// `post-return`; lifts only.
    pub post_return: Option<CoreDef>,
    /// `async`.
    pub is_async: bool,
    /// `callback`; async lifts only.
    pub callback: Option<CoreDef>,
    /// Whether `memory` has 64-bit addresses.
    pub memory64: bool,
}

impl CanonOptions {
    /// The core functions among them: `realloc`, `post-return` and `callback`, where there are such.
    pub fn functions(&self) -> impl Iterator<Item = CoreDef> + use<> {
        [self.realloc, self.post_return, self.callback].into_iter().flatten()
    }
}

/// `string-encoding=...`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StringEncoding {
    /// `utf8`
    Utf8,
    /// `utf16`
    Utf16,
    /// `latin1+utf16`
    CompactUtf16,
}

/// `canon lift`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Lift {
    /// The component function type.
    pub ty: FuncTypeId,
    /// The core function.
    pub func: CoreDef,
    /// Options; `options.instance` is the callee's instance.
    pub options: OptionsId,
}

/// A component function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ComponentFunc {
    /// Of the host.
    Import(ImportFuncId),
    /// Of a component in the composition.
    Lift(LiftId),
}

/// A built-in that the host carries out on the state of a component instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HostBuiltin {
    /// The instance whose state it works on.
    pub instance: ComponentInstanceId,
    /// Which one it is.
    pub kind: HostBuiltinKind,
    /// Its type immediate: the result type of `task.return`; the stream or future type of `stream.*` and `future.*`.
    pub ty: Option<ValType>,
    /// Its canonical options; for `waitable-set.wait` and `waitable-set.poll` there is only the memory in them.
    pub options: Option<OptionsId>,
    /// What a thread begins with; for `thread.new-indirect` only.
    pub start: Option<ThreadStart>,
}

/// Where `thread.new-indirect` finds the function that a thread begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ThreadStart {
    /// The table.
    pub table: CoreItem,
    /// The width of an index of the table.
    pub index: Pointer,
    /// The width of the one parameter of the function, which has no result. Its type is final and in a recursion group of its own.
    pub closure: Pointer,
}

/// A core function made by a canonical built-in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Trampoline {
    /// `canon lower`. The function type is that of `func`.
    Lower {
        /// What is called.
        func: ComponentFunc,
        /// Options; `options.instance` is the caller's instance.
        options: OptionsId,
    },
    /// `canon resource.new`
    ResourceNew {
        /// The instance whose handle space is used.
        instance: ComponentInstanceId,
        /// The resource.
        resource: ResourceId,
    },
    /// `canon resource.rep`
    ResourceRep {
        /// The instance whose handle space is used.
        instance: ComponentInstanceId,
        /// The resource.
        resource: ResourceId,
    },
    /// `canon resource.drop`
    ResourceDrop {
        /// The instance whose handle space is used.
        instance: ComponentInstanceId,
        /// The resource.
        resource: ResourceId,
    },
    /// `canon context.get`
    ContextGet {
        /// Whose slots.
        instance: ComponentInstanceId,
        /// 0 or 1.
        slot: u32,
        /// How wide it is. All slots of a component have the same width.
        width: Pointer,
    },
    /// `canon context.set`
    ContextSet {
        /// Whose slots.
        instance: ComponentInstanceId,
        /// 0 or 1.
        slot: u32,
        /// How wide it is. All slots of a component have the same width.
        width: Pointer,
    },
    /// `canon backpressure.inc`
    BackpressureInc {
        /// Whose counter.
        instance: ComponentInstanceId,
    },
    /// `canon backpressure.dec`
    BackpressureDec {
        /// Whose counter.
        instance: ComponentInstanceId,
    },
    /// A built-in of tasks, waitables, streams, futures, error contexts or threads, which the host carries out.
    Host(HostBuiltin),
    /// Any built-in that is not supported. It is an error only where something live uses it.
    Unsupported {
        /// The instance of the built-in.
        instance: ComponentInstanceId,
        /// Its name in the text format, such as `stream.read`.
        name: &'static str,
        /// Its position among the unsupported built-ins, so that two are never one.
        ordinal: usize,
        /// Payload type, if it has one.
        ty: Option<ValType>,
    },
}

/// Something that instantiation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Instantiates a core module: segments, then the start function.
    Instantiate(CoreInstanceId),
    /// Defines a resource type.
    Resource(ResourceId),
}

/// An export of the root, or of an instance that the root exports.
#[derive(Debug, Clone)]
pub enum Export {
    /// A function.
    Func(ComponentFunc),
    /// An instance with exports of its own.
    Instance(ExportedInstanceId),
    /// A type. A resource has its identity; any other type is known from the world.
    Type(Option<ResourceId>),
    /// A core module.
    Module(ModuleId),
    /// An imported item handed on as it is: instance, core module, component, or value.
    Reexport(ImportPath),
    /// A component.
    Component,
}

impl ComponentDfg<'_> {
    /// The type of a component function.
    pub fn func_type(&self, func: ComponentFunc) -> FuncTypeId {
        match func {
            ComponentFunc::Import(import) => self.import_funcs[import].ty,
            ComponentFunc::Lift(lift) => self.lifts[lift].ty,
        }
    }

    /// A name for people: `func`, or `interface#func`.
    pub fn func_name(&self, func: &ComponentFunc) -> String {
        match func {
            ComponentFunc::Import(id) => {
                let path = &self.import_funcs[*id].path;
                let mut name = self.world.imports[path.import].name.clone();
                for export in &path.exports {
                    name.push('#');
                    name.push_str(export);
                }
                name
            }
            ComponentFunc::Lift(id) => self.lift_names.get(id).cloned().unwrap_or_else(|| id.to_string()),
        }
    }
}
