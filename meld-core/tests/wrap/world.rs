//! Worlds without components: component types in a file, as if a composition had them.

use meld_core::unstable::abi::types::{FuncType, Types as FuserTypes};
use meld_core::unstable::dfg::{
    CanonOptions, ComponentDfg, ComponentFunc, ComponentInstance, CoreDef, CoreItem, CoreKind, Export, ImportPath,
    Lift, Resource, ResourceDef, StringEncoding, World, WorldItem,
};
use meld_core::unstable::ids::{
    Arena, ComponentInstanceId, CoreInstanceId, ExportedInstanceId, FuncTypeId, Id, Interner, LiftId, OptionsId,
    ResourceId,
};
use std::collections::HashMap;
use wasmparser::collections::IndexMap;
use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentEntityType, ComponentItem, ComponentTypeId, ResourceId as ValidatorResource,
};
use wasmparser::types::{Types, TypesRef};

/// Component types among the types of a component. A WIT package has one inside another for each world.
pub(crate) fn worlds_of(types: &Types) -> Vec<(String, ComponentTypeId)> {
    let types = types.as_ref();
    let mut worlds = Vec::new();
    for index in 0..types.component_type_count() {
        if let ComponentAnyTypeId::Component(id) = types.component_any_type_at(index) {
            let packaged = types[id].exports.values().find_map(|item| match item.ty {
                ComponentEntityType::Component(id) => Some(id),
                _ => None,
            });
            let id = packaged.unwrap_or(id);
            if !worlds.iter().any(|(_, known)| *known == id) {
                worlds.push((format!("type {index}"), id));
            }
        }
    }
    worlds
}

/// What inlining would make of a composition with this type, if it lifted every function and defined every
/// exported resource itself.
pub(crate) fn composition(types: Types, world: ComponentTypeId) -> ComponentDfg<'static> {
    let (imports, exports) = (items(&types[world].imports), items(&types[world].exports));
    let mut builder = Builder {
        types: types.as_ref(),
        resources: Arena::new(),
        known: HashMap::new(),
        lifts: Interner::new(),
        options: Interner::new(),
        exported_instances: Arena::new(),
    };
    for (import, item) in imports.iter().enumerate() {
        builder.import(&item.ty, ImportPath { import, exports: Vec::new() });
    }
    let export_tree = exports.iter().map(|item| (item.name.clone(), builder.export(&item.name, &item.ty))).collect();
    let Builder { resources, lifts, options, exported_instances, .. } = builder;

    let mut component_instances = Arena::new();
    component_instances.push(ComponentInstance { parent: None, path: String::new(), numbered: String::new() });
    let mut fuser_types = FuserTypes::default();
    fuser_types.funcs.intern(FuncType { is_async: false, params: Vec::new(), result: None });
    ComponentDfg {
        name: None,
        own_name: None,
        root_customs: Vec::new(),
        other_customs: Vec::new(),
        modules: Arena::new(),
        types: fuser_types,
        component_instances,
        core_instances: Arena::new(),
        resources,
        views: Arena::new(),
        options,
        lifts,
        lift_names: Default::default(),
        trampolines: Interner::new(),
        import_funcs: Interner::new(),
        effects: Vec::new(),
        exports: export_tree,
        exported_instances,
        limits: meld_core::unstable::limits::Bounds::new(&meld_core::Limits::default(), 0),
        world: World { types, imports, exports },
    }
}

struct Builder<'t> {
    types: TypesRef<'t>,
    resources: Arena<ResourceId, Resource>,
    known: HashMap<ValidatorResource, ResourceId>,
    lifts: Interner<LiftId, Lift>,
    options: Interner<OptionsId, CanonOptions>,
    exported_instances: Arena<ExportedInstanceId, indexmap::IndexMap<String, Export>>,
}

impl Builder<'_> {
    fn import(&mut self, ty: &ComponentEntityType, path: ImportPath) {
        match *ty {
            ComponentEntityType::Instance(id) => {
                for (name, item) in &self.types.get(id).unwrap().exports {
                    let mut path = path.clone();
                    path.exports.push(name.clone());
                    self.import(&item.ty, path);
                }
            }
            ComponentEntityType::Type { created: ComponentAnyTypeId::Resource(id), .. } => {
                let resources = &mut self.resources;
                self.known.entry(id.resource()).or_insert_with(|| {
                    resources.push(Resource { name: "imported".into(), def: ResourceDef::Imported(path) })
                });
            }
            _ => {}
        }
    }

    fn export(&mut self, name: &str, ty: &ComponentEntityType) -> Export {
        match *ty {
            ComponentEntityType::Func(_) => Export::Func(ComponentFunc::Lift(self.lift())),
            ComponentEntityType::Instance(id) => {
                let exports = &self.types.get(id).unwrap().exports;
                let exports = exports.iter().map(|(name, item)| (name.clone(), self.export(name, &item.ty))).collect();
                Export::Instance(self.exported_instances.push(exports))
            }
            ComponentEntityType::Type { referenced: ComponentAnyTypeId::Resource(id), .. } => {
                let def = ResourceDef::Defined { instance: ComponentInstanceId::new(0), dtor: None };
                let resources = &mut self.resources;
                let new = || resources.push(Resource { name: name.to_owned(), def });
                Export::Type(Some(*self.known.entry(id.resource()).or_insert_with(new)))
            }
            ComponentEntityType::Type { .. } => Export::Type(None),
            ref other => panic!("worlds in tests export functions, types and instances, not {other:?}"),
        }
    }

    /// A lift like no other.
    fn lift(&mut self) -> LiftId {
        let index = self.lifts.len() as u32;
        let options = self.options.intern(CanonOptions {
            instance: ComponentInstanceId::new(0),
            encoding: StringEncoding::Utf8,
            memory: None,
            realloc: None,
            post_return: None,
            is_async: false,
            callback: None,
            memory64: false,
        });
        let func = CoreDef::Item(CoreItem { instance: CoreInstanceId::new(0), kind: CoreKind::Func, index });
        self.lifts.intern(Lift { ty: FuncTypeId::new(0), func, options })
    }
}

fn items(items: &IndexMap<String, ComponentItem>) -> Vec<WorldItem> {
    let item = |(name, item): (&String, &ComponentItem)| WorldItem {
        name: name.clone(),
        implements: item.implements.clone(),
        version_suffix: item.version_suffix.clone(),
        external_id: item.external_id.clone(),
        ty: item.ty,
    };
    items.iter().map(item).collect()
}
