//! Bytes to static [`Component`]s.
//!
//! In: the bytes of one component. Out: the items of every component in it, in their order
//! (`Binary.md`), nested components in an arena, and every core module as a [`CoreModule`], validated.
//! Function bodies are walked once: the same walk validates them and notes which instructions carry an
//! index ([`Body::relocations`]), so that no later stage decodes guest code again except at those places.
//!
//! Items stay as the binary has them. `alias outer` is not resolved here: a component is a function
//! body whose free variables get their meaning when the definition is *evaluated*, and the frame in
//! which that happens is known to [`crate::inline`] only.
//! Rejected: core modules, bytes the validator refuses, and component values and start functions. Also
//! rejected as a design: closure conversion, which adds parameters to every component in between and
//! so makes indices that the binary does not have.

mod body;
mod builder;
mod builtin;
mod depth;
pub(crate) mod guard;
mod named;
pub(crate) mod print;
mod single;
mod walk;

pub use crate::input::{
    Body, CoreModule, ImportCounts, Mentions, ModuleExport, RawUse, Relocations, Use, Whole, features,
};
pub(crate) use builder::core_kind;
pub(crate) use builtin::{builtin_name, builtin_options, builtin_type};
pub(crate) use named::named;
pub use print::print_component;
pub use single::parse_module;
pub(crate) use single::parse_valid_module;

use crate::error::ParseError;
use crate::ids::{Arena, ModuleId, StaticComponentId};
use crate::input::World;
use indexmap::IndexMap;
use wasmparser::{
    CanonicalFunction, ComponentAlias, ComponentExport, ComponentImport, ComponentInstance, ComponentType, CoreType,
    Instance,
};

/// A component and everything nested in it.
pub struct Component<'a> {
    /// The component and all that are nested in it, at any depth. A nested one has a higher id than the
    /// one around it.
    pub components: Arena<StaticComponentId, StaticComponent<'a>>,
    /// The outermost.
    pub root: StaticComponentId,
    /// All core modules, in their order.
    pub modules: Arena<ModuleId, CoreModule<'a>>,
    /// The outermost component's imports and exports.
    pub world: World,
    /// How large the input is.
    pub bytes: usize,
}

/// A component of the input.
#[derive(Default)]
pub struct StaticComponent<'a> {
    /// The component around it; `None` for the outermost.
    pub parent: Option<StaticComponentId>,
    /// What it consists of, in order.
    pub items: Vec<Item<'a>>,
    /// Names for people.
    pub names: DebugNames<'a>,
    /// Custom sections other than that of names: name and contents, in order.
    pub customs: Vec<(&'a str, &'a [u8])>,
}

/// An item of a component. Indices in it are those of the binary.
pub enum Item<'a> {
    /// A core module.
    Module(ModuleId),
    /// An instance of a core module, or a bag of core exports.
    CoreInstance(Instance<'a>),
    /// A core type or a core module type.
    CoreType(CoreType<'a>),
    /// A nested component.
    Component(StaticComponentId),
    /// An instance of a component, or a bag of exports.
    Instance(ComponentInstance<'a>),
    /// An alias.
    Alias(ComponentAlias<'a>),
    /// A type.
    Type(ComponentType<'a>),
    /// `canon ...`
    Canon(CanonicalFunction),
    /// An import.
    Import(ComponentImport<'a>),
    /// An export.
    Export(ComponentExport<'a>),
}

/// The component's `component-name` section: for messages and debug names, never for identity.
#[derive(Debug, Clone, Default)]
pub struct DebugNames<'a> {
    /// Of the component itself.
    pub component: Option<&'a str>,
    /// Of instances, by index.
    pub instances: IndexMap<u32, &'a str>,
    /// Of core instances, by index.
    pub core_instances: IndexMap<u32, &'a str>,
    /// Of core modules, by index.
    pub modules: IndexMap<u32, &'a str>,
    /// Of types, by index.
    pub types: IndexMap<u32, &'a str>,
}

/// Parses and validates one component. `name` is used in messages.
pub fn parse<'a>(name: &str, bytes: &'a [u8]) -> Result<Component<'a>, ParseError> {
    walk::walk(name, bytes, &[])
}

/// Parses and validates what came of linking (see `crate::link`): `root`, whose first imports are the components `apart`,
/// each of which is in the place of its import. They are names and bytes.
pub fn parse_linked<'a>(name: &str, root: &'a [u8], apart: &[(&str, &'a [u8])]) -> Result<Component<'a>, ParseError> {
    walk::walk(name, root, apart)
}
