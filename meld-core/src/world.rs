//! Component types, written out again.
//!
//! In: the validator's types of a component (`wasmparser::component_types`), which no longer have indices.
//! Out: type sections, import declarations and instance types of a component in the making, equal to
//! them in the sense of the validator and with the same named types. [`crate::component_wrap`] and
//! [`crate::link`] are built on it. `Binary.md`, "Type Definitions" and "Import and Export Definitions".
//!
//! The validator gives a type a fresh id whenever an import or export names it, and functions that are
//! to be imported or exported may mention named types only. So a [`TypeEncoder`] keeps, per index space,
//! which index means which id. A mention of a type takes the index of that very id, from the
//! nearest enclosing scope that has it, by an alias; what has no name is written out in place.
//! Resources are the exception: if the id itself is unknown, any name of the same resource will do, and
//! the first name of a resource that a scope meets introduces it (`sub resource`), every later one is `eq`.
//!
//! Index spaces nest: a component in the making, at the bottom; nested components; component and
//! instance types. A nested component must not see the resources of its surroundings, so a type it
//! mentions from there becomes an import of it, noted as an argument for its instantiation.
//! Rejected: copying type sections of the input (types of exports need not be written there at all), and
//! going through WIT (it cannot say everything that a component type can).

mod module;
mod scope;
mod united;
mod value;

use crate::error::TypeEncodeError;
#[cfg(feature = "wit")]
use crate::input::World;
use crate::limits::{Bounds, Limit};
use scope::{Sink, TypePlace, TypeScope};
use std::borrow::Cow;
use std::collections::HashSet;
use wasm_encoder::{
    Alias, ComponentBuilder, ComponentExportKind, ComponentExternName, ComponentOuterAliasKind, ComponentTypeRef,
    TypeBounds,
};
use wasmparser::component_types::{
    AliasableResourceId, ComponentAnyTypeId, ComponentEntityType, ComponentInstanceTypeId, ComponentItem,
    ComponentTypeId, ResourceId,
};
use wasmparser::types::{TypeIdentifier, TypesRef};
use wasmparser::{BinaryReaderError, Parser, Validator};

/// An argument for the instantiation of a nested component: name, kind, index in the enclosing component.
pub(crate) type Argument = (String, ComponentExportKind, u32);

/// Writes types into a component, or a nest of them.
pub(crate) struct TypeEncoder<'t> {
    /// What ids refer to.
    pub(crate) types: TypesRef<'t>,
    /// Innermost last. The first is a component.
    scopes: Vec<TypeScope<'t>>,
    /// How many types and parts of types have been written, and how many there may be.
    written: u64,
    limits: Option<Bounds>,
}

impl<'t> TypeEncoder<'t> {
    /// An encoder for an empty component with types of `types`.
    pub(crate) fn new(types: TypesRef<'t>) -> Self {
        let scopes = vec![TypeScope::new(Sink::Component(ComponentBuilder::default()), false)];
        Self { types, scopes, written: 0, limits: None }
    }

    /// The same, which writes no more types than it may. A type that is mentioned in many places may have to be written in
    /// each.
    pub(crate) fn within(types: TypesRef<'t>, limits: &Bounds) -> Self {
        Self { limits: Some(limits.clone()), ..Self::new(types) }
    }

    /// The component being written: the innermost one.
    pub(crate) fn component(&mut self) -> &mut ComponentBuilder {
        match &mut self.top().sink {
            Sink::Component(builder) => builder,
            Sink::Instance(_) | Sink::Type(_) => {
                unreachable!("scopes of types are closed again by the call that opens them")
            }
        }
    }

    /// Ends the outermost component.
    pub(crate) fn finish(mut self) -> ComponentBuilder {
        std::mem::take(self.component())
    }

    /// Starts a nested component.
    pub(crate) fn open_component(&mut self) {
        self.scopes.push(TypeScope::new(Sink::Component(ComponentBuilder::default()), true));
    }

