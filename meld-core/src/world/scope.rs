//! One index space of types, and what it belongs to.

use super::Argument;
use std::collections::HashMap;
use wasm_encoder::{
    Alias, ComponentBuilder, ComponentExportKind, ComponentExternName, ComponentType, ComponentTypeEncoder,
    ComponentTypeRef, InstanceType,
};
use wasmparser::component_types::{ComponentAnyTypeId, ComponentCoreModuleTypeId, ResourceId};

/// What is being written.
#[expect(clippy::large_enum_variant, reason = "there is one component, and a few scopes at a time")]
pub(super) enum Sink {
    Component(ComponentBuilder),
    Instance(InstanceType),
    Type(ComponentType),
}

/// Where a named type is.
#[derive(Clone)]
pub(super) enum TypePlace<'t> {
    /// In the index space.
    Index(u32),
    /// Exported by an instance, or an instance inside it; aliased when it is first mentioned.
    Export {
        /// In the instance index space.
        instance: u32,
        /// Exported instances on the way, outermost first.
        path: Vec<&'t str>,
        /// The exported type.
        name: &'t str,
    },
}

pub(super) struct TypeScope<'t> {
    pub(super) sink: Sink,
    /// Whether this is a nested component, which resources may enter as imports only.
    pub(super) closed: bool,
    /// For a nested component: the items of its imports.
    pub(super) arguments: Vec<Argument>,
    names: HashMap<ComponentAnyTypeId, TypePlace<'t>>,
    resources: HashMap<ResourceId, ComponentAnyTypeId>,
    /// Types written out, by id.
    pub(super) structures: HashMap<ComponentAnyTypeId, u32>,
    /// Core module types written out, by id.
    pub(super) modules: HashMap<ComponentCoreModuleTypeId, u32>,
    /// Aliased instances, by instance and export name.
    instances: HashMap<(u32, &'t str), u32>,
}

impl<'t> TypeScope<'t> {
    pub(super) fn new(sink: Sink, closed: bool) -> Self {
        Self {
            sink,
            closed,
            arguments: Vec::new(),
            names: HashMap::new(),
            resources: HashMap::new(),
            structures: HashMap::new(),
            modules: HashMap::new(),
            instances: HashMap::new(),
        }
    }

    /// Makes `place` the place of `id`, unless `id` has one already and `replace` is not set.
    pub(super) fn name(&mut self, id: ComponentAnyTypeId, place: TypePlace<'t>, replace: bool) {
        if self.names.contains_key(&id) {
            if !replace {
                return;
            }
            // They may mention the index that stood for `id` so far.
            self.structures.clear();
        }
        if let ComponentAnyTypeId::Resource(resource) = id
            && (replace || !self.resources.contains_key(&resource.resource()))
        {
            self.resources.insert(resource.resource(), id);
        }
        self.names.insert(id, place);
    }

    /// A name of a resource.
    pub(super) fn resource(&self, id: ResourceId) -> Option<ComponentAnyTypeId> {
        self.resources.get(&id).copied()
    }

    /// The index of a type here; an alias is made if need be.
    pub(super) fn index_of(&mut self, id: ComponentAnyTypeId) -> Option<u32> {
        let place = self.names.get(&id)?.clone();
        Some(match place {
            TypePlace::Index(index) => index,
            TypePlace::Export { mut instance, path, name } => {
                for step in path {
                    instance = match self.instances.get(&(instance, step)) {
                        Some(inner) => *inner,
                        None => {
                            let kind = ComponentExportKind::Instance;
                            let inner = self.alias(Alias::InstanceExport { instance, kind, name: step });
                            self.instances.insert((instance, step), inner);
                            inner
                        }
                    };
                }
                let index = self.alias(Alias::InstanceExport { instance, kind: ComponentExportKind::Type, name });
                self.names.insert(id, TypePlace::Index(index));
                index
            }
        })
    }

    /// Adds an alias of a type or an instance and returns its index.
    pub(super) fn alias(&mut self, alias: Alias<'_>) -> u32 {
        let is_instance = matches!(alias, Alias::InstanceExport { kind: ComponentExportKind::Instance, .. });
        match &mut self.sink {
            Sink::Component(builder) => builder.alias(None, alias),
            Sink::Instance(ty) => {
                ty.alias(alias);
                (if is_instance { ty.instance_count() } else { ty.type_count() }) - 1
            }
            Sink::Type(ty) => {
                ty.alias(alias);
                (if is_instance { ty.instance_count() } else { ty.type_count() }) - 1
            }
        }
    }

    /// Defines a type: its index, and where to write it.
    pub(super) fn ty(&mut self) -> (u32, ComponentTypeEncoder<'_>) {
        match &mut self.sink {
            Sink::Component(builder) => builder.ty(None),
            Sink::Instance(ty) => (ty.type_count(), ty.ty()),
            Sink::Type(ty) => (ty.type_count(), ty.ty()),
        }
    }

    /// Defines a core module type and returns its index.
    pub(super) fn module(&mut self, module: &wasm_encoder::ModuleType) -> u32 {
        match &mut self.sink {
            Sink::Component(builder) => {
                let (index, ty) = builder.core_type(None);
                ty.module(module);
                index
            }
            Sink::Instance(ty) => {
                ty.core_type().module(module);
                ty.core_type_count() - 1
            }
            Sink::Type(ty) => {
                ty.core_type().module(module);
                ty.core_type_count() - 1
            }
        }
    }

    /// Defines the type that `inner` is, an instance or a component type, and returns its index.
    pub(super) fn type_from(&mut self, inner: TypeScope<'t>) -> u32 {
        let (index, encoder) = self.ty();
        match inner.sink {
            Sink::Instance(ty) => encoder.instance(&ty),
            Sink::Type(ty) => encoder.component(&ty),
            Sink::Component(_) => unreachable!("a component is not a type: `close_component` ends it"),
        }
        index
    }

    /// In a nested component: imports an item, for which `outer` of the enclosing component is the argument.
    pub(super) fn import_argument(&mut self, ty: ComponentTypeRef, outer: u32) -> u32 {
        let name = format!("import-{}", self.arguments.len());
        let index = match &mut self.sink {
            Sink::Component(builder) => builder.import(name.as_str(), ty),
            Sink::Instance(_) | Sink::Type(_) => unreachable!("only components are closed"),
        };
        self.arguments.push((name, ty.kind(), outer));
        index
    }

    /// In a type: declares an import. Returns the index of a type or an instance.
    pub(super) fn declare_import(&mut self, name: ComponentExternName<'_>, ty: ComponentTypeRef) -> Option<u32> {
        let Sink::Type(sink) = &mut self.sink else { unreachable!("only component types declare imports") };
        sink.import(name, ty);
        declared(ty, sink.type_count(), sink.instance_count())
    }

    /// In a type: declares an export. Returns the index of a type or an instance.
    pub(super) fn declare_export(&mut self, name: ComponentExternName<'_>, ty: ComponentTypeRef) -> Option<u32> {
        match &mut self.sink {
            Sink::Type(sink) => {
                sink.export(name, ty);
                declared(ty, sink.type_count(), sink.instance_count())
            }
            Sink::Instance(sink) => {
                sink.export(name, ty);
                declared(ty, sink.type_count(), sink.instance_count())
            }
            Sink::Component(_) => unreachable!("a component exports items, not types of items"),
        }
    }
}

fn declared(ty: ComponentTypeRef, types: u32, instances: u32) -> Option<u32> {
    match ty {
        ComponentTypeRef::Type(_) => Some(types - 1),
        ComponentTypeRef::Instance(_) => Some(instances - 1),
        _ => None,
    }
}