    /// Ends the nested component that [`TypeEncoder::open_component`] started, adds it to the enclosing one, and
    /// returns its index there and the arguments for the types that it mentions.
    pub(crate) fn close_component(&mut self, name: &str) -> (u32, Vec<Argument>) {
        let builder = std::mem::take(self.component());
        let scope = self.scopes.pop().expect("a nested component is open");
        (self.component().component(Some(name), builder), scope.arguments)
    }

    /// Imports an item into the innermost component and makes the types in it known. Returns its index.
    pub(crate) fn import(
        &mut self,
        name: ComponentExternName<'_>,
        ty: &ComponentEntityType,
    ) -> Result<u32, TypeEncodeError> {
        let depth = self.scopes.len() - 1;
        let ty_ref = self.entity(depth, ty)?;
        let index = self.component().import(name, ty_ref);
        self.know(depth, ty, index, false);
        Ok(index)
    }

    /// Imports an item into the innermost component, a nested one, under a name that does not matter:
    /// `outer` of the enclosing component is the argument for it. Returns its index.
    pub(crate) fn import_argument(&mut self, ty: &ComponentEntityType, outer: u32) -> Result<u32, TypeEncodeError> {
        let depth = self.scopes.len() - 1;
        let ty_ref = self.entity(depth, ty)?;
        let index = self.top().import_argument(ty_ref, outer);
        self.know(depth, ty, index, false);
        Ok(index)
    }

    /// Imports a component of the type that has these imports and exports into the outermost component. Returns its index.
    pub(crate) fn import_component<'i>(
        &mut self,
        name: &str,
        imports: impl IntoIterator<Item = (&'i String, &'i ComponentItem)>,
        exports: impl IntoIterator<Item = (&'i String, &'i ComponentItem)>,
    ) -> Result<u32, TypeEncodeError> {
        self.scopes.push(TypeScope::new(Sink::Type(wasm_encoder::ComponentType::new()), false));
        let declared = self
            .declare(named(imports), TypeScope::declare_import)
            .and_then(|()| self.declare(named(exports), TypeScope::declare_export));
        let scope = self.scopes.pop().expect("pushed above");
        declared?;
        let ty = self.top().type_from(scope);
        Ok(self.component().import(name, ComponentTypeRef::Component(ty)))
    }

    /// A type with which to ascribe an export of an item of type `ty`, whose resources are all known.
    pub(crate) fn ascription(&mut self, ty: &ComponentEntityType) -> Result<ComponentTypeRef, TypeEncodeError> {
        let depth = self.scopes.len() - 1;
        match *ty {
            // Not the type that an import was declared with: that one introduces resources.
            ComponentEntityType::Instance(id) => Ok(ComponentTypeRef::Instance(self.instance_type(depth, id)?)),
            _ => self.entity(depth, ty),
        }
    }

    /// The index of a type in the innermost component: of its name, or of its structure, written out.
    pub(crate) fn any_type(&mut self, id: ComponentAnyTypeId) -> Result<u32, TypeEncodeError> {
        self.any(self.scopes.len() - 1, id)
    }

    /// The index of a type in the innermost component: of its structure, written out, even if it has a name.
    pub(crate) fn type_structure(&mut self, id: ComponentAnyTypeId) -> Result<u32, TypeEncodeError> {
        self.structure(self.scopes.len() - 1, id)
    }

    /// The index of a type in the innermost component, if the type has a name there or around.
    pub(crate) fn named_type(&mut self, id: ComponentAnyTypeId) -> Result<Option<u32>, TypeEncodeError> {
        self.find(self.scopes.len() - 1, id)
    }

    /// Gives the type `id` the index `index` in the innermost component, and replaces the index that it had.
    pub(crate) fn name_type(&mut self, id: ComponentAnyTypeId, index: u32) {
        self.top().name(id, TypePlace::Index(index), true);
    }

    /// Makes the exports of an instance of the innermost component the places of the types that they export, and
    /// replaces earlier places.
    pub(crate) fn name_instance_types(&mut self, ty: ComponentInstanceTypeId, index: u32) {
        self.know(self.scopes.len() - 1, &ComponentEntityType::Instance(ty), index, true);
    }

    fn top(&mut self) -> &mut TypeScope<'t> {
        self.scopes.last_mut().expect("the outermost component is always there")
    }

    /// Notes which types an imported or exported item, at `index` of its index space, brings into a scope.
    fn know(&mut self, depth: usize, ty: &ComponentEntityType, index: u32, replace: bool) {
        match ty {
            ComponentEntityType::Type { created, .. } => {
                self.scopes[depth].name(*created, TypePlace::Index(index), replace);
            }
            ComponentEntityType::Instance(id) => {
                self.know_instance(depth, *id, index, &mut Vec::new(), replace, &mut HashSet::new());
            }
            ComponentEntityType::Module(_)
            | ComponentEntityType::Func(_)
            | ComponentEntityType::Value(_)
            | ComponentEntityType::Component(_) => {}
        }
    }

    fn know_instance(
        &mut self,
        depth: usize,
        id: ComponentInstanceTypeId,
        instance: u32,
        path: &mut Vec<&'t str>,
        replace: bool,
        seen: &mut HashSet<ComponentInstanceTypeId>,
    ) {
        // An instance of that type has the same types wherever it is.
        if !seen.insert(id) {
            return;
        }
        for (name, item) in &self.data(id).exports {
            match item.ty {
                ComponentEntityType::Type { created, .. } => {
                    let place = TypePlace::Export { instance, path: path.clone(), name };
                    self.scopes[depth].name(created, place, replace);
                }
                ComponentEntityType::Instance(id) => {
                    path.push(name);
                    self.know_instance(depth, id, instance, path, replace, seen);
                    path.pop();
                }
                _ => {}
            }
        }
    }

    /// The item of an id.
    pub(crate) fn data<T: TypeIdentifier>(&self, id: T) -> &'t T::Data {
        self.types.get(id).expect("an id is used with the types it belongs to")
    }

    /// The index of a type in the scope at `depth`, if the type has a name there or around.
    fn find(&mut self, depth: usize, id: ComponentAnyTypeId) -> Result<Option<u32>, TypeEncodeError> {
        if let Some(index) = self.find_id(depth, id)? {
            return Ok(Some(index));
        }
        let ComponentAnyTypeId::Resource(resource) = id else { return Ok(None) };
        let known = self.scopes[..=depth].iter().rev().find_map(|s| s.resource(resource.resource()));
        match known {
            Some(known) => self.find_id(depth, known),
            None => Ok(None),
        }
    }

    fn find_id(&mut self, depth: usize, id: ComponentAnyTypeId) -> Result<Option<u32>, TypeEncodeError> {
        if let Some(index) = self.scopes[depth].index_of(id) {
            return Ok(Some(index));
        }
        if depth == 0 {
            return Ok(None);
        }
        let Some(outer) = self.find_id(depth - 1, id)? else { return Ok(None) };
        let index = if self.scopes[depth].closed {
            let bounds = match id {
                ComponentAnyTypeId::Resource(_) => TypeBounds::SubResource,
                _ => TypeBounds::Eq(self.structure(depth, id)?),
            };
            self.scopes[depth].import_argument(ComponentTypeRef::Type(bounds), outer)
        } else {
            self.scopes[depth].alias(Alias::Outer { kind: ComponentOuterAliasKind::Type, count: 1, index: outer })
        };
        self.scopes[depth].name(id, TypePlace::Index(index), false);
        Ok(Some(index))
    }

    /// The index of a type in the scope at `depth`: of its name, or of its structure, written out.
    fn any(&mut self, depth: usize, id: ComponentAnyTypeId) -> Result<u32, TypeEncodeError> {
        match self.find(depth, id)? {
            Some(index) => Ok(index),
            None => self.structure(depth, id),
        }
    }

    /// Writes out what a type is, whether it has a name or not.
    fn structure(&mut self, depth: usize, id: ComponentAnyTypeId) -> Result<u32, TypeEncodeError> {
        if let Some(index) = self.scopes[depth].structures.get(&id) {
            return Ok(*index);
        }
        self.written += 1 + self.parts(id);
        if let Some(limits) = &self.limits {
            limits.check(Limit::Types, self.written, || "the component around the result")?;
        }
        let index = match id {
            ComponentAnyTypeId::Resource(_) => return Err(TypeEncodeError::UnknownResource),
            ComponentAnyTypeId::Defined(id) => self.defined(depth, id)?,
            ComponentAnyTypeId::Func(id) => self.func(depth, id)?,
            ComponentAnyTypeId::Instance(id) => self.instance_type(depth, id)?,
            ComponentAnyTypeId::Component(id) => self.component_type(depth, id)?,
        };
        self.scopes[depth].structures.insert(id, index);
        Ok(index)
    }

    fn instance_type(&mut self, depth: usize, id: ComponentInstanceTypeId) -> Result<u32, TypeEncodeError> {
        self.scopes.push(TypeScope::new(Sink::Instance(wasm_encoder::InstanceType::new()), false));
        let declared = self.declare(named(&self.data(id).exports), TypeScope::declare_export);
        let scope = self.scopes.pop().expect("pushed above");
        declared?;
        Ok(self.scopes[depth].type_from(scope))
    }

    fn component_type(&mut self, depth: usize, id: ComponentTypeId) -> Result<u32, TypeEncodeError> {
        let ty = self.data(id);
        self.scopes.push(TypeScope::new(Sink::Type(wasm_encoder::ComponentType::new()), false));
        let declared = self
            .declare(named(&ty.imports), TypeScope::declare_import)
            .and_then(|()| self.declare(named(&ty.exports), TypeScope::declare_export));
        let scope = self.scopes.pop().expect("pushed above");
        declared?;
        Ok(self.scopes[depth].type_from(scope))
    }

    /// Declares items in the innermost scope, a type.
    fn declare<'i>(
        &mut self,
        items: impl IntoIterator<Item = (ComponentExternName<'i>, &'i ComponentEntityType)>,
        declare: fn(&mut TypeScope<'t>, ComponentExternName<'_>, ComponentTypeRef) -> Option<u32>,
    ) -> Result<(), TypeEncodeError> {
        let depth = self.scopes.len() - 1;
        for (name, ty) in items {
            let declared = self.entity(depth, ty)?;
            if let Some(index) = declare(self.top(), name, declared) {
                self.know(depth, ty, index, true);
            }
        }
        Ok(())
    }

    /// The type of an import or export, in terms of the scope at `depth`.
    fn entity(&mut self, depth: usize, ty: &ComponentEntityType) -> Result<ComponentTypeRef, TypeEncodeError> {
        Ok(match *ty {
            ComponentEntityType::Module(id) => ComponentTypeRef::Module(self.module_type(depth, id)?),
            ComponentEntityType::Func(id) => ComponentTypeRef::Func(self.any(depth, id.into())?),
            ComponentEntityType::Value(ty) => ComponentTypeRef::Value(self.value(depth, ty)?),
            ComponentEntityType::Type { referenced, created } => {
                let named = match referenced {
                    ComponentAnyTypeId::Resource(_) => self.find(depth, referenced)?,
                    // An item of a list of exports: it has no id but that of what is listed.
                    _ if referenced == created => None,
                    _ => self.find(depth, referenced)?,
                };
                let bounds = match (named, referenced) {
                    (Some(index), _) => TypeBounds::Eq(index),
                    (None, ComponentAnyTypeId::Resource(_)) => TypeBounds::SubResource,
                    (None, _) => TypeBounds::Eq(self.structure(depth, referenced)?),
                };
                ComponentTypeRef::Type(bounds)
            }
            ComponentEntityType::Instance(id) => ComponentTypeRef::Instance(self.any(depth, id.into())?),
            ComponentEntityType::Component(id) => ComponentTypeRef::Component(self.any(depth, id.into())?),
        })
    }

    /// A resource that a handle type mentions.
    fn resource(&mut self, depth: usize, id: AliasableResourceId) -> Result<u32, TypeEncodeError> {
        self.find(depth, id.into())?.ok_or(TypeEncodeError::UnknownResource)
    }
}

/// A world as a component that exports nothing but its type, which is how WIT is written in the binary format. It is
/// called as tools call the world of a component that says no more of itself.
#[cfg(feature = "wit")]
pub(crate) fn world_type(world: &World) -> Result<Vec<u8>, TypeEncodeError> {
    const WORLD: &str = "root";
    const PATH: &str = "root:component/root";
    let mut encoder = TypeEncoder::new(world.types.as_ref());
    let types = || TypeScope::new(Sink::Type(wasm_encoder::ComponentType::new()), false);
    encoder.scopes.extend([types(), types()]);
    encoder.declare(world.imports.iter().map(|item| (item.extern_name(), &item.ty)), TypeScope::declare_import)?;
    encoder.declare(world.exports.iter().map(|item| (item.extern_name(), &item.ty)), TypeScope::declare_export)?;
    let mut pop = || encoder.scopes.pop().expect("two were pushed");
    let (inner, mut package) = (pop(), pop());
    let ty = package.type_from(inner);
    package.declare_export(PATH.into(), ComponentTypeRef::Component(ty));
    let package = encoder.top().type_from(package);
    encoder.component().export(WORLD, ComponentExportKind::Type, package, None);
    Ok(encoder.finish().finish())
}

/// Items by their full names.
fn named<'i>(
    items: impl IntoIterator<Item = (&'i String, &'i ComponentItem)>,
) -> impl Iterator<Item = (ComponentExternName<'i>, &'i ComponentEntityType)> {
    items.into_iter().map(|(name, item)| (extern_name(name, item), &item.ty))
}

/// Validates all of a component but function bodies: those that go into a component of ours are valid, or
/// are validated later.
pub(crate) fn validate_types(component: &[u8]) -> Result<(), BinaryReaderError> {
    let mut validator = Validator::new_with_features(crate::input::features());
    for payload in Parser::new(0).parse_all(component) {
        validator.payload(&payload?)?;
    }
    Ok(())
}

/// The name of an import or export with all annotations of `item`.
pub(crate) fn extern_name<'a>(name: &'a str, item: &'a ComponentItem) -> ComponentExternName<'a> {
    ComponentExternName {
        name: Cow::Borrowed(name),
        implements: item.implements.as_deref().map(Cow::Borrowed),
        version_suffix: item.version_suffix.as_deref().map(Cow::Borrowed),
        external_id: item.external_id.as_deref().map(Cow::Borrowed),
    }
}

/// The kind of an import or export, as instantiation arguments and aliases have it.
pub(crate) fn kind_of(ty: &ComponentEntityType) -> ComponentExportKind {
    match ty {
        ComponentEntityType::Module(_) => ComponentExportKind::Module,
        ComponentEntityType::Func(_) => ComponentExportKind::Func,
        ComponentEntityType::Value(_) => ComponentExportKind::Value,
        ComponentEntityType::Type { .. } => ComponentExportKind::Type,
        ComponentEntityType::Instance(_) => ComponentExportKind::Instance,
        ComponentEntityType::Component(_) => ComponentExportKind::Component,
    }
}

/// The resource of a type id, if it is one.
pub(crate) fn resource_of(id: ComponentAnyTypeId) -> Option<ResourceId> {
    match id {
        ComponentAnyTypeId::Resource(id) => Some(id.resource()),
        _ => None,
    }
}
